// The network: dense layers with ReLU between them; master weights are float32.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "golden/support/random.hpp"

namespace sylvester {

struct DenseLayer {
  int inputs = 0;
  int outputs = 0;
  std::vector<float> weight;  ///< outputs x inputs
  std::vector<float> bias;    ///< outputs, or empty: no bias
};

/// The last layer is the classifier; the input of the classifier is the feature vector.
struct Mlp {
  std::vector<DenseLayer> layers;

  [[nodiscard]] int inputs() const { return layers.front().inputs; }
  [[nodiscard]] int features() const { return layers.back().inputs; }
  [[nodiscard]] int classes() const { return layers.back().outputs; }
};

/// inputs - hidden[0] - hidden[1] - ... - classes. Weights, and biases if there are any, are
/// uniform in ±1/sqrt(inputs of the layer): kaiming-uniform with a = sqrt(5), the default of
/// PyTorch, which HDQT's layers use. Drawn layer by layer, weights first, row by row.
Mlp make_mlp(int inputs, std::span<const int> hidden, int classes, bool bias, HostRandom& random);

/// Gives the classifier `classes` outputs, at least as many as it has: old rows stay, new rows are
/// drawn like those of a new layer.
void grow_classifier(Mlp& network, int classes, HostRandom& random);

/// SHA-256 of all weights as little-endian float32, layer by layer, weight matrix then bias;
/// 64 hexadecimal digits.
std::string weights_sha256(const Mlp& network);

}  // namespace sylvester
