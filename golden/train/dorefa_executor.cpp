#include "golden/train/dorefa_executor.hpp"

#include <utility>

#include <fmt/format.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

// Memory of an operand that is made again in every step, unless somebody has kept the job that it
// was used in.
PreparedOperand& writable(std::shared_ptr<PreparedOperand>& operand) {
  if (operand == nullptr || operand.use_count() > 1) operand = std::make_shared<PreparedOperand>();
  return *operand;
}

void set_shape(PreparedOperand& operand, int format, int lines, int k, int levels) {
  operand.format = format;
  operand.lines = lines;
  operand.k = k;
  operand.k_padded = k;
  operand.block = 1;
  operand.scale = make_scale(1, static_cast<std::uint64_t>(levels), 0);
  operand.codes.resize(as_size(lines) * as_size(k));
}

}  // namespace

const NormalisedWeights& DorefaExecutor::normalised(int layer) const {
  return shared_ != nullptr ? shared_->normalised(layer) : layers_[as_size(layer)].normalised;
}

const float* DorefaExecutor::weights(int layer) const {
  return is_low(layer) ? layers_[as_size(layer)].weights.data() : FloatExecutor::weights(layer);
}

void DorefaExecutor::take_weights() {
  FloatExecutor::take_weights();
  layers_.resize(network_->layers.size());
  for (int l = 0; l < network_->depth(); ++l) {
    Layer& state = layers_[as_size(l)];
    state.counted = {};
    if (!is_low(l)) continue;
    require_non_negative(l);
    if (shared_ == nullptr) normalise(network_->layer(l).weight, state.normalised);
    if (branch_ == Branch::kHigh) {
      high_precision_weights(normalised(l), state.weights);
    } else {
      take_codes(l);
    }
  }
}

void DorefaExecutor::require_non_negative(int layer) const {
  if (network_->node(network_->layer(layer).inputs.front()).non_negative) return;
  throw UserError(
      fmt::format("layer {} reads values that can be negative, which have no codes of {} bits; "
                  "allowed: clip or relu before it, or the layer in pdqat.high_precision",
                  layer, recipe_.dorefa_layer(layer).bits));
}

void DorefaExecutor::take_codes(int layer) {
  const Node& node = network_->layer(layer);
  const int bits = recipe_.dorefa_layer(layer).bits;
  Layer& state = layers_[as_size(layer)];
  state.jobs.clear();  // the operands can be written again
  codes_.resize(node.weight.size());
  dorefa_weights(normalised(layer), bits, codes_);
  const auto levels = static_cast<float>(dorefa_levels(bits));
  state.weights.resize(codes_.size());
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    state.weights[i] = static_cast<float>(codes_[i]) / levels * normalised(layer).mean;
  }
  const DorefaFormats formats = dorefa_formats(bits);
  state.w_parts.resize(as_size(formats.parts));
  for (int part = 0; part < formats.parts; ++part) {
    PreparedOperand& operand = writable(state.w_parts[as_size(part)]);
    set_shape(operand, formats.weight, node.outputs(), node.k, dorefa_levels(bits));
    if (formats.parts == 1) {
      operand.codes.assign(codes_.begin(), codes_.end());
    } else {
      weight_part(codes_, part, operand.codes);
    }
  }
}

void DorefaExecutor::forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
                             FloatMatrix& y) {
  if (branch_ == Branch::kHigh || !is_low(layer)) {
    FloatExecutor::forward(layer, x, first_sample, y);
    return;
  }
  const Node& node = network_->layer(layer);
  const int bits = recipe_.dorefa_layer(layer).bits;
  Layer& state = layers_[as_size(layer)];
  state.raw_x = &x;
  state.jobs.clear();
  codes_.resize(x.values.size());
  dorefa_activations(x.values, bits, codes_);
  state.x.resize(x.rows, x.cols);
  const auto levels = static_cast<float>(dorefa_levels(bits));
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    state.x.values[i] = static_cast<float>(codes_[i]) / levels;
  }
  keep_input(layer, state.x);

  std::span<const Code> codes = codes_;
  int lines = x.rows;
  if (node.kind == NodeKind::kConv) {
    const PatchShape patches = patch_shape(*network_, node);
    const int images = x.rows / patches.in.positions();
    lines = images * patches.out.positions();
    patches_.resize(as_size(lines) * as_size(node.k));
    gather_patches(patches, codes_.data(), images, patches_.data());
    codes = patches_;
  }
  const DorefaFormats formats = dorefa_formats(bits);
  state.x_parts.resize(as_size(formats.parts));
  for (int part = 0; part < formats.parts; ++part) {
    PreparedOperand& operand = writable(state.x_parts[as_size(part)]);
    set_shape(operand, formats.activation, lines, node.k, dorefa_levels(bits));
    if (formats.parts == 1) {
      operand.codes.assign(codes.begin(), codes.end());
    } else {
      activation_part(codes, part, operand.codes);
    }
  }
  multiply(layer, y);
}

