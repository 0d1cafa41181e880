#include "golden/integer/pass.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "golden/integer/combine.hpp"
#include "golden/integer/fit.hpp"
#include "golden/integer/gelu.hpp"
#include "golden/integer/loss.hpp"
#include "golden/integer/pool.hpp"
#include "golden/train/patches.hpp"

namespace sylvester {
namespace {

// The least mantissa at an exponent of a value of at least 1; at -31 and below no mantissa has one.
std::int32_t one_at(int exponent) {
  if (exponent >= 0) return 1;
  return exponent > -31 ? std::int32_t{1} << -exponent : std::numeric_limits<std::int32_t>::max();
}

}  // namespace

Draws IntegerPass::draws(int n, IntPurpose purpose, std::uint32_t first) const {
  return {.key = draw_key({.seed = context_.seed,
                           .step = context_.step,
                           .layer = static_cast<std::uint16_t>(n),
                           .role = static_cast<std::uint8_t>(purpose),
                           .repetition = static_cast<std::uint8_t>(context_.kind)}),
          .index0 = first};
}

Draws IntegerPass::output_draws(int n, IntPurpose purpose) const {
  return draws(n, purpose,
               first_sample_ * static_cast<std::uint32_t>(network_->node(n).shape.size()));
}

bool IntegerPass::uses_batch(const Node& node) const {
  return context_.kind == PassKind::kTraining && !node.frozen;
}

Role IntegerPass::role_of_input(const Node& node) const {
  return network_->node(node.inputs.front()).non_negative ? Role::kForwardActivation
                                                          : Role::kForwardInput;
}

void IntegerPass::begin(const Network& network, const std::vector<IntNode>& nodes,
                        const PassContext& context) {
  network_ = &network;
  nodes_ = &nodes;
  context_ = context;
  products_.count_in(context.totals);
  states_.resize(network.nodes.size());
  for (const int n : network.layers) {
    products_.map(parameters(n).weight, Role::kForwardWeight, draws(n, IntPurpose::kWeightCodes),
                  state(n).w);
  }
}

IntTensor& IntegerPass::input(int batch) {
  batch_ = batch;
  const Shape& shape = network_->nodes.front().shape;
  IntTensor& x = state(0).output;
  x.resize(batch * shape.positions(), shape.channels);
  return x;
}

void IntegerPass::forward(std::uint32_t first_sample) {
  first_sample_ = first_sample;
  const int count = static_cast<int>(network_->nodes.size());
  for (int n = 1; n < count; ++n) {
    const Node& node = network_->node(n);
    state(n).output.resize(batch_ * node.shape.positions(), node.shape.channels);
    node_forward(n, node);
  }
}

void IntegerPass::node_forward(int n, const Node& node) {
  const IntTensor& x = of(node.inputs.front());
  NodeState& here = state(n);
  IntTensor& y = here.output;
  switch (node.kind) {
    case NodeKind::kInput:
      break;
    case NodeKind::kDense:
    case NodeKind::kConv:
      gemm_forward(n, node);
      break;
    case NodeKind::kRelu:
      y.exponent = x.exponent;
      for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] = std::max(x.values[i], 0);
      break;
    case NodeKind::kClip:
      y.exponent = std::min(x.exponent, 0);
      for (std::size_t i = 0; i < y.values.size(); ++i) {
        y.values[i] = x.values[i] > 0 ? std::min(x.values[i], one_at(x.exponent)) : 0;
      }
      break;
    case NodeKind::kGelu:
      fit(x, kNarrowBits, output_draws(n, IntPurpose::kNarrowInput), here.norm.narrow);
      gelu(here.norm.narrow, output_draws(n, IntPurpose::kOutput), y, here.slope);
      break;
    case NodeKind::kAttention: {
      const Shape& shape = network_->node(node.inputs.front()).shape;
      const auto first = [&](int size) { return first_sample_ * static_cast<std::uint32_t>(size); };
      const int scores = node.attention_heads * shape.positions() * shape.positions();
      here.attention.forward(products_,
                             {.positions = shape.positions(), .heads = node.attention_heads}, x,
                             {.input = draws(n, IntPurpose::kInputCodes, first(shape.size())),
                              .probability = draws(n, IntPurpose::kProbabilityCodes, first(scores)),
                              .output = {}},
                             y);
      break;
    }
    case NodeKind::kPosition:
      add_positions(n, node);
      break;
    case NodeKind::kUpsample:
      y.exponent = x.exponent;
      for_copies(patch_shape(*network_, node), batch_,
                 [&](int in, int out) { std::copy_n(x.row(in), x.cols, y.row(out)); });
      break;
    case NodeKind::kBatchNorm:
    case NodeKind::kLayerNorm:
      fit(x, kNarrowBits, output_draws(n, IntPurpose::kNarrowInput), here.norm.narrow);
      if (node.kind == NodeKind::kBatchNorm) {
        batch_norm(parameters(n), uses_batch(node), output_draws(n, IntPurpose::kOutput), y,
                   here.norm);
      } else {
        layer_norm(parameters(n), output_draws(n, IntPurpose::kOutput), y, here.norm);
      }
      break;
    case NodeKind::kAdd: {
      const std::array<Term, 2> terms = {{{.tensor = &x}, {.tensor = &of(node.inputs[1])}}};
      combine(terms, kWideBits, output_draws(n, IntPurpose::kOutput), y);
      break;
    }
    case NodeKind::kShortcut:
      std::ranges::fill(y.values, 0);
      y.exponent = x.exponent;
      for_shortcut(patch_shape(*network_, node), batch_,
                   [&](int in, int out) { std::copy_n(x.row(in), x.cols, y.row(out)); });
      break;
    case NodeKind::kMaxPool:
      max_pool(patch_shape(*network_, node), x, y, here.chosen);
      break;
    case NodeKind::kAveragePool:
      average_pool(patch_shape(*network_, node), x, output_draws(n, IntPurpose::kOutput), y, sums_);
      break;
    case NodeKind::kFlatten:
      y.exponent = x.exponent;
      y.values = x.values;
      break;
    case NodeKind::kConcat:
      concatenate(n, node);
      break;
  }
}

