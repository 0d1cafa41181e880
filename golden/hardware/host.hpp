// The host's side of the streams: matrices -> beats in the order of docs/architecture.md sections
// 4 and 5, and beats -> results of jobs. Knows nothing of cycles.
#pragma once

#include <span>
#include <vector>

#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/model.hpp"

namespace sylvester {

/// All beats of the stream `wide` for one job, of both passes if it has two.
std::vector<Payload> wide_beats(const HardwareParameters& hardware, const PrepareJob& job);
/// All beats of `a_codes` and `b_codes` for one job; chunks that the code buffer keeps come once.
std::vector<Payload> a_code_beats(const HardwareParameters& hardware, const GemmJob& job);
std::vector<Payload> b_code_beats(const HardwareParameters& hardware, const GemmJob& job);

/// Number of beats on `codes` and on `results` of one job.
std::size_t code_beats(const PrepareDescriptor& descriptor);
std::size_t result_beats(const HardwareParameters& hardware, const GemmDescriptor& descriptor);

/// What the beats of `codes` and the payload of `prepare_done` say. The counters are those of the
/// hardware's counter mode. Throws UserError if the number of beats is not the job's.
PreparedOperand decode_prepared(const HardwareParameters& hardware, const PrepareJob& job,
                                std::span<const Payload> codes, const Payload& done);
/// The same for `results` and `gemm_done`.
GemmResult decode_gemm(const HardwareParameters& hardware, const GemmJob& job,
                       std::span<const Payload> results, const Payload& done);

}  // namespace sylvester
