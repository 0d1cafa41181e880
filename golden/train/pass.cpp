#include "golden/train/pass.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "golden/support/error.hpp"

#include "golden/train/float_loops.hpp"
#include "golden/train/gelu.hpp"
#include "golden/train/patches.hpp"
#include "golden/train/pool.hpp"
#include "golden/train/upsample.hpp"

namespace sylvester {
namespace {

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

// Elementwise, with a gradient that follows from the output.
bool is_activation(const Node& node) {
  return node.kind == NodeKind::kRelu || node.kind == NodeKind::kClip;
}

// Whether the activation behind a node may overwrite the node's output: the caller keeps the input,
// and the backward pass of an activation reads its own output.
bool gives_its_matrix(const Node& node) {
  return node.uses == 1 && node.kind != NodeKind::kInput && !is_activation(node);
}

bool uses_batch(const Executor& executor, const Node& node) {
  return executor.kind() == PassKind::kTraining && !node.frozen;
}

void add_bias(const std::vector<float>& bias, FloatMatrix& y) {
  for (int i = 0; i < y.rows; ++i) {
    float* row = y.row(i);
    for (int o = 0; o < y.cols; ++o) row[o] += bias[as_size(o)];
  }
}

// Rows in ascending order.
void sum_rows(const FloatMatrix& g, std::vector<float>& sums) {
  sums.assign(as_size(g.cols), 0.0F);
  for (int i = 0; i < g.rows; ++i) {
    const float* row = g.row(i);
    for (int o = 0; o < g.cols; ++o) sums[as_size(o)] += row[o];
  }
}

// y = x + the embedding of its position; x has the positions of one sample after the other.
void add_positions(const Node& node, const FloatMatrix& x, FloatMatrix& y) {
  const std::size_t period = node.weight.size();
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    y.values[i] = x.values[i] + node.weight[i % period];
  }
}

// Samples in ascending order.
void sum_samples(const FloatMatrix& g, std::span<float> sums) {
  std::ranges::fill(sums, 0.0F);
  for (std::size_t i = 0; i < g.values.size(); ++i) sums[i % sums.size()] += g.values[i];
}

AttentionShape attention_shape(const Node& node) {
  return {.positions = node.shape.positions(), .heads = node.attention_heads};
}

// Columns first ... first + part.cols of `whole`.
void copy_columns_in(const FloatMatrix& part, int first, FloatMatrix& whole) {
  for (int i = 0; i < part.rows; ++i) {
    std::memcpy(whole.row(i) + first, part.row(i), as_size(part.cols) * sizeof(float));
  }
}
void copy_columns_out(const FloatMatrix& whole, int first, FloatMatrix& part) {
  for (int i = 0; i < part.rows; ++i) {
    std::memcpy(part.row(i), whole.row(i) + first, as_size(part.cols) * sizeof(float));
  }
}

}  // namespace

FloatMatrix& Gradients::further(int node) {
  if (further_.size() <= as_size(node)) further_.resize(as_size(node) + 1);
  return further_[as_size(node)];
}

FloatMatrix& Gradients::logits(int h) {
  if (heads_.size() <= as_size(h)) heads_.resize(as_size(h) + 1);
  return heads_[as_size(h)];
}

void check_batch(const Network& network, int batch) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  for (const Node& node : network.nodes) {
    const std::int64_t positions = node.shape.positions();
    const std::int64_t of_heads = positions * node.attention_heads;  // 0: no attention
    const std::int64_t width = std::max<std::int64_t>({node.shape.channels, node.k, of_heads});
    const std::int64_t values = batch * positions * width;
    if (values > most) {
      throw UserError(
          fmt::format("a batch of {} samples is too large for this network: {} values in one of "
                      "its matrices; allowed: at most {}",
                      batch, values, most));
    }
  }
}

FloatMatrix& input_of(Activations& activations, const Network& network, int batch) {
  check_batch(network, batch);
  const Shape& shape = network.nodes.front().shape;
  activations.batch_ = batch;
  activations.matrices_.resize(network.nodes.size());
  activations.matrices_.front().resize(batch * shape.positions(), shape.channels);
  return activations.matrices_.front();
}

