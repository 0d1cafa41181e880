// What the bits of a stream's payload mean and which element a beat carries: turns a differing bit
// into the name of a block, an element and two numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/model.hpp"

namespace sylvester {

struct PayloadField {
  std::string name;  ///< "code", "partial", "release", a descriptor's field ...
  int lane = -1;     ///< lane, row or column of an array of fields; -1 if there is only one
  int position = 0;
  int bits = 0;
  bool is_signed = false;
};

/// Fields of a stream's payload, lowest bits first.
std::vector<PayloadField> payload_fields(const HardwareParameters& hardware, Stream stream);
/// Value of a field; at most 64 bits.
std::int64_t field_value(const PayloadField& field, const Payload& payload);

/// Whether a stream belongs to the prepare unit.
inline bool of_prepare_unit(Stream stream) { return stream <= Stream::kPrepareDone; }

/// Beats of one job on a stream of the prepare unit or of the GEMM unit.
std::uint64_t beats_of_job(const HardwareParameters& hardware, const PrepareDescriptor& job,
                           Stream stream);
std::uint64_t beats_of_job(const HardwareParameters& hardware, const GemmDescriptor& job,
                           Stream stream);

/// Where a beat of a job lies in the matrices.
struct BeatPosition {
  int pass = -1;   ///< prepare: 0 measure, 1 quantise
  int group = -1;  ///< prepare: lines group*L ...
  int line = -1;   ///< wide: the line; results, partials: the row of A
  int k = -1;      ///< contraction index
  int m_block = -1;
  int n_block = -1;
  int tile = -1;
};
BeatPosition beat_position(const HardwareParameters& hardware, const PrepareDescriptor& job,
                           Stream stream, std::uint64_t beat);
BeatPosition beat_position(const HardwareParameters& hardware, const GemmDescriptor& job,
                           Stream stream, std::uint64_t beat);
/// For example "pass 1, group 0, k 5, lane 2". `lane` < 0 is left out.
std::string to_string(const BeatPosition& position, int lane);

}  // namespace sylvester
