// The published HDQT code for linear layers (quant.py, FLinearQ), golden only: float quantisers
// around exact sums of codes. Forward: tiles of 32, each clamped, added without a limit. Backward:
// one sum over the whole contraction, clamped once; of a convolution image by image.
// Straight-through gradients are zero where the raw value exceeds 7, as in the code.
#include <cmath>

#include "golden/numerics/transform.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/paper_quantiser.hpp"
#include "golden/train/patches.hpp"

namespace sylvester {
namespace {

class PaperExecutor final : public Executor {
 public:
  explicit PaperExecutor(const TrainRecipe& recipe) : recipe_(recipe) {
    const int bits = recipe_.paper.operand_bits;
    unsigned_format_ = format_index("u" + std::to_string(bits));
    // One bit more than the codes need: the stochastic quantiser can give L + 1.
    signed_format_ = format_index("i" + std::to_string(bits + 1));
  }

  void forward(int layer, const FloatMatrix& x, std::uint32_t /*first_sample*/,
               FloatMatrix& y) override {
    LayerState& state = layers_[static_cast<std::size_t>(layer)];
    const Node& node = network_->layer(layer);
    state.raw_x = &x;
    state.x = quantise_forward(forward_role(*network_, layer), x.values, x.rows, x.cols);
    Quantised a = state.x;
    if (node.kind == NodeKind::kConv) {
      const PatchShape patches = patch_shape(*network_, node);
      const int images = x.rows / patches.in.positions();
      auto gathered = new_operand(a.codes->format, images * patches.out.positions(), node.k, 1);
      gather_patches(patches, a.codes->codes.data(), images, gathered->codes.data());
      a.codes = std::move(gathered);
    }
    const GemmResult result = multiply(GemmKind::kForward, a, state.w, recipe_.paper.forward_tile);
    y.resize(result.m, result.n);
    to_floats(result, state.w.scale * state.x.scale, y.values);
  }

