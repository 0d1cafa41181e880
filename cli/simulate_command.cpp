#include "cli/simulate_command.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "sim/cycles/cycles.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

/// Of the recurrence of gemm_cycles: a few seconds.
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 27;
constexpr int kMostLength = 65535;  // of a dimension in a job's descriptor

// Y = X W^T, dX = G W or dW = G^T X of one layer.
struct Gemm {
  std::string name;
  Role a;
  Role b;
  int m;
  int n;
  int k;
};

struct GemmCycles {
  std::uint64_t prepare_a = 0;
  std::uint64_t prepare_b = 0;
  std::uint64_t gemm = 0;
  std::uint64_t macs = 0;
  [[nodiscard]] std::uint64_t total() const { return prepare_a + prepare_b + gemm; }
};

std::array<int, 3> parse_sizes(const std::string& text) {
  std::array<int, 3> sizes{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto [rest, error] = std::from_chars(at, end, sizes[i]);
    const bool separated = i + 1 < sizes.size() ? rest != end && *rest == ',' : rest == end;
    if (error != std::errc{} || !separated || sizes[i] < 1 || sizes[i] > kMostLength) {
      throw UserError(
          fmt::format("--gemm: value {}; allowed: M,N,K, each 1...{}", text, kMostLength));
    }
    at = rest + 1;
  }
  return sizes;
}

// The three GEMMs of a layer with batch M, N outputs and K inputs.
std::vector<Gemm> gemms_of(const SimulateArguments& arguments) {
  const auto [m, n, k] = parse_sizes(arguments.gemm);
  std::vector<Gemm> result = {{"forward", Role::kForwardActivation, Role::kForwardWeight, m, n, k}};
  if (arguments.training) {
    result.push_back({"input_gradient", Role::kInputGradient, Role::kBackwardWeight, m, k, n});
    result.push_back(
        {"weight_gradient", Role::kWeightGradient, Role::kBackwardActivation, n, k, m});
  }
  return result;
}

// The count does not depend on the elements: mantissas and codes are left out.
PrepareJob prepare_job(const Config& config, Role role, int lines, int k) {
  PrepareJob job;
  job.recipe = prepare_recipe(config, role);
  job.input.name = std::string(to_string(role));
  job.input.lines = lines;
  job.input.k = k;
  return job;
}

// The recurrence takes one step per chunk of a block of results.
void require_few_steps(const Gemm& gemm, const GemmDescriptor& descriptor) {
  const std::uint64_t steps =
      std::uint64_t{descriptor.m_blocks} * descriptor.n_blocks * descriptor.k_chunks;
  if (steps <= kMostSteps) return;
  throw UserError(
      fmt::format("--gemm: {} of {} x {} x {} has {} x {} blocks of {} chunks on this array; "
                  "allowed: at most {} chunks",
                  gemm.name, gemm.m, gemm.n, gemm.k, descriptor.m_blocks, descriptor.n_blocks,
                  descriptor.k_chunks, kMostSteps));
}

GemmCycles count(const Config& config, const HardwareParameters& hardware, const Gemm& gemm) {
  const PrepareJob a = prepare_job(config, gemm.a, gemm.m, gemm.k);
  const PrepareJob b = prepare_job(config, gemm.b, gemm.n, gemm.k);
  const GemmJob job{.a = std::make_shared<PreparedOperand>(prepared_shape(a)),
                    .b = std::make_shared<PreparedOperand>(prepared_shape(b)),
                    .recipe = accumulate_recipe(config, gemm_of(gemm.a)),
                    .counters = hardware.counters};
  const GemmDescriptor descriptor = describe_shape(hardware, job);
  require_few_steps(gemm, descriptor);
  return {.prepare_a = prepare_cycles(hardware, describe(hardware, a)),
          .prepare_b = prepare_cycles(hardware, describe(hardware, b)),
          .gemm = gemm_cycles(hardware, descriptor),
          .macs = useful_macs(hardware, descriptor)};
}

}  // namespace

int run_simulate(const SimulateArguments& arguments, const Output& output) {
  const Config config = Config::load(arguments.config.source, arguments.config.overrides);
  const HardwareParameters hardware = hardware_parameters(config);
  Json layers = Json::array();
  std::string text =
      fmt::format("{:<16} {:>7} {:>7} {:>7} {:>12} {:>12} {:>12} {:>14} {:>7}\n", "GEMM", "M", "N",
                  "K", "prepare A", "prepare B", "array", "MACs", "used");
  std::uint64_t cycles = 0;
  std::uint64_t array_cycles = 0;
  std::uint64_t macs = 0;
  for (const Gemm& gemm : gemms_of(arguments)) {
    const GemmCycles c = count(config, hardware, gemm);
    cycles += c.total();
    array_cycles += c.gemm;
    macs += c.macs;
    const double used = utilisation(hardware, c.macs, c.gemm);
    layers.push_back({{"name", gemm.name},
                      {"m", gemm.m},
                      {"n", gemm.n},
                      {"k", gemm.k},
                      {"prepare_a_cycles", c.prepare_a},
                      {"prepare_b_cycles", c.prepare_b},
                      {"array_cycles", c.gemm},
                      {"macs", c.macs},
                      {"array_utilization", used}});
    text +=
        fmt::format("{:<16} {:>7} {:>7} {:>7} {:>12} {:>12} {:>12} {:>14} {:>6.1f}%\n", gemm.name,
                    gemm.m, gemm.n, gemm.k, c.prepare_a, c.prepare_b, c.gemm, c.macs, 100 * used);
  }
  const double used = utilisation(hardware, macs, cycles);
  text += fmt::format(
      "{} cycles one job after the other without stalls, {} of them in the array; {:.1f} % used\n",
      cycles, array_cycles, 100 * used);
  output.result({{"config", config.source()},
                 {"hardware_hash", to_hex(hardware_hash(hardware))},
                 {"numerics_hash", to_hex(config.numerics_hash())},
                 {"cycles", cycles},
                 {"array_cycles", array_cycles},
                 {"macs", macs},
                 {"utilization", used},
                 {"layers", layers}},
                text);
  return kHolds;
}

}  // namespace sylvester