void forward_pass(const Network& network, Executor& executor, Activations& activations) {
  std::vector<FloatMatrix>& matrices = activations.matrices_;
  std::vector<int>& places = activations.places_;
  places.resize(network.nodes.size());
  activations.states_.resize(network.nodes.size());
  activations.heads_ = network.heads;
  activations.features_ = network.heads.empty() ? 0 : network.classifier().inputs.front();
  places[0] = 0;
  int layer = 0;
  for (std::size_t n = 1; n < network.nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    const int first = node.inputs.front();
    const bool in_place = is_activation(node) && gives_its_matrix(network.node(first));
    places[n] = in_place ? places[as_size(first)] : static_cast<int>(n);
    FloatMatrix& y = matrices[as_size(places[n])];
    const FloatMatrix& x = activations.of(first);
    y.resize(activations.batch_ * node.shape.positions(), node.shape.channels);
    switch (node.kind) {
      case NodeKind::kInput:
        break;
      case NodeKind::kDense:
      case NodeKind::kConv:
        executor.forward(layer++, x, activations.first_sample, y);
        if (!node.bias.empty()) add_bias(node.bias, y);
        break;
      case NodeKind::kRelu:
        if (!in_place) y.values = x.values;
        zero_unless_positive(y.values.data(), y.values.size(), y.values.data());
        break;
      case NodeKind::kGelu:
        gelu(x.values.data(), x.values.size(), y.values.data());
        break;
      case NodeKind::kAttention:
        attention(attention_shape(node), x, y, activations.states_[n].attention);
        break;
      case NodeKind::kPosition:
        add_positions(node, x, y);
        break;
      case NodeKind::kUpsample:
        upsample(patch_shape(network, node), x, y);
        break;
      case NodeKind::kClip:
        for (std::size_t i = 0; i < y.values.size(); ++i) {
          const float positive = x.values[i] > 0.0F ? x.values[i] : 0.0F;
          y.values[i] = positive < 1.0F ? positive : 1.0F;
        }
        break;
      case NodeKind::kBatchNorm:
        batch_norm(node, uses_batch(executor, node), x, y, activations.states_[n].norm);
        break;
      case NodeKind::kLayerNorm:
        layer_norm(node, x, y, activations.states_[n].norm);
        break;
      case NodeKind::kAdd: {
        const FloatMatrix& other = activations.of(node.inputs[1]);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
          y.values[i] = x.values[i] + other.values[i];
        }
        break;
      }
      case NodeKind::kShortcut:
        std::ranges::fill(y.values, 0.0F);
        for_shortcut(patch_shape(network, node), activations.batch_,
                     [&](int in, int out) { std::copy_n(x.row(in), x.cols, y.row(out)); });
        break;
      case NodeKind::kMaxPool:
        max_pool(patch_shape(network, node), x, y, activations.states_[n].chosen);
        break;
      case NodeKind::kAveragePool:
        average_pool(patch_shape(network, node), x, y);
        break;
      case NodeKind::kFlatten:
        y.values = x.values;
        break;
      case NodeKind::kConcat: {
        int column = 0;
        for (const int input : node.inputs) {
          const FloatMatrix& part = activations.of(input);
          copy_columns_in(part, column, y);
          column += part.cols;
        }
        break;
      }
    }
  }
}

// Node by node, last one first. The gradient of a node's output is in a matrix from the first node
// that adds to it until the node has used it.
class BackwardPass {
 public:
  BackwardPass(const Network& network, Executor& executor, const Activations& activations,
               Gradients& gradients)
      : network_(network),
        executor_(executor),
        activations_(activations),
        gradients_(gradients),
        needed_(gradients.needed_) {}

  void operator()() {
    const std::size_t count = network_.nodes.size();
    needs_gradient(network_, needed_);
    gradients_.nodes.resize(count);
    gradients_.places_.assign(count, kNone);
    gradients_.free_.clear();
    for (std::size_t m = 0; m < gradients_.matrices_.size(); ++m) {
      gradients_.free_.push_back(static_cast<int>(m));
    }
    for (std::size_t h = 0; h < network_.heads.size(); ++h) {
      FloatMatrix& logits = gradients_.logits(static_cast<int>(h));
      if (logits.rows > 0 && needed_[as_size(network_.heads[h])]) {
        std::swap(logits, take_matrix(network_.heads[h]));
      }
      logits.resize(0, 0);
    }
    int layer = network_.depth();
    for (int n = static_cast<int>(count) - 1; n > 0; --n) {
      const Node& node = network_.node(n);
      if (node.k > 0) --layer;
      add_further(n);
      if (place(n) == kNone || node.frozen) {
        gradients_.nodes[as_size(n)].weight.clear();
        gradients_.nodes[as_size(n)].bias.clear();
      }
      if (place(n) == kNone) continue;
      node_backward(n, node, layer);
      release(n);
    }
  }

 private:
  static constexpr int kNone = -1;

  int& place(int n) { return gradients_.places_[as_size(n)]; }
  FloatMatrix& gradient(int n) { return gradients_.matrices_[as_size(place(n))]; }