void IntegerPass::gemm_forward(int n, const Node& node) {
  NodeState& here = state(n);
  const int input = node.inputs.front();
  products_.map(
      of(input), role_of_input(node),
      draws(n, IntPurpose::kInputCodes,
            first_sample_ * static_cast<std::uint32_t>(network_->node(input).shape.size())),
      here.x);
  const IntOperand* x = &here.x;
  if (node.kind == NodeKind::kConv) {
    const PatchShape shape = patch_shape(*network_, node);
    gather_patches(
        shape, here.x->codes.data(), batch_,
        products_.write(batch_ * shape.out.positions(), node.k, here.x->scale.exponent, patches_));
    x = &patches_;
  }
  products_.multiply(GemmKind::kForward, *x, here.w, here.output);
  if (!node.bias.empty()) add_bias(n);
}

// The bias is rounded to the exponent of the sums; only where it is too large for that the output
// is rounded instead.
void IntegerPass::add_bias(int n) {
  IntTensor& y = state(n).output;
  const IntTensor& bias = parameters(n).bias;
  const std::array<Part, 2> parts = {{{.exponent = y.exponent, .bits = bits_of(y.values)},
                                      {.exponent = bias.exponent, .bits = bits_of(bias.values)}}};
  if (parts[1].bits == 0) return;
  const Alignment at = align(parts);
  const auto channels = as_size(y.cols);
  const int down = parts[0].bits == 0 ? 0 : std::max(0, y.exponent - at.exponent);
  const int exponent = at.exponent + down;
  std::vector<std::int64_t> aligned(channels);
  const Draws of_bias = draws(n, IntPurpose::kBias);
  std::array<std::uint32_t, kDrawBlock> words;  // NOLINT(*-member-init)
  for (std::size_t start = 0; start < channels; start += kDrawBlock) {
    const std::size_t size = std::min(kDrawBlock, channels - start);
    draw_words(of_bias.key, static_cast<std::uint32_t>(start), std::span(words).first(size));
    for (std::size_t c = start; c < start + size; ++c) {
      aligned[c] =
          shift_stochastic(shift_down(bias.values[c], at.shift[1]), down, words[c - start]);
    }
  }
  const int of_sums = parts[0].bits == 0 ? 0 : y.exponent - exponent;
  std::size_t c = channels - 1;
  y.exponent = fit_values(
      y.values.size(), exponent, kWideBits, output_draws(n, IntPurpose::kOutput),
      [&](std::size_t i) {
        c = c + 1 == channels ? 0 : c + 1;
        return shift_down(y.values[i], of_sums) + aligned[c];
      },
      y.values.data());
}