// DRF-4. Results of high parts weigh 2^4 each.
void DorefaExecutor::multiply(int layer, FloatMatrix& y) {
  const DorefaLayer& recipe = recipe_.dorefa_layer(layer);
  Layer& state = layers_[as_size(layer)];
  for (const auto& a : state.x_parts) {
    for (const auto& b : state.w_parts) {
      state.jobs.push_back(
          {.a = a,
           .b = b,
           .recipe = recipe.accumulate,
           .counters = context_.totals == nullptr ? CounterMode::kNone : recipe_.counters});
    }
  }
  state.results.resize(state.jobs.size());
  backend_->gemm_into(state.jobs, state.results);

  const GemmResult& first = state.results.front();
  y.resize(first.m, first.n);
  const float scale = dorefa_scale(normalised(layer).mean, recipe.bits);
  const int parts = static_cast<int>(state.w_parts.size());
  sums_.assign(first.values.size(), 0);
  for (std::size_t j = 0; j < state.jobs.size(); ++j) {
    const int high = parts == 1 ? 0 : 2 - static_cast<int>(j) / parts - static_cast<int>(j) % parts;
    const std::int64_t weight = std::int64_t{1} << (4 * high);
    const std::vector<std::int32_t>& values = state.results[j].values;
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += weight * values[i];
    if (context_.totals == nullptr) continue;
    context_.totals->add(GemmKind::kForward, state.jobs[j], state.results[j].counters);
    TrainTotals of_job;
    of_job.add(GemmKind::kForward, state.jobs[j], state.results[j].counters);
    const GemmTotals& counted = of_job.gemm[static_cast<std::size_t>(GemmKind::kForward)];
    state.counted.tiles += counted.tiles;
    state.counted.counters.tile_limited += counted.counters.tile_limited;
  }
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    y.values[i] = static_cast<float>(sums_[i]) * scale;
  }
}

void DorefaExecutor::backward(int layer, const FloatMatrix& g, FloatMatrix* dx,
                              WeightGradient* dw) {
  FloatExecutor::backward(layer, g, dx, dw);
  if (!is_low(layer)) return;
  if (dw != nullptr) normalisation_gradient(normalised(layer), dw->floats);
  if (dx == nullptr || branch_ == Branch::kHigh) return;
  const std::vector<float>& x = layers_[as_size(layer)].raw_x->values;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] > 0.0F && x[i] < 1.0F)) dx->values[i] = 0.0F;  // of clip(x, 0, 1)
  }
}

KeptBytes DorefaExecutor::kept_bytes(const Network& network, int layer, int batch,
                                     const LayerGradients& wanted) const {
  const bool pdqat = recipe_.mode == TrainMode::kPdqat;
  if (!is_low(layer)) return FloatExecutor::kept_bytes(network, layer, batch, wanted);
  // PDQAT goes back through the high-precision network and has the quantised inputs beside.
  KeptBytes bytes = pdqat ? FloatExecutor::kept_bytes(network, layer, batch, wanted) : KeptBytes();
  const auto bits = static_cast<std::uint64_t>(recipe_.dorefa_layer(layer).bits);
  const auto inputs = static_cast<std::uint64_t>(batch) *
                      static_cast<std::uint64_t>(input_shape(network, layer).size());
  if (wanted.dw) bytes.codes += (inputs * bits + 7) / 8;
  if (wanted.dx && !pdqat) bytes.codes += (network.layer(layer).weight.size() * bits + 7) / 8;
  return bytes;
}

bool DorefaExecutor::keeps_signs(const LayerGradients& wanted) const {
  return recipe_.mode == TrainMode::kPdqat && FloatExecutor::keeps_signs(wanted);
}

}  // namespace sylvester
