#include "golden/config/network_jobs.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "golden/config/convert.hpp"
#include "golden/config/precision_table.hpp"
#include "golden/support/error.hpp"
#include "golden/train/dorefa_quantiser.hpp"
#include "golden/train/executor.hpp"

namespace sylvester {

std::vector<NetworkGemm> network_gemms(const Config& config, const Network& network,
                                       bool training) {
  const std::int64_t batch = config.integer("train.batch");
  std::vector<bool> needs;
  needs_gradient(network, needs);
  std::vector<NetworkGemm> gemms;
  for (int l = 0; l < network.depth(); ++l) {
    const Node& node = network.layer(l);
    const std::int64_t rows = batch * node.shape.positions();
    if (rows > std::numeric_limits<std::int32_t>::max()) {
      throw UserError(
          fmt::format("train.batch: value {}; allowed with {} positions of layer {}: {} at most",
                      batch, node.shape.positions(), l,
                      std::numeric_limits<std::int32_t>::max() / node.shape.positions()));
    }
    const LayerShape shape{
        .batch = static_cast<int>(rows), .outputs = node.outputs(), .inputs = node.k};
    const Role role = forward_role(network, l);
    if (!training) {
      gemms.push_back({l, forward_gemm(shape, role)});
      continue;
    }
    const bool input_gradient = needs[static_cast<std::size_t>(node.inputs.front())];
    for (const LayerGemm& gemm : training_gemms(config.layer(l), shape, role, input_gradient)) {
      gemms.push_back({l, gemm});
    }
  }
  return gemms;
}

std::string text_of(const std::vector<NetworkGemm>& gemms) {
  std::string text;
  for (const auto& [layer, gemm] : gemms) {
    text += fmt::format("{}{} {}x{}x{}", text.empty() ? "" : ", ", to_string(gemm.a), gemm.m,
                        gemm.n, gemm.k);
  }
  return text;
}

std::vector<GemmJobs> describe(const Config& config, const HardwareParameters& hardware,
                               const std::vector<NetworkGemm>& gemms, const std::string& where) {
  std::vector<GemmJobs> jobs;
  for (const auto& [l, gemm] : gemms) {
    if (config.precision_table() == nullptr) {
      jobs.push_back(describe(config, hardware, gemm, where));
      continue;
    }
    const Config layer = config.layer(l);
    try {
      jobs.push_back(describe(layer, hardware, gemm, where));
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: {}: {}", layer.source(), gemm.name, error.what()));
    }
  }
  return jobs;
}

CodeJobs describe(const DorefaLayer& layer, const HardwareParameters& hardware,
                  const LayerGemm& gemm, const std::string& where) {
  const DorefaFormats formats = dorefa_formats(layer.bits);
  const auto operand = [&](int format, int lines) {
    PreparedOperand shape;  // the count does not depend on the codes
    shape.format = format;
    shape.lines = lines;
    shape.k = gemm.k;
    shape.k_padded = gemm.k;
    return std::make_shared<PreparedOperand>(std::move(shape));
  };
  const GemmJob job{.a = operand(formats.activation, gemm.m),
                    .b = operand(formats.weight, gemm.n),
                    .recipe = layer.accumulate,
                    .counters = hardware.counters};
  CodeJobs jobs{.gemm = {}, .count = formats.parts * formats.parts};
  try {
    jobs.gemm = describe_shape(hardware, job);
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {}", where, error.what()));
  }
  require_few_steps(gemm, jobs.gemm, where);
  return jobs;
}

}  // namespace sylvester
