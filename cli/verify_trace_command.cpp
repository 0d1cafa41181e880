#include "cli/verify_trace_command.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/error.hpp"
#include "golden/support/progress.hpp"
#include "golden/support/sha256.hpp"
#include "testbenches/verify_trace.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

std::string report_text(const TraceVerifyReport& report) {
  std::string text;
  const TraceReport& golden = report.golden;
  for (int i = 0; i < kTraceLevels; ++i) {
    const auto level = static_cast<TraceLevel>(i);
    const LevelReport& counts = golden.levels[static_cast<std::size_t>(i)];
    if (counts.compared == 0) continue;
    text += fmt::format("{} {}: {} compared, {} different",
                        counts.different == 0 ? "equal  " : "DIFFERS", to_string(level),
                        counts.compared, counts.different);
    if (level == TraceLevel::kFloats) {
      text += fmt::format(" without an explanation ({} ties, {} mappings, {} clips)", counts.ties,
                          counts.mappings, counts.clips);
    }
    text += '\n';
  }
  if (report.models.jobs > 0) {
    text +=
        fmt::format("{} models: {} jobs, of {} the operands too, {} bits and {} cycles compared\n",
                    report.divergence ? "DIFFERS" : "equal  ", report.models.jobs, report.prepared,
                    report.models.bits_compared, report.models.cycles_compared);
  }
  for (const auto& [reason, jobs] : report.not_run) {
    text += fmt::format("not on the models: {} jobs or their operands: {}\n", jobs, reason);
  }
  for (const auto* divergence : {&golden.first, &report.divergence}) {
    if (*divergence) text += fmt::format("first difference: {}\n", (*divergence)->sentence());
  }
  return text + fmt::format("{} jobs, {} MACs, {} mismatches\n", golden.jobs, golden.macs,
                            report.mismatches());
}

ModelOptions models_of(const std::string& name) {
  if (name == "all") return {};
  if (name == "systemc") return {.systemc = true, .rtl = false, .faults = {}, .rtl_dir = {}};
  if (name == "none") return {.systemc = false, .rtl = false, .faults = {}, .rtl_dir = {}};
  throw UserError(fmt::format("--models: value {}; allowed: all, systemc, none", name));
}

}  // namespace

int run_verify_trace(const VerifyArguments& arguments, const Output& output) {
  if (arguments.configs.size() != 1) {
    throw UserError(
        fmt::format("--trace: {} configurations; allowed: one", arguments.configs.size()));
  }
  const Config config = Config::load(arguments.configs.front(), arguments.overrides);
  TraceVerifyOptions options;
  options.configuration = config.source();
  options.hardware = hardware_parameters(config);
  options.models = models_of(arguments.models);
  options.models.rtl_dir = arguments.rtl;
  const Trace trace = Trace::read(arguments.trace, config);
  Progress bar("verifying", trace.size());
  options.progress = [&bar](std::uint64_t done) { bar.update(done); };
  const TraceVerifyReport report = verify_trace(trace, options);
  Json json = {{"config", config.source()},
               {"trace", arguments.trace},
               {"numerics_hash", to_hex(config.numerics_hash())},
               {"hardware_hash", to_hex(hardware_hash(config))}};
  json.update(to_json(report));
  output.result(json, report_text(report));
  return report.mismatches() == 0 ? kHolds : kDoesNotHold;
}

}  // namespace sylvester
