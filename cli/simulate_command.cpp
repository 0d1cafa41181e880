#include "cli/simulate_command.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/accelerator.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/network_jobs.hpp"
#include "golden/config/training.hpp"
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
std::vector<NetworkGemm> gemms_of(const SimulateArguments& arguments, const Config& config) {
  if (config.precision_table() != nullptr) {
    throw UserError(
        fmt::format("--gemm: value {}; allowed with network.precision: --input and --classes, for "
                    "the table is of a network's layers",
                    arguments.gemm));
  }
  const auto [m, n, k] = parse_sizes(arguments.gemm);
  const LayerShape layer{.batch = m, .outputs = n, .inputs = k};
  if (!arguments.training) return {{0, forward_gemm(layer, Role::kForwardActivation)}};
  std::vector<NetworkGemm> result;
  for (const LayerGemm& gemm : training_gemms(config, layer, Role::kForwardActivation)) {
    result.push_back({0, gemm});
  }
  return result;
}

// "561" or "28x28x1".
Shape parse_shape(const std::string& text) {
  std::vector<int> sizes;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at <= end) {
    int size = 0;
    const auto [rest, error] = std::from_chars(at, end, size);
    if (error != std::errc{} || size < 1 || size > kMostLength) break;
    sizes.push_back(size);
    if (rest == end && sizes.size() == 1) return {.height = 1, .width = 1, .channels = size};
    if (rest == end && sizes.size() == 3) {
      if (std::int64_t{sizes[0]} * sizes[1] * sizes[2] > std::numeric_limits<int>::max()) break;
      return {.height = sizes[0], .width = sizes[1], .channels = sizes[2]};
    }
    if (rest == end || *rest != 'x') break;
    at = rest + 1;
  }
  throw UserError(
      fmt::format("--input: value {}; allowed: N or HxWxC, each 1...{}, 2^31 - 1 values at most",
                  text, kMostLength));
}

// For samples of --input and so many classes.
Network network_of(const SimulateArguments& arguments, const Config& config) {
  const Shape shape = parse_shape(arguments.input);
  Dataset samples;
  samples.set_shape(shape.height, shape.width, shape.channels);
  samples.classes = arguments.classes;
  Network network = whole_network(config, samples);
  const Shape& input = network.nodes.front().shape;
  if (input == shape) return network;
  throw UserError(fmt::format("--input: value {}; allowed with train.task = \"{}\": {}x{}x{}",
                              arguments.input, config.text("train.task"), input.height, input.width,
                              input.channels));
}

// "3 forward", of a single layer its GEMM alone.
std::string name_of(const NetworkGemm& gemm, bool of_network) {
  return of_network ? fmt::format("{} {}", gemm.layer, gemm.gemm.name) : gemm.gemm.name;
}

struct Row {
  std::string name;
  int layer = 0;
  LayerGemm gemm;
  GemmFormats formats;
  GemmCycles cycles;
  EnergyEvents events;
};

std::vector<Row> contract_rows(const SimulateArguments& arguments, const Config& config,
                               const HardwareParameters& hardware) {
  require_accelerator(config, "simulate");
  const bool of_network = arguments.gemm.empty();
  const std::vector<NetworkGemm> gemms =
      of_network ? network_gemms(config, network_of(arguments, config), arguments.training)
                 : gemms_of(arguments, config);
  const std::vector<GemmJobs> jobs =
      describe(config, hardware, gemms, of_network ? "--input" : "--gemm");
  std::vector<Row> rows;
  for (std::size_t i = 0; i < gemms.size(); ++i) {
    const auto& [l, gemm] = gemms[i];
    const LayerRecipe recipe = layer_recipe(config.layer(l));
    const GemmFormats formats{{},
                              recipe.operand(gemm.a).format,
                              recipe.operand(gemm.b).format,
                              recipe.gemm(gemm_of(gemm.a)).tile};
    rows.push_back({name_of(gemms[i], of_network), l, gemm, formats, gemm_cycles(hardware, jobs[i]),
                    energy_events(hardware, jobs[i])});
  }
  return rows;
}

