#include "golden/integer/kept_bytes.hpp"

#include <bit>
#include <vector>

namespace sylvester {

KeptBytes backward_bytes(const Network& network, const IntegerRecipe& recipe, int batch) {
  constexpr std::uint64_t kStatisticsBytes = 8;
  std::vector<bool> needed;
  needs_gradient(network, needed);
  const auto size_of = [&](const Node& node) {
    return static_cast<std::uint64_t>(batch) * static_cast<std::uint64_t>(node.shape.size());
  };
  const auto bytes_of = [](std::uint64_t values, int bits) {
    return (values * static_cast<std::uint64_t>(bits) + 7) / 8;
  };
  KeptBytes bytes;
  for (std::size_t n = 1; n < network.nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    if (!needed[n]) continue;
    const auto input = static_cast<std::size_t>(node.inputs.front());
    switch (node.kind) {
      case NodeKind::kDense:
      case NodeKind::kConv:
        if (!node.frozen) bytes.codes += bytes_of(size_of(network.nodes[input]), recipe.bits);
        if (needed[input]) bytes.codes += bytes_of(node.weight.size(), recipe.bits);
        break;
      case NodeKind::kRelu:
      case NodeKind::kClip:
        bytes.masks += bytes_of(size_of(node), 1);
        break;
      case NodeKind::kGelu:
        bytes.wide += 2 * size_of(node);
        break;
      case NodeKind::kAttention: {
        const auto positions = static_cast<std::uint64_t>(node.shape.positions());
        const std::uint64_t scores = static_cast<std::uint64_t>(batch) * positions * positions *
                                     static_cast<std::uint64_t>(node.attention_heads);
        bytes.codes +=
            bytes_of(size_of(network.nodes[input]), recipe.bits) + bytes_of(scores, recipe.bits);
        bytes.wide += 4 * scores;
        break;
      }
      case NodeKind::kMaxPool:
        bytes.masks += bytes_of(
            size_of(node), std::bit_width(static_cast<unsigned>(node.window.kernel.area() - 1)));
        break;
      case NodeKind::kBatchNorm:
        if (node.frozen) break;
        bytes.wide += 2 * size_of(node) + kStatisticsBytes * node.weight.size();
        break;
      case NodeKind::kLayerNorm:
        bytes.wide += 2 * size_of(node) + kStatisticsBytes * size_of(node) / node.weight.size();
        break;
      default:
        break;
    }
  }
  return bytes;
}

}  // namespace sylvester
