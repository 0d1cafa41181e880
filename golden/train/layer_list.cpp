#include "golden/train/layer_list.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::string_view kAllowed = "dense N, dense input, relu";
constexpr int kMostWidth = 65535;
constexpr int kAsInput = 0;

struct Layer {
  NodeKind kind = NodeKind::kRelu;
  int outputs = 0;  ///< dense; or kAsInput
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

Layer parse(const std::string& text) {
  const std::vector<std::string_view> words = words_of(text);
  const std::string_view name = words.empty() ? "" : words.front();
  if (name == "relu" && words.size() == 1) return {.kind = NodeKind::kRelu};
  if (name == "dense" && words.size() == 2) {
    if (words[1] == "input") return {.kind = NodeKind::kDense, .outputs = kAsInput};
    if (const auto outputs = number(words[1], 1, kMostWidth)) {
      return {.kind = NodeKind::kDense, .outputs = *outputs};
    }
    throw UserError(
        fmt::format("not a width; allowed: dense N with N in 1...{}, dense input", kMostWidth));
  }
  throw UserError(fmt::format("not a layer; allowed: {}", kAllowed));
}

// `entry 2 'dens 5': ` before what went wrong in it.
template <typename Work>
auto in_entry(std::span<const std::string> layers, std::size_t i, const Work& work) {
  try {
    return work();
  } catch (const UserError& error) {
    throw UserError(fmt::format("entry {} '{}': {}", i + 1, layers[i], error.what()));
  }
}

int append(Network& network, int from, const Layer& layer, bool bias, HostRandom& random) {
  switch (layer.kind) {
    case NodeKind::kDense:
      return add_dense(network, from, layer.outputs == kAsInput ? network.inputs() : layer.outputs,
                       bias, random);
    default:
      return add_relu(network, from);
  }
}

}  // namespace

void check_layers(std::span<const std::string> layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) in_entry(layers, i, [&] { parse(layers[i]); });
}

int append_layers(Network& network, int from, std::span<const std::string> layers, bool bias,
                  HostRandom& random) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    from =
        in_entry(layers, i, [&] { return append(network, from, parse(layers[i]), bias, random); });
  }
  return from;
}

Network make_network(const Shape& input, std::span<const std::string> layers, int classes,
                     bool bias, HostRandom& random) {
  Network network = make_input(input);
  const int features = append_layers(network, 0, layers, bias, random);
  try {
    add_head(network, features, classes, bias, random);
  } catch (const UserError& error) {
    throw UserError(fmt::format("the classifier behind the last entry: {}", error.what()));
  }
  return network;
}

}  // namespace sylvester