// The embedding of a position is added to that of every sample, and the sum rounded once.
void IntegerPass::add_positions(int n, const Node& node) {
  const IntTensor& x = of(node.inputs.front());
  const IntTensor& embedding = parameters(n).weight;
  IntTensor& y = state(n).output;
  const std::array<Part, 2> parts = {
      {{.exponent = x.exponent, .bits = bits_of(x.values)},
       {.exponent = embedding.exponent, .bits = bits_of(embedding.values)}}};
  const Alignment at = align(parts);
  const std::size_t period = embedding.values.size();
  std::size_t place = period - 1;
  y.exponent = fit_values(
      x.values.size(), at.exponent, kWideBits, output_draws(n, IntPurpose::kOutput),
      [&](std::size_t i) {
        place = place + 1 == period ? 0 : place + 1;
        return shift_down(x.values[i], at.shift[0]) +
               shift_down(embedding.values[place], at.shift[1]);
      },
      y.values.data());
}

// All parts at the exponent that their sum would have.
void IntegerPass::concatenate(int n, const Node& node) {
  IntTensor& y = state(n).output;
  int top = std::numeric_limits<int>::min();
  for (const int input : node.inputs) {
    const int bits = bits_of(of(input).values);
    if (bits > 0) top = std::max(top, of(input).exponent + bits);
  }
  std::fill(y.values.begin(), y.values.end(), 0);
  y.exponent = 0;
  if (top == std::numeric_limits<int>::min()) return;
  y.exponent = top - (kWideBits - 1);
  int column = 0;
  for (const int input : node.inputs) {
    const IntTensor& part = of(input);
    for (int i = 0; i < part.rows; ++i) {
      for (int c = 0; c < part.cols; ++c) {
        const std::int32_t value = part.row(i)[c];
        y.row(i)[column + c] =
            value == 0 ? 0
                       : static_cast<std::int32_t>(shift_down(value, part.exponent - y.exponent));
      }
    }
    column += part.cols;
  }
}

void IntegerPass::backward(std::span<const std::int32_t> labels) {
  needs_gradient(*network_, needed_);
  for (NodeState& node : states_) {
    node.gradient_parts = 0;
    node.learns = false;
  }
  const int head = network_->heads.front();
  if (!needed_[as_size(head)]) return;
  cross_entropy_gradient(of(head), labels, draws(head, IntPurpose::kLoss), state(head).gradient);
  state(head).gradient_parts = 1;
  for (int n = static_cast<int>(network_->nodes.size()) - 1; n > 0; --n) {
    if (state(n).gradient_parts > 0) node_backward(n, network_->node(n));
  }
}

// Adds what `write(tensor, draws)` writes to the gradient of node `to`, if that is of use.
template <typename Write>
void IntegerPass::give(int to, IntPurpose purpose, int from, const Write& write) {
  if (!needed_[as_size(to)]) return;
  NodeState& target = state(to);
  const IntTensor& output = of(to);
  const int before = target.gradient_parts++;
  IntTensor& part = before == 0 ? target.gradient : part_;
  part.resize(output.rows, output.cols);
  write(part, draws(from, purpose));
  if (before == 0) return;
  const std::array<Term, 2> terms = {{{.tensor = &target.gradient}, {.tensor = &part_}}};
  const auto size = static_cast<std::uint32_t>(output.values.size());
  combine(terms, kWideBits,
          draws(to, IntPurpose::kSum, static_cast<std::uint32_t>(before - 1) * size),
          target.gradient);
}

template <typename Write>
void IntegerPass::give(int from, const Node& node, const Write& write) {
  give(node.inputs.front(), IntPurpose::kGradient, from, write);
}

