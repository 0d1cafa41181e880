#include "cli/verify_command.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/verify_trace_command.hpp"
#include "golden/config/accelerator.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/error.hpp"
#include "golden/support/progress.hpp"
#include "testbenches/verify.hpp"

namespace sylvester {
namespace {

// Operand formats and tiles of the layers' GEMMs; none where all layers have those of the
// configuration.
std::vector<JobKind> table_jobs(const Config& config) {
  if (config.precision_table() == nullptr && !has_dorefa_codes(config)) return {};
  require_formats(config, "verify");
  std::vector<JobKind> kinds;
  for (const std::vector<GemmFormats>& layer : gemm_formats(config)) {
    for (const GemmFormats& gemm : layer) {
      const JobKind kind{gemm.a, gemm.b, gemm.tile};
      if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
    }
  }
  return kinds;
}

std::vector<VerifyConfiguration> configurations(const VerifyArguments& arguments) {
  if (arguments.configs.empty()) {
    if (!arguments.overrides.empty()) {
      throw UserError("--set: needs a configuration; allowed: verify CONFIG... --set key=value");
    }
    return verification_suite();
  }
  std::vector<VerifyConfiguration> result;
  for (const std::string& source : arguments.configs) {
    const Config config = Config::load(source, arguments.overrides);
    if (config.text("train.arithmetic") == "quantised") require_accelerator(config, "verify");
    if (has_dorefa_codes(config)) require_one_width(config, "verify");
    result.push_back({source, hardware_parameters(config), table_jobs(config)});
  }
  return result;
}

std::string report_text(const VerifyReport& report, bool with_coverage) {
  std::string text;
  for (const ConfigurationReport& configuration : report.configurations) {
    text += fmt::format("{} {}: {} jobs, {} cycles\n",
                        configuration.divergence ? "DIFFERS" : "equal  ", configuration.name,
                        configuration.statistics.jobs, configuration.statistics.cycles_compared);
    if (!configuration.divergence) continue;
    text += fmt::format("  {}\n  replay: sylvester verify --replay {}\n",
                        configuration.divergence->sentence(), configuration.job_file);
    if (!configuration.waveform.empty()) {
      text += fmt::format("  waveform: {}\n", configuration.waveform);
    }
  }
  const std::vector<std::string> gaps = report.gaps();
  if (with_coverage && !gaps.empty() && report.holds()) {
    text += fmt::format(
        "{} of the wanted combinations did not occur (for one, {}); more --jobs reach them\n",
        gaps.size(), gaps.front());
  }
  const RunStatistics& total = report.statistics;
  text +=
      fmt::format("{} jobs, {} MACs, {} bits and {} cycles compared, {} mismatches\n", total.jobs,
                  total.macs, total.bits_compared, total.cycles_compared, report.mismatches);
  return text;
}

}  // namespace

int run_verify(const VerifyArguments& arguments, const Output& output) {
  if (!arguments.trace.empty()) return run_verify_trace(arguments, output);
  VerifyReport report;
  if (!arguments.replay.empty()) {
    report = replay(arguments.replay, arguments.failures);
  } else {
    VerifyOptions options;
    options.configurations = configurations(arguments);
    options.jobs = arguments.jobs;
    options.seed = arguments.seed;
    options.processes = arguments.processes;
    options.rtl_dir = arguments.rtl;
    options.failure_dir = arguments.failures;
    Progress bar("verifying", static_cast<std::uint64_t>(options.jobs));
    options.progress = [&bar](std::uint64_t done) { bar.update(done); };
    report = verify(options);
  }
  output.result(to_json(report), report_text(report, arguments.replay.empty()));
  return report.holds() ? kHolds : kDoesNotHold;
}

}  // namespace sylvester
