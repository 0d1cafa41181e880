// The published HDQT code for linear layers (quant.py, FLinearQ), golden only: float quantisers
// around exact sums of codes. Forward: tiles of 32, each clamped, added without a limit. Backward:
// one sum over the whole contraction, clamped once. Straight-through gradients are zero where the
// raw value exceeds 7, as in the code.
#include <cmath>

#include "golden/numerics/transform.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/paper_quantiser.hpp"

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

  void begin(const Mlp& network, const PassContext& context) override {
    network_ = &network;
    context_ = context;
    layers_.resize(network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const DenseLayer& dense = network.layers[l];
      layers_[l].w =
          quantise_forward(Role::kForwardWeight, dense.weight, dense.outputs, dense.inputs);
    }
  }

  void forward(int layer, const FloatMatrix& x, std::uint32_t /*first_sample*/,
               FloatMatrix& y) override {
    LayerState& state = layers_[static_cast<std::size_t>(layer)];
    state.raw_x = &x;
    state.x = quantise_forward(layer == 0 ? Role::kForwardInput : Role::kForwardActivation,
                               x.values, x.rows, x.cols);
    const GemmResult result =
        multiply(GemmKind::kForward, state.x, state.w, recipe_.paper.forward_tile);
    y.resize(result.m, result.n);
    to_floats(result, state.w.scale * state.x.scale, y.values);
  }

  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient& dw) override {
    const LayerState& state = layers_[static_cast<std::size_t>(layer)];
    const DenseLayer& dense = network_->layers[static_cast<std::size_t>(layer)];
    if (dx != nullptr) {
      const int block = block_length(BlockRule::kPaper, 0, dense.outputs);
      scratch_ = g.values;
      const Quantised a = quantise_stochastic(layer, Role::kInputGradient, g.rows, g.cols, block);
      turn_codes(state.w);
      const Quantised b = quantise_weight(dense.inputs, dense.outputs, block);
      const GemmResult result = multiply(GemmKind::kInputGradient, a, b, 0);
      dx->resize(result.m, result.n);
      to_floats(result, a.scale * b.scale * state.w.scale / static_cast<float>(block), dx->values);
      mask(state.raw_x->values, dx->values);
    }
    const int block = block_length(BlockRule::kPaper, 0, g.rows);
    scratch_.resize(g.values.size());
    transpose(g.values.data(), g.rows, g.cols, scratch_.data());
    const Quantised a = quantise_stochastic(layer, Role::kWeightGradient, g.cols, g.rows, block);
    turn_codes(state.x);
    const Quantised b =
        quantise_stochastic(layer, Role::kBackwardActivation, dense.inputs, g.rows, block);
    const GemmResult result = multiply(GemmKind::kWeightGradient, a, b, 0);
    dw.as_floats(result.values.size());
    to_floats(result, a.scale * b.scale * state.x.scale / static_cast<float>(block), dw.floats);
    mask(dense.weight, dw.floats);
  }

  [[nodiscard]] std::uint64_t kept_bytes(const Mlp& network, int layer, int batch) const override {
    // Codes and the raw input for the straight-through mask, both in float32.
    const DenseLayer& dense = network.layers[static_cast<std::size_t>(layer)];
    const std::uint64_t inputs =
        static_cast<std::uint64_t>(batch) * static_cast<std::uint64_t>(dense.inputs);
    return sizeof(float) * (2 * inputs + dense.weight.size());
  }

 private:
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

  // Of scratch_, which holds the tensor to be transformed.
  Quantised quantise_stochastic(int layer, Role role, int lines, int k, int block) {
    paper_transform(scratch_, block);
    auto operand = new_operand(signed_format_, lines, k, block);
    const DrawContext draw = {.seed = context_.seed,
                              .step = context_.step,
                              .layer = static_cast<std::uint16_t>(layer),
                              .role = static_cast<std::uint8_t>(role),
                              .repetition = static_cast<std::uint8_t>(context_.kind)};
    const float scale =
        paper_quantise_stochastic(scratch_, recipe_.paper.operand_bits, draw, operand->codes);
    return finish(role, std::move(operand), scale);
  }

  Quantised quantise_weight(int lines, int k, int block) {
    paper_transform(scratch_, block);
    auto operand = new_operand(signed_format_, lines, k, block);
    const float scale =
        paper_quantise_nearest(scratch_, recipe_.paper.operand_bits, operand->codes);
    return finish(Role::kBackwardWeight, std::move(operand), scale);
  }

  // scratch_ = the codes read along their other axis, as float.
  void turn_codes(const Quantised& operand) {
    const PreparedOperand& codes = *operand.codes;
    turned_.resize(codes.codes.size());
    transpose(codes.codes.data(), codes.lines, codes.k, turned_.data());
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
  const Mlp* network_ = nullptr;
  PassContext context_;
  std::vector<LayerState> layers_;
  std::vector<float> scratch_;
  std::vector<Code> turned_;
};

}  // namespace

std::unique_ptr<Executor> make_paper_executor(const TrainRecipe& recipe) {
  return std::make_unique<PaperExecutor>(recipe);
}

}  // namespace sylvester