void IntegerPass::node_backward(int n, const Node& node) {
  NodeState& here = state(n);
  const IntTensor& g = here.gradient;
  const auto copy = [&](IntTensor& dx, const Draws&) {
    dx.exponent = g.exponent;
    dx.values = g.values;
  };
  switch (node.kind) {
    case NodeKind::kInput:
      break;
    case NodeKind::kDense:
    case NodeKind::kConv:
      gemm_backward(n, node);
      break;
    case NodeKind::kRelu:
      give(n, node, [&](IntTensor& dx, const Draws&) {
        dx.exponent = g.exponent;
        for (std::size_t i = 0; i < dx.values.size(); ++i) {
          dx.values[i] = here.output.values[i] > 0 ? g.values[i] : 0;
        }
      });
      break;
    case NodeKind::kClip:
      give(n, node, [&](IntTensor& dx, const Draws&) {
        const std::int32_t one = one_at(here.output.exponent);
        dx.exponent = g.exponent;
        for (std::size_t i = 0; i < dx.values.size(); ++i) {
          const std::int32_t y = here.output.values[i];
          dx.values[i] = y > 0 && y < one ? g.values[i] : 0;
        }
      });
      break;
    case NodeKind::kGelu:
      give(n, node,
           [&](IntTensor& dx, const Draws& of_dx) { gelu_gradient(here.slope, g, of_dx, dx); });
      break;
    case NodeKind::kAttention:
      give(n, node, [&](IntTensor& dx, const Draws& of_dx) {
        here.attention.backward(products_, g,
                                {.input = draws(n, IntPurpose::kGradientCodes),
                                 .probability = draws(n, IntPurpose::kScoreCodes),
                                 .output = of_dx},
                                dx);
      });
      break;
    case NodeKind::kPosition:
      if (!node.frozen) {
        here.learns = true;
        sum_gradient(n, node.weight.size(), IntPurpose::kWeightGradient, here.weight_gradient);
      }
      give(n, node, copy);
      break;
    case NodeKind::kUpsample:
      give(n, node, [&](IntTensor& dx, const Draws& of_dx) {
        upsample_gradient(patch_shape(*network_, node), g, of_dx, dx, sums_);
      });
      break;
    case NodeKind::kBatchNorm:
    case NodeKind::kLayerNorm:
      norm_backward(n, node);
      break;
    case NodeKind::kAdd:
      give(n, node, copy);
      give(node.inputs[1], IntPurpose::kSecondGradient, n, copy);
      break;
    case NodeKind::kShortcut:
      give(n, node, [&](IntTensor& dx, const Draws&) {
        std::ranges::fill(dx.values, 0);
        dx.exponent = g.exponent;
        for_shortcut(patch_shape(*network_, node), batch_,
                     [&](int in, int out) { std::copy_n(g.row(out), dx.cols, dx.row(in)); });
      });
      break;
    case NodeKind::kMaxPool:
      give(n, node, [&](IntTensor& dx, const Draws& of_dx) {
        max_pool_gradient(patch_shape(*network_, node), here.chosen, g, of_dx, dx, sums_);
      });
      break;
    case NodeKind::kAveragePool:
      give(n, node, [&](IntTensor& dx, const Draws& of_dx) {
        average_pool_gradient(patch_shape(*network_, node), g, of_dx, dx, sums_);
      });
      break;
    case NodeKind::kFlatten:
      give(n, node, copy);
      break;
    case NodeKind::kConcat: {
      int column = 0;
      for (const int input : node.inputs) {
        give(input, IntPurpose::kGradient, n, [&](IntTensor& dx, const Draws&) {
          dx.exponent = g.exponent;
          for (int i = 0; i < dx.rows; ++i) std::copy_n(g.row(i) + column, dx.cols, dx.row(i));
        });
        column += network_->node(input).shape.channels;
      }
      break;
    }
  }
}

void IntegerPass::sum_gradient(int n, std::size_t width, IntPurpose purpose, IntTensor& out) {
  const IntTensor& g = state(n).gradient;
  sums_.assign(width, 0);
  for (std::size_t start = 0; start < g.values.size(); start += width) {
    for (std::size_t c = 0; c < width; ++c) sums_[c] += g.values[start + c];
  }
  out.resize(1, static_cast<int>(width));
  out.exponent = fit_values(
      width, g.exponent, kWideBits, draws(n, purpose), [&](std::size_t i) { return sums_[i]; },
      out.values.data());
}

