#include "cli/accumulate_command.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "golden/numerics/format.hpp"
#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/numerics/wide.hpp"
#include "golden/support/error.hpp"
#include "golden/support/npy.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

// A matrix as a GEMM wants it: one line per row of A or column of B, k inside.
struct Lines {
  std::size_t lines = 0;
  std::size_t k = 0;
  NpyArray array;  ///< its elements are in lines x k order
};

Lines read_lines(const std::string& path, bool transposed) {
  Lines result;
  result.array = read_npy(path);
  NpyArray& array = result.array;
  if (array.shape.size() != 2 || array.size() == 0) {
    throw UserError(fmt::format("{}: shape ({}); allowed: a matrix that is not empty", path,
                                fmt::join(array.shape, ", ")));
  }
  const std::size_t rows = array.shape[0];
  const std::size_t cols = array.shape[1];
  if (std::max(rows, cols) > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw UserError(fmt::format("{}: shape ({}); allowed: fewer than 2^31 rows and columns", path,
                                fmt::join(array.shape, ", ")));
  }
  const auto transpose = [&](auto& elements) {
    auto copy = elements;
    for (std::size_t i = 0; i < copy.size(); ++i) elements[i % cols * rows + i / cols] = copy[i];
  };
  if (transposed) {
    transpose(array.integers);
    transpose(array.floats);
  }
  result.lines = transposed ? cols : rows;
  result.k = transposed ? rows : cols;
  return result;
}

// The narrowest uniform format that holds these integers.
int smallest_format(const NpyArray& array) {
  const auto [least, most] = std::minmax_element(array.integers.begin(), array.integers.end());
  int chosen = -1;
  for (std::size_t i = 0; i < formats().size(); ++i) {
    const Format& row = formats()[i];
    if (!row.uniform || row.exponent != 0 || *most > row.largest() ||
        *least < (row.is_signed ? -row.largest() : 0)) {
      continue;
    }
    if (chosen < 0 || row.bits < formats()[static_cast<std::size_t>(chosen)].bits) {
      chosen = static_cast<int>(i);
    }
  }
  if (chosen < 0) {
    throw UserError(
        fmt::format("{}: integers {}...{}; allowed: -127...127 or 0...255, or floats, "
                    "which are quantised to --format",
                    array.name, *least, *most));
  }
  return chosen;
}

// Integers are codes; floats are quantised by their largest magnitude, rounded to nearest.
std::shared_ptr<const PreparedOperand> make_operand(const Lines& matrix,
                                                    const std::string& format_name) {
  const NpyArray& array = matrix.array;
  if (array.is_float) {
    const std::vector<float> x(array.floats.begin(), array.floats.end());
    PrepareJob job;
    job.recipe.format = format_index(format_name);
    job.input.name = array.name;
    job.input.lines = static_cast<int>(matrix.lines);
    job.input.k = static_cast<int>(matrix.k);
    job.input.mantissas.resize(x.size());
    job.input.scale = make_scale(1, 1, to_wide(x, job.input.mantissas, array.name));
    return std::make_shared<PreparedOperand>(prepare(job));
  }
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = smallest_format(array);
  operand->lines = static_cast<int>(matrix.lines);
  operand->k = operand->k_padded = static_cast<int>(matrix.k);
  operand->codes.assign(array.integers.begin(), array.integers.end());
  return operand;
}

std::vector<std::int64_t> exact_product(const PreparedOperand& a, const PreparedOperand& b) {
  const Format& a_format = formats()[static_cast<std::size_t>(a.format)];
  const Format& b_format = formats()[static_cast<std::size_t>(b.format)];
  const auto k = static_cast<std::size_t>(a.k_padded);
  std::vector<std::int64_t> result;
  for (std::size_t m = 0; m < static_cast<std::size_t>(a.lines); ++m) {
    for (std::size_t n = 0; n < static_cast<std::size_t>(b.lines); ++n) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < k; ++i) {
        sum +=
            std::int64_t{a_format.value(a.codes[m * k + i])} * b_format.value(b.codes[n * k + i]);
      }
      result.push_back(sum);
    }
  }
  return result;
}

std::vector<AccumulatePolicy> chosen_policies(const std::string& name) {
  if (name != "all") return {accumulate_policy(name)};
  return {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp};
}

}  // namespace