// Low-precision layers of DoReFa codes, whose operands come from the host; others stay there.
std::vector<Row> code_rows(const SimulateArguments& arguments, const Config& config,
                           const HardwareParameters& hardware) {
  const std::string& arithmetic = config.text("train.arithmetic");
  if (!arguments.gemm.empty() || arguments.training) {
    throw UserError(
        fmt::format("{}: train.arithmetic: value {}; allowed for simulate: --input and --classes "
                    "without --training, for gradients are float32",
                    config.source(), arithmetic));
  }
  require_one_width(config, "simulate");
  require_formats(config, "simulate");
  const TrainRecipe recipe = train_recipe(config);
  const std::vector<std::vector<GemmFormats>> formats = gemm_formats(config);
  std::vector<Row> rows;
  for (const NetworkGemm& gemm : network_gemms(config, network_of(arguments, config), false)) {
    const DorefaLayer& layer = recipe.dorefa_layer(gemm.layer);
    if (!layer.is_low()) continue;
    const CodeJobs jobs =
        describe(layer, hardware, gemm.gemm, fmt::format("--input: layer {}", gemm.layer));
    const auto count = static_cast<std::uint64_t>(jobs.count);
    rows.push_back(
        {name_of(gemm, true),
         gemm.layer,
         gemm.gemm,
         formats[static_cast<std::size_t>(gemm.layer)].front(),
         {.prepare_a = 0,
          .prepare_b = 0,
          .gemm = count * gemm_cycles(hardware, jobs.gemm),
          .macs = count * useful_macs(hardware, jobs.gemm)},
         energy_events(hardware,
                       {.a = {},
                        .b = {},
                        .gemm = jobs.gemm,
                        .counts = {.prepare_a = 0, .prepare_b = 0, .gemm = jobs.count}})});
  }
  if (rows.empty()) {
    throw UserError(fmt::format(
        "{}: pdqat.high_precision: value {}; allowed for simulate: at least one layer in low "
        "precision",
        config.source(), value_text(config.value("pdqat.high_precision"))));
  }
  return rows;
}

std::string format_name(int row) { return formats()[static_cast<std::size_t>(row)].name; }

}  // namespace

int run_simulate(const SimulateArguments& arguments, const Output& output) {
  if (arguments.gemm.empty() && (arguments.input.empty() || arguments.classes == 0)) {
    throw UserError("simulate: allowed: --gemm M,N,K, or --input and --classes of the network");
  }
  const Config config = Config::load(arguments.config.source, arguments.config.overrides);
  const HardwareParameters hardware = hardware_parameters(config);
  Json layers = Json::array();
  std::string text =
      fmt::format("{:<20} {:>7} {:>7} {:>7} {:>12} {:>12} {:>12} {:>14} {:>7} {:>10}\n", "GEMM",
                  "M", "N", "K", "prepare A", "prepare B", "array", "MACs", "used", "energy uJ");
  std::uint64_t cycles = 0;
  std::uint64_t array_cycles = 0;
  std::uint64_t macs = 0;
  std::uint64_t passes = 0;
  EnergyEvents total_events;
  for (const auto& [name, l, gemm, formats, c, events] :
       has_dorefa_codes(config) ? code_rows(arguments, config, hardware)
                                : contract_rows(arguments, config, hardware)) {
    const double joules = energy_of(events).total();
    passes += c.passes;
    total_events += events;
    cycles += c.total();
    array_cycles += c.gemm;
    macs += c.macs;
    const double used = utilisation(hardware, c.macs, c.gemm);
    Json object = {{"name", gemm.name}};
    if (arguments.gemm.empty()) object["layer"] = l;
    object.update({{"a_format", format_name(formats.a)},
                   {"b_format", format_name(formats.b)},
                   {"tile", formats.tile},
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
    layers.push_back(std::move(object));
    text += fmt::format(
        "{:<20} {:>7} {:>7} {:>7} {:>12} {:>12} {:>12} {:>14} {:>6.1f}% {:>10.2f}\n", name, gemm.m,
        gemm.n, gemm.k, c.prepare_a, c.prepare_b, c.gemm, c.macs, 100 * used, 1e6 * joules);
  }
  const double used = utilisation(hardware, macs, cycles);
  text += fmt::format(
      "{} cycles one job after the other without stalls, {} of them in the array; {:.1f} % used\n"
      "{} passes over wide operands\n",
      cycles, array_cycles, 100 * used, passes);
  const Energy energy = energy_of(total_events);
  text += fmt::format(
      "{:.2f} uJ by estimate: {:.2f} arithmetic, {:.2f} code buffers, {:.2f} for {} bytes of "
      "memory\n",
      1e6 * energy.total(), 1e6 * energy.arithmetic, 1e6 * energy.buffers, 1e6 * energy.memory,
      total_events.moved / 8);
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
                 {"memory_bytes", total_events.moved / 8},
                 {"layers", layers}},
                text);
  return kHolds;
}

}  // namespace sylvester
