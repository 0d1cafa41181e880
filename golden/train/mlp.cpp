#include "golden/train/mlp.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

// Appends `count` draws. 2u - 1 is exact.
void draw_uniform(std::vector<float>& values, std::size_t count, int inputs, HostRandom& random) {
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(inputs)));
  values.reserve(values.size() + count);
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(bound * (2.0F * random.uniform() - 1.0F));
  }
}

// Weight rows, and biases if the layer has any, for outputs that it does not have yet.
void grow(DenseLayer& layer, int outputs, bool bias, HostRandom& random) {
  const auto rows = static_cast<std::size_t>(outputs - layer.outputs);
  draw_uniform(layer.weight, rows * static_cast<std::size_t>(layer.inputs), layer.inputs, random);
  if (bias) draw_uniform(layer.bias, rows, layer.inputs, random);
  layer.outputs = outputs;
}

void update_hash(Sha256& hash, std::span<const float> values) {
  if constexpr (std::endian::native == std::endian::little) {
    hash.update(values.data(), values.size_bytes());
  } else {
    for (const float value : values) {
      const auto bits = std::bit_cast<std::uint32_t>(value);
      const std::uint8_t bytes[4] = {
          static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
          static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 24)};
      hash.update(bytes, sizeof bytes);
    }
  }
}

}  // namespace

Mlp make_mlp(int inputs, std::span<const int> hidden, int classes, bool bias, HostRandom& random) {
  if (inputs < 1) throw UserError(fmt::format("a network with {} inputs, at least 1", inputs));
  std::vector<int> widths(hidden.begin(), hidden.end());
  widths.push_back(classes);
  Mlp network;
  int previous = inputs;
  for (const int width : widths) {
    if (width < 1) {
      throw UserError(fmt::format("a network layer of width {}; allowed: 1 and more", width));
    }
    DenseLayer layer;
    layer.inputs = previous;
    grow(layer, width, bias, random);
    network.layers.push_back(std::move(layer));
    previous = width;
  }
  return network;
}

void grow_classifier(Mlp& network, int classes, HostRandom& random) {
  DenseLayer& classifier = network.layers.back();
  if (classes < classifier.outputs) {
    throw UserError(
        fmt::format("a classifier of {} classes cannot shrink to {}", classifier.outputs, classes));
  }
  grow(classifier, classes, !classifier.bias.empty(), random);
}

std::string weights_sha256(const Mlp& network) {
  Sha256 hash;
  for (const DenseLayer& layer : network.layers) {
    update_hash(hash, layer.weight);
    update_hash(hash, layer.bias);
  }
  return to_hex(hash.digest());
}

}  // namespace sylvester
