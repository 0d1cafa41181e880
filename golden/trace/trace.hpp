// Traces of GEMM jobs (docs/traces.md): what a trainer computed, at up to three levels, in one .npz
// file. Any trainer may write them; sylvester verify replays them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/numerics/gemm.hpp"
#include "golden/support/npz.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

/// One operand of a GEMM as it was recorded: lines x K or, of codes, lines x K', row-major.
struct TraceOperand {
  PrepareRecipe recipe;  ///< of codes alone only the format says something
  int lines = 0;
  int k = 0;
  int k_padded = 0;                                    ///< K'
  int block = 1;                                       ///< B
  std::vector<float> floats;                           ///< empty: not recorded
  std::optional<WideMatrix> wide;                      ///< recorded mantissas and their scale
  std::vector<Code> codes;                             ///< empty: not recorded
  nlohmann::json expected = nlohmann::json::object();  ///< fields of a prepared operand, or none

  /// Whether codes can be computed: from mantissas or floats.
  [[nodiscard]] bool has_input() const { return wide.has_value() || !floats.empty(); }
};

struct TraceJob {
  std::string name;
  TraceOperand a;  ///< lines = M
  TraceOperand b;  ///< lines = N
  AccumulateRecipe recipe;
  // Empty: not recorded.
  std::vector<std::int32_t> values;     ///< M x N results
  std::vector<std::int32_t> registers;  ///< M x N x K': the register after each MAC
  std::vector<std::int32_t> outer;      ///< M x N x tiles: the outer accumulator after each tile
  nlohmann::json expected = nlohmann::json::object();  ///< scale and counters, or none
};

/// Tiles of a contraction of `k_padded` products (ACC-1).
int tile_count(const AccumulateRecipe& recipe, int k_padded);

/// A trace file; what its jobs leave out comes from the configuration. Jobs are unpacked one at a
/// time. Everything throws UserError naming the file, the job and what is wrong.
class Trace {
 public:
  Trace(Npz file, const Config& config);
  static Trace read(const std::filesystem::path& path, const Config& config);

  /// The file, for error messages.
  [[nodiscard]] const std::string& name() const { return file_.name(); }
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }
  [[nodiscard]] TraceJob job(std::size_t index) const;

 private:
  /// Where a job's arrays and fields stand.
  struct Source {
    std::string name;
    nlohmann::json fields;
    GemmKind kind = GemmKind::kForward;
  };

  [[nodiscard]] TraceJob read_job(const Source& source) const;
  [[nodiscard]] TraceOperand read_operand(const Source& source, const std::string& operand) const;
  void read_head();
  void read_jobs(const nlohmann::json& jobs);
  void read_plain();
  void refuse_unknown_arrays() const;

  Npz file_;
  Config config_;
  bool plain_ = false;  ///< one job of the arrays a, b and c
  std::vector<Source> jobs_;
};

/// A trace that is being made. Keeps the arrays as they will stand in the file.
class TraceWriter {
 public:
  /// The job's name must differ from those before.
  void add(const TraceJob& job);
  [[nodiscard]] std::size_t jobs() const { return fields_.size(); }
  /// Bytes of the arrays so far, before they are deflated.
  [[nodiscard]] std::size_t array_bytes() const { return array_bytes_; }
  /// The file.
  [[nodiscard]] std::string bytes();

 private:
  void add_array(const std::string& name, const NpyArray& array, NpyType type);
  nlohmann::ordered_json add_operand(const std::string& name, const TraceOperand& operand);

  nlohmann::ordered_json fields_ = nlohmann::ordered_json::array();
  std::vector<std::pair<std::string, std::string>> files_;
  std::size_t array_bytes_ = 0;
};

/// The fields of a prepared operand that a trace may expect, besides its codes.
nlohmann::json expected_fields(const PreparedOperand& operand);
/// The same of a result.
nlohmann::json expected_fields(const GemmResult& result);

}  // namespace sylvester