// G has one set of codes for both products; X and W have those of the forward pass.
void IntegerPass::gemm_backward(int n, const Node& node) {
  NodeState& here = state(n);
  const int input = node.inputs.front();
  const bool dx_needed = needed_[as_size(input)];
  products_.map(here.gradient, Role::kInputGradient, draws(n, IntPurpose::kGradientCodes), g_);
  const PatchShape shape = patch_shape(*network_, node);
  const bool is_conv = node.kind == NodeKind::kConv;
  if (!node.frozen) {
    here.learns = true;
    if (!node.bias.empty()) {
      sum_gradient(n, node.bias.size(), IntPurpose::kBiasGradient, here.bias_gradient);
    }
    products_.turn(g_->codes.data(), g_->lines, g_->k, g_->scale.exponent, turned_g_);
    const Code* x = here.x->codes.data();
    if (is_conv) {
      gathered_.resize(as_size(g_->lines) * as_size(node.k));
      gather_patches(shape, x, batch_, gathered_.data());
      x = gathered_.data();
    }
    products_.turn(x, g_->lines, node.k, here.x->scale.exponent, turned_x_);
    products_.multiply(GemmKind::kWeightGradient, turned_g_, turned_x_, here.weight_gradient);
  }
  if (!dx_needed) return;
  products_.turn(here.w->codes.data(), here.w->lines, here.w->k, here.w->scale.exponent, turned_w_);
  give(n, node, [&](IntTensor& dx, const Draws& of_dx) {
    if (!is_conv) {
      products_.multiply(GemmKind::kInputGradient, g_, turned_w_, dx);
      return;
    }
    products_.multiply(GemmKind::kInputGradient, g_, turned_w_, patches_gradient_);
    sums_.resize(dx.values.size());
    sum_patches(shape, patches_gradient_.values.data(), batch_, sums_.data());
    dx.exponent = fit_values(
        sums_.size(), patches_gradient_.exponent, kWideBits, of_dx,
        [&](std::size_t i) { return sums_[i]; }, dx.values.data());
  });
}

void IntegerPass::norm_backward(int n, const Node& node) {
  NodeState& here = state(n);
  fit(here.gradient, kNarrowBits, draws(n, IntPurpose::kNarrowGradient), narrow_);
  const auto run = [&](IntTensor* dx, const Draws& of_dx) {
    if (node.kind == NodeKind::kBatchNorm) {
      batch_norm_gradient(parameters(n), uses_batch(node), here.norm, narrow_,
                          draws(n, IntPurpose::kWeightGradient),
                          draws(n, IntPurpose::kBiasGradient), of_dx, norm_gradient_, dx);
    } else {
      layer_norm_gradient(parameters(n), here.norm, narrow_, draws(n, IntPurpose::kWeightGradient),
                          draws(n, IntPurpose::kBiasGradient),
                          draws(n, IntPurpose::kScaledGradient), of_dx, norm_gradient_, dx,
                          scaled_);
    }
  };
  if (needed_[as_size(node.inputs.front())]) {
    give(n, node, [&](IntTensor& dx, const Draws& of_dx) { run(&dx, of_dx); });
  } else {
    run(nullptr, {});
  }
  if (node.frozen) return;
  here.learns = true;
  std::swap(here.weight_gradient, norm_gradient_.weight);
  std::swap(here.bias_gradient, norm_gradient_.bias);
}

void IntegerPass::update(const IntSgdRule& rule, std::vector<IntNode>& nodes) {
  for (std::size_t n = 0; n < states_.size(); ++n) {
    const int number = static_cast<int>(n);
    const Node& node = network_->node(number);
    NodeState& here = states_[n];
    IntNode& out = nodes[n];
    if (node.kind == NodeKind::kBatchNorm && !node.frozen) {
      learn_statistics(here.norm,
                       {.mean_of_batch = draws(number, IntPurpose::kMeanOfBatch),
                        .variance_of_batch = draws(number, IntPurpose::kVarianceOfBatch),
                        .mean = draws(number, IntPurpose::kMean),
                        .variance = draws(number, IntPurpose::kVariance)},
                       out.parameters);
    }
    if (!here.learns) continue;
    momentum_update(rule, here.weight_gradient, draws(number, IntPurpose::kWeightVelocity),
                    draws(number, IntPurpose::kWeight), out.weight_velocity, out.parameters.weight);
    if (node.bias.empty()) continue;
    momentum_update(rule, here.bias_gradient, draws(number, IntPurpose::kBiasVelocity),
                    draws(number, IntPurpose::kNodeBias), out.bias_velocity, out.parameters.bias);
  }
}

}  // namespace sylvester