  // A convolution is one linear layer after the other, each with the patches of one image as its
  // batch; what the weights' gradients have in common is added in float32.
  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient* dw) override {
    const LayerState& state = layers_[static_cast<std::size_t>(layer)];
    const Node& node = network_->layer(layer);
    const bool conv = node.kind == NodeKind::kConv;
    const PatchShape patches = conv ? patch_shape(*network_, node) : PatchShape{};
    const int rows = conv ? patches.out.positions() : g.rows;  // of a group
    const int groups = g.rows / rows;
    if (dx != nullptr) {
      const int block = block_length(BlockRule::kPaper, 0, node.outputs());
      turn_codes(state.w.codes->codes.data(), node.outputs(), node.k);
      const Quantised b = quantise_weight(node.k, node.outputs(), block);
      dx->resize(state.raw_x->rows, state.raw_x->cols);
      for (int i = 0; i < groups; ++i) {
        scratch_.assign(g.row(i * rows), g.row(i * rows) + rows * g.cols);
        const Quantised a =
            quantise_stochastic(layer, Role::kInputGradient, rows, g.cols, block, i);
        const GemmResult result = multiply(GemmKind::kInputGradient, a, b, 0);
        const float scale = a.scale * b.scale * state.w.scale / static_cast<float>(block);
        if (!conv) {
          to_floats(result, scale, dx->values);
          break;
        }
        floats_.resize(result.values.size());
        to_floats(result, scale, floats_);
        sum_patches(patches, floats_.data(), 1, dx->row(i * patches.in.positions()));
      }
      mask(state.raw_x->values, dx->values);
    }
    if (dw == nullptr) return;
    const int block = block_length(BlockRule::kPaper, 0, rows);
    dw->as_floats(node.weight.size());
    std::vector<float>& sum = dw->floats;
    std::fill(sum.begin(), sum.end(), 0.0F);
    floats_.resize(node.weight.size());
    for (int i = 0; i < groups; ++i) {
      scratch_.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(g.cols));
      transpose(g.row(i * rows), rows, g.cols, scratch_.data());
      const Quantised a = quantise_stochastic(layer, Role::kWeightGradient, g.cols, rows, block, i);
      const Code* x = state.x.codes->codes.data();
      if (conv) {
        patches_.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(node.k));
        gather_patches(patches, x + static_cast<std::ptrdiff_t>(i) * patches.in.size(), 1,
                       patches_.data());
        x = patches_.data();
      }
      turn_codes(x, rows, node.k);
      const Quantised b =
          quantise_stochastic(layer, Role::kBackwardActivation, node.k, rows, block, i);
      const GemmResult result = multiply(GemmKind::kWeightGradient, a, b, 0);
      to_floats(result, a.scale * b.scale * state.x.scale / static_cast<float>(block), floats_);
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += floats_[j];
    }
    mask(node.weight, sum);
  }

  // Codes are in float32, as in the code; dx needs the raw input for the straight-through mask.
  [[nodiscard]] KeptBytes kept_bytes(const Network& network, int layer, int batch,
                                     const LayerGradients& wanted) const override {
    const std::uint64_t inputs = static_cast<std::uint64_t>(batch) *
                                 static_cast<std::uint64_t>(input_shape(network, layer).size());
    std::uint64_t values = 0;
    if (wanted.dw) values += inputs;
    if (wanted.dx) values += inputs + network.layer(layer).weight.size();
    return {.floats = sizeof(float) * values};
  }
  [[nodiscard]] bool keeps_signs(const LayerGradients& wanted) const override { return wanted.dx; }

 private:
  void take_weights() override {
    const Network& network = *network_;
    layers_.resize(network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const Node& dense = network.layer(static_cast<int>(l));
      layers_[l].w = quantise_forward(Role::kForwardWeight, dense.weight, dense.outputs(), dense.k);
    }
  }

  struct Quantised {
    std::shared_ptr<const PreparedOperand> codes;
    float scale = 0.0F;
  };
  struct LayerState {
    const FloatMatrix* raw_x = nullptr;
    Quantised x;
    Quantised w;
  };

  Quantised finish(Role role, std::shared_ptr<PreparedOperand> operand, float scale) {
    if (context_.totals != nullptr) context_.totals->add(role, *operand);
    return {.codes = std::move(operand), .scale = scale};
  }

  static std::shared_ptr<PreparedOperand> new_operand(int format, int lines, int k, int block) {
    auto operand = std::make_shared<PreparedOperand>();
    operand->format = format;
    operand->lines = lines;
    operand->k = k;
    operand->k_padded = k;
    operand->block = block;
    operand->codes.resize(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k));
    return operand;
  }

  Quantised quantise_forward(Role role, const std::vector<float>& x, int lines, int k) {
    auto operand = new_operand(signed_format_, lines, k, 1);
    const float scale = paper_quantise_forward(x, recipe_.paper.operand_bits, operand->codes);
    bool is_negative = false;
    for (const Code code : operand->codes) is_negative = is_negative || code < 0;
    if (!is_negative) operand->format = unsigned_format_;
    return finish(role, std::move(operand), scale);
  }

  // Of scratch_, which holds part number `part` of the tensor to be transformed.
  Quantised quantise_stochastic(int layer, Role role, int lines, int k, int block, int part) {
    paper_transform(scratch_, block);
    auto operand = new_operand(signed_format_, lines, k, block);
    const DrawContext draw = {.seed = context_.seed,
                              .step = context_.step,
                              .layer = static_cast<std::uint16_t>(layer),
                              .role = static_cast<std::uint8_t>(role),
                              .repetition = static_cast<std::uint8_t>(context_.kind)};
    const float scale = paper_quantise_stochastic(
        scratch_, recipe_.paper.operand_bits, draw, operand->codes,
        static_cast<std::uint32_t>(part) * static_cast<std::uint32_t>(scratch_.size()));
    return finish(role, std::move(operand), scale);
  }

  Quantised quantise_weight(int lines, int k, int block) {
    paper_transform(scratch_, block);
    auto operand = new_operand(signed_format_, lines, k, block);
    const float scale =
        paper_quantise_nearest(scratch_, recipe_.paper.operand_bits, operand->codes);
    return finish(Role::kBackwardWeight, std::move(operand), scale);
  }

  // scratch_ = codes read along their other axis, as float. `codes`: lines x k.
  void turn_codes(const Code* codes, int lines, int k) {
    turned_.resize(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k));
    transpose(codes, lines, k, turned_.data());
    scratch_.assign(turned_.begin(), turned_.end());
  }

  GemmResult multiply(GemmKind kind, const Quantised& a, const Quantised& b, int tile) {
    const int bits = recipe_.paper.accumulator_bits;
    const GemmJob job = {
        .a = a.codes,
        .b = b.codes,
        .recipe = {.policy = AccumulatePolicy::kClamp,
                   .bits = bits >= 16 ? 24 : bits,
                   .tile = tile,
                   .outer_bits = 32},
        .counters = context_.totals == nullptr ? CounterMode::kNone : recipe_.counters};
    GemmResult result = gemm(job);
    if (context_.totals != nullptr) context_.totals->add(kind, job, result.counters);
    return result;
  }

  static void to_floats(const GemmResult& result, float scale, std::vector<float>& out) {
    for (std::size_t i = 0; i < result.values.size(); ++i) {
      out[i] = static_cast<float>(result.values[i]) * scale;
    }
  }

  void mask(const std::vector<float>& raw, std::vector<float>& gradient) const {
    const float limit = recipe_.paper.gradient_limit;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] = std::fabs(raw[i]) > limit ? 0.0F : gradient[i];
    }
  }

  TrainRecipe recipe_;
  int unsigned_format_ = 0;
  int signed_format_ = 0;
  std::vector<LayerState> layers_;
  std::vector<float> scratch_;
  std::vector<float> floats_;
  std::vector<Code> turned_;
  std::vector<Code> patches_;
};

}  // namespace

std::unique_ptr<Executor> make_paper_executor(const TrainRecipe& recipe) {
  return std::make_unique<PaperExecutor>(recipe);
}

}  // namespace sylvester