  // A free matrix for the gradient of node n's output: one of that size, else the one with the most
  // memory.
  FloatMatrix& take_matrix(int n) {
    std::vector<int>& free = gradients_.free_;
    const FloatMatrix& output = activations_.of(n);
    if (free.empty()) {
      free.push_back(static_cast<int>(gradients_.matrices_.size()));
      gradients_.matrices_.emplace_back();
    }
    const auto best = std::ranges::max_element(free, {}, [&](int m) {
      const std::vector<float>& values = gradients_.matrices_[as_size(m)].values;
      return std::pair(values.size() == output.values.size(), values.capacity());
    });
    place(n) = *best;
    free.erase(best);
    gradient(n).resize(output.rows, network_.node(n).shape.channels);
    return gradient(n);
  }
  void release(int n) {
    if (place(n) != kNone) gradients_.free_.push_back(place(n));
    place(n) = kNone;
  }

  // Adds what `write(matrix)` writes to the gradient of node n's output, if that is of use.
  template <typename Write>
  void give(int n, const Write& write) {
    if (!needed_[as_size(n)]) return;
    const int sum = place(n);
    FloatMatrix& part = take_matrix(n);
    write(part);
    if (sum == kNone) return;
    FloatMatrix& whole = gradients_.matrices_[as_size(sum)];
    for (std::size_t i = 0; i < whole.values.size(); ++i) whole.values[i] += part.values[i];
    release(n);
    place(n) = sum;
  }

  // What the loss adds to the gradient of node n's output by itself.
  void add_further(int n) {
    if (as_size(n) >= gradients_.further_.size()) return;
    FloatMatrix& further = gradients_.further_[as_size(n)];
    if (further.rows > 0) give(n, [&](FloatMatrix& part) { part.values = further.values; });
    further.resize(0, 0);
  }

  // The same with the gradient of node `from`, which is not used any more.
  void hand_on(int from, int to) {
    if (needed_[as_size(to)] && place(to) == kNone) {
      std::swap(place(from), place(to));
      return;
    }
    give(to, [&](FloatMatrix& part) { part.values = gradient(from).values; });
  }

  void node_backward(int n, const Node& node, int layer) {
    switch (node.kind) {
      case NodeKind::kInput:
        break;
      case NodeKind::kDense:
      case NodeKind::kConv:
        gemm_backward(n, node, layer);
        break;
      case NodeKind::kRelu: {
        FloatMatrix& g = gradient(n);
        zero_unless_positive(activations_.of(n).values.data(), g.values.size(), g.values.data());
        hand_on(n, node.inputs.front());
        break;
      }
      case NodeKind::kGelu: {
        FloatMatrix& g = gradient(n);
        const FloatMatrix& x = activations_.of(node.inputs.front());
        gelu_gradient(x.values.data(), g.values.data(), g.values.size(), g.values.data());
        hand_on(n, node.inputs.front());
        break;
      }
      case NodeKind::kAttention:
        give(node.inputs.front(), [&](FloatMatrix& dx) {
          attention_gradient(attention_shape(node), activations_.of(node.inputs.front()),
                             gradient(n), activations_.states_[as_size(n)].attention, dx,
                             gradients_.scratch_);
        });
        break;
      case NodeKind::kPosition:
        if (!node.frozen) {
          WeightGradient& dw = gradients_.nodes[as_size(n)].weight;
          sum_samples(gradient(n), {dw.as_floats(node.weight.size()), node.weight.size()});
        }
        hand_on(n, node.inputs.front());
        break;
      case NodeKind::kUpsample:
        give(node.inputs.front(), [&](FloatMatrix& dx) {
          upsample_gradient(patch_shape(network_, node), gradient(n), dx);
        });
        break;
      case NodeKind::kClip: {
        FloatMatrix& g = gradient(n);
        const std::vector<float>& y = activations_.of(n).values;
        for (std::size_t i = 0; i < y.size(); ++i) {
          if (!(y[i] > 0.0F && y[i] < 1.0F)) g.values[i] = 0.0F;
        }
        hand_on(n, node.inputs.front());
        break;
      }
      case NodeKind::kBatchNorm:
      case NodeKind::kLayerNorm:
        norm_backward(n, node);
        break;
      case NodeKind::kAdd:
        give(node.inputs[1], [&](FloatMatrix& part) { part.values = gradient(n).values; });
        hand_on(n, node.inputs[0]);
        break;
      case NodeKind::kShortcut:
        give(node.inputs.front(), [&](FloatMatrix& dx) {
          std::ranges::fill(dx.values, 0.0F);
          for_shortcut(patch_shape(network_, node), activations_.batch_, [&](int in, int out) {
            std::copy_n(gradient(n).row(out), dx.cols, dx.row(in));
          });
        });
        break;
      case NodeKind::kMaxPool:
        give(node.inputs.front(), [&](FloatMatrix& dx) {
          max_pool_gradient(patch_shape(network_, node), activations_.states_[as_size(n)].chosen,
                            gradient(n), dx);
        });
        break;
      case NodeKind::kAveragePool:
        give(node.inputs.front(), [&](FloatMatrix& dx) {
          average_pool_gradient(patch_shape(network_, node), gradient(n), dx);
        });
        break;
      case NodeKind::kFlatten: {
        const FloatMatrix& x = activations_.of(node.inputs.front());
        gradient(n).resize(x.rows, x.cols);
        hand_on(n, node.inputs.front());
        break;
      }
      case NodeKind::kConcat: {
        int column = 0;
        for (const int input : node.inputs) {
          give(input, [&](FloatMatrix& part) { copy_columns_out(gradient(n), column, part); });
          column += network_.node(input).shape.channels;
        }
        break;
      }
    }
  }