int run_accumulate(const AccumulateArguments& arguments, const Output& output) {
  const std::vector<AccumulatePolicy> policies = chosen_policies(arguments.policy);
  const Lines a_matrix = read_lines(arguments.a, false);
  const Lines b_matrix = read_lines(arguments.b, true);
  if (a_matrix.k != b_matrix.k) {
    throw UserError(fmt::format("{}: {} rows; allowed: {}, the columns of {}", arguments.b,
                                b_matrix.k, a_matrix.k, arguments.a));
  }
  constexpr std::size_t kMostOutputs = std::size_t{1} << 26;
  if (a_matrix.lines > kMostOutputs / b_matrix.lines) {
    throw UserError(fmt::format("{}: a product of {} x {}; allowed: at most {} elements",
                                arguments.a, a_matrix.lines, b_matrix.lines, kMostOutputs));
  }
  format_index(arguments.format);
  const auto a = make_operand(a_matrix, arguments.format);
  const auto b = make_operand(b_matrix, arguments.format);
  const std::vector<std::int64_t> exact = exact_product(*a, *b);
  std::int64_t largest = 0;
  for (const std::int64_t value : exact) largest = std::max(largest, std::abs(value));

  const std::string& a_format = formats()[static_cast<std::size_t>(a->format)].name;
  const std::string& b_format = formats()[static_cast<std::size_t>(b->format)].name;
  const auto k = static_cast<std::uint64_t>(a->k_padded);
  const std::uint64_t outputs = exact.size();
  const std::uint64_t tile = arguments.tile == 0 ? k : static_cast<std::uint64_t>(arguments.tile);
  const std::uint64_t tiles = outputs * ((k + tile - 1) / tile);

  Json results = Json::object();
  std::string table =
      fmt::format("{:<10} {:>10} {:>12} {:>14} {:>14} {:>14}\n", "policy", "max error",
                  "mean error", "wrong outputs", "limited tiles", "limited MACs");
  for (const AccumulatePolicy policy : policies) {
    const GemmJob job{.a = a,
                      .b = b,
                      .recipe = {.policy = policy,
                                 .bits = arguments.bits,
                                 .tile = arguments.tile,
                                 .outer_bits = arguments.outer_bits},
                      .counters = CounterMode::kFull};
    check(job);
    const GemmResult result = gemm(job, 0);
    std::int64_t max_error = 0;
    std::uint64_t wrong = 0;
    double error_sum = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const std::int64_t error = std::abs(result.values[i] - exact[i]);
      max_error = std::max(max_error, error);
      error_sum += static_cast<double>(error);
      wrong += error != 0 ? 1 : 0;
    }
    const double mean_error = error_sum / static_cast<double>(outputs);
    results[std::string(to_string(policy))] = {{"max_error", max_error},
                                               {"mean_error", mean_error},
                                               {"wrong_outputs", wrong},
                                               {"limited_tiles", result.counters.tile_limited},
                                               {"limited_macs", result.counters.mac_limited},
                                               {"limited_outer", result.counters.outer_limited}};
    table +=
        fmt::format("{:<10} {:>10} {:>12.4g} {:>14} {:>14} {:>14}\n", to_string(policy), max_error,
                    mean_error, wrong, result.counters.tile_limited, result.counters.mac_limited);
  }
  const std::string text = fmt::format(
      "{} x {} x {} ({} x {}), {} bits, tile {}, outer {} bits: {} outputs, {} tiles, {} MACs; "
      "largest exact sum {}\n{}",
      a->lines, b->lines, k, a_format, b_format, arguments.bits, arguments.tile,
      arguments.outer_bits, outputs, tiles, outputs * k, largest, table);
  output.result({{"m", a->lines},
                 {"n", b->lines},
                 {"k", k},
                 {"a_format", a_format},
                 {"b_format", b_format},
                 {"bits", arguments.bits},
                 {"tile", arguments.tile},
                 {"outer_bits", arguments.outer_bits},
                 {"outputs", outputs},
                 {"tiles", tiles},
                 {"macs", outputs * k},
                 {"largest_exact", largest},
                 {"policies", results}},
                text);
  return kHolds;
}

}  // namespace sylvester
