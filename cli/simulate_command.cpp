#include "cli/simulate_command.hpp"

#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/accelerator.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/layer_jobs.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "sim/cycles/cycles.hpp"
#include "sim/cycles/layer_cycles.hpp"
#include "sim/energy/energy.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

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
std::vector<LayerGemm> gemms_of(const Config& config, const SimulateArguments& arguments) {
  const auto [m, n, k] = parse_sizes(arguments.gemm);
  const LayerShape layer{.batch = m, .outputs = n, .inputs = k};
  if (arguments.training) return training_gemms(config, layer, Role::kForwardActivation);
  return {forward_gemm(layer, Role::kForwardActivation)};
}

}  // namespace

int run_simulate(const SimulateArguments& arguments, const Output& output) {
  const Config config = Config::load(arguments.config.source, arguments.config.overrides);
  require_accelerator(config, "simulate");
  const HardwareParameters hardware = hardware_parameters(config);
  Json layers = Json::array();
  std::string text =
      fmt::format("{:<16} {:>7} {:>7} {:>7} {:>12} {:>12} {:>12} {:>14} {:>7} {:>10}\n", "GEMM",
                  "M", "N", "K", "prepare A", "prepare B", "array", "MACs", "used", "energy uJ");
  std::uint64_t cycles = 0;
  std::uint64_t array_cycles = 0;
  std::uint64_t macs = 0;
  std::uint64_t passes = 0;
  EnergyEvents events;
  for (const LayerGemm& gemm : gemms_of(config, arguments)) {
    const GemmJobs jobs = describe(config, hardware, gemm, "--gemm");
    const GemmCycles c = gemm_cycles(hardware, jobs);
    const EnergyEvents of_gemm = energy_events(hardware, jobs);
    const double joules = energy_of(of_gemm).total();
    passes += c.passes;
    events += of_gemm;
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
                      {"wide_passes", c.passes},
                      {"macs", c.macs},
                      {"array_utilization", used},
                      {"energy_j", joules}});
    text += fmt::format(
        "{:<16} {:>7} {:>7} {:>7} {:>12} {:>12} {:>12} {:>14} {:>6.1f}% {:>10.2f}\n", gemm.name,
        gemm.m, gemm.n, gemm.k, c.prepare_a, c.prepare_b, c.gemm, c.macs, 100 * used, 1e6 * joules);
  }
  const double used = utilisation(hardware, macs, cycles);
  text += fmt::format(
      "{} cycles one job after the other without stalls, {} of them in the array; {:.1f} % used\n"
      "{} passes over wide operands\n",
      cycles, array_cycles, 100 * used, passes);
  const Energy energy = energy_of(events);
  text += fmt::format(
      "{:.2f} uJ by estimate: {:.2f} arithmetic, {:.2f} code buffers, {:.2f} for {} bytes of "
      "memory\n",
      1e6 * energy.total(), 1e6 * energy.arithmetic, 1e6 * energy.buffers, 1e6 * energy.memory,
      events.moved / 8);
  output.result({{"config", config.source()},
                 {"hardware_hash", to_hex(hardware_hash(hardware))},
                 {"numerics_hash", to_hex(config.numerics_hash())},
                 {"cycles", cycles},
                 {"array_cycles", array_cycles},
                 {"macs", macs},
                 {"wide_passes", passes},
                 {"utilization", used},
                 {"energy_j", energy.total()},
                 {"energy_arithmetic_j", energy.arithmetic},
                 {"energy_buffers_j", energy.buffers},
                 {"energy_memory_j", energy.memory},
                 {"memory_bytes", events.moved / 8},
                 {"layers", layers}},
                text);
  return kHolds;
}

}  // namespace sylvester