  void gemm_backward(int n, const Node& node, int layer) {
    ParameterGradient& parameters = gradients_.nodes[as_size(n)];
    WeightGradient* dw = node.frozen ? nullptr : &parameters.weight;
    if (!node.frozen && !node.bias.empty()) sum_rows(gradient(n), parameters.bias);
    const int input = node.inputs.front();
    if (!needed_[as_size(input)]) {
      executor_.backward(layer, gradient(n), nullptr, dw);
      return;
    }
    give(input, [&](FloatMatrix& dx) { executor_.backward(layer, gradient(n), &dx, dw); });
  }

  void norm_backward(int n, const Node& node) {
    ParameterGradient* parameters = node.frozen ? nullptr : &gradients_.nodes[as_size(n)];
    const NormState& state = activations_.states_[as_size(n)].norm;
    const int input = node.inputs.front();
    const FloatMatrix& x = activations_.of(input);
    const auto run = [&](FloatMatrix* dx) {
      if (node.kind == NodeKind::kBatchNorm) {
        batch_norm_gradient(node, uses_batch(executor_, node), state, x, gradient(n), parameters,
                            dx, gradients_.sums_);
      } else {
        layer_norm_gradient(node, state, x, gradient(n), parameters, dx, gradients_.sums_);
      }
    };
    if (needed_[as_size(input)]) {
      give(input, [&](FloatMatrix& dx) { run(&dx); });
    } else {
      run(nullptr);
    }
  }

  const Network& network_;
  Executor& executor_;
  const Activations& activations_;
  Gradients& gradients_;
  std::vector<bool>& needed_;
};

void backward_pass(const Network& network, Executor& executor, const Activations& activations,
                   Gradients& gradients) {
  BackwardPass(network, executor, activations, gradients)();
}

void learn_statistics(const Activations& activations, Network& network) {
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    Node& node = network.nodes[n];
    if (node.kind != NodeKind::kBatchNorm || node.frozen) continue;
    const int rows = activations.batch_ * node.shape.positions();
    learn_statistics(activations.states_[n].norm, rows, node);
  }
}

KeptBytes backward_bytes(const Network& network, const Executor& executor, int batch) {
  std::vector<bool> needed;
  needs_gradient(network, needed);
  const auto wanted_of = [&](const Node& node) {
    return LayerGradients{.dx = needed[as_size(node.inputs.front())], .dw = !node.frozen};
  };
  std::vector<bool> signs_are_kept(network.nodes.size());
  KeptBytes bytes;
  for (int l = 0; l < network.depth(); ++l) {
    const Node& node = network.layer(l);
    if (!needed[as_size(network.layers[as_size(l)])]) continue;
    bytes += executor.kept_bytes(network, l, batch, wanted_of(node));
    if (executor.keeps_signs(wanted_of(node))) signs_are_kept[as_size(node.inputs.front())] = true;
  }
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    if (!needed[n]) continue;
    const auto values =
        static_cast<std::uint64_t>(batch) * static_cast<std::uint64_t>(node.shape.size());
    if (is_activation(node) && !signs_are_kept[n]) bytes.masks += (values + 7) / 8;
    if (node.kind == NodeKind::kBatchNorm && !node.frozen) {
      bytes.floats += sizeof(float) * (values + 2 * node.weight.size());
    }
    if (node.kind == NodeKind::kLayerNorm) {
      bytes.floats += sizeof(float) * (values + 2 * values / node.weight.size());
    }
    if (node.kind == NodeKind::kGelu) bytes.floats += sizeof(float) * values;
    if (node.kind == NodeKind::kAttention) {
      const auto of_heads = static_cast<std::uint64_t>(node.shape.positions()) *
                            static_cast<std::uint64_t>(node.attention_heads);
      const auto rows =
          static_cast<std::uint64_t>(batch) * static_cast<std::uint64_t>(node.shape.positions());
      bytes.floats += sizeof(float) * (3 * values + rows * of_heads);
    }
    if (node.kind == NodeKind::kMaxPool) {
      const auto largest = static_cast<unsigned>(node.window.kernel.area() - 1);
      bytes.masks += (values * static_cast<unsigned>(std::bit_width(largest)) + 7) / 8;
    }
  }
  return bytes;
}

}  // namespace sylvester
