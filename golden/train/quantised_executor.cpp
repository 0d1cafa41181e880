// The numeric contract: every operand and every product is a job of the back end, and nothing but
// its results goes on to the next tensor.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/train/executor.hpp"

namespace sylvester {
namespace {

using Operand = std::shared_ptr<const PreparedOperand>;

// Forward operands of a layer, from which the backward operands are prepared.
struct LayerState {
  Operand x;
  Operand w;
};

// y = fl(fl(value)·fl(scale)), rule SCL-4, of a whole result.
void to_floats(const GemmResult& result, float* out) {
  const float scale = to_float(result.scale);
  const std::int32_t* values = result.values.data();
  const std::size_t size = result.values.size();
  if (std::isinf(scale)) {  // the rule fixes the NaN of 0 times infinity
    for (std::size_t i = 0; i < size; ++i) out[i] = to_float(values[i], scale);
    return;
  }
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<float>(values[i]) * scale;
}

// The tensor that codes stand for, read along its other axis: mantissas are the format's values,
// the scale is that of the codes. `codes`: lines x k -> out: k x lines.
void transpose_codes(const PreparedOperand& codes, WideMatrix& out) {
  out.lines = codes.k;
  out.k = codes.lines;
  out.scale = codes.scale;
  out.mantissas.resize(codes.codes.size());
  transpose(codes.codes.data(), codes.lines, codes.k, out.mantissas.data());
  const Format& row = formats()[static_cast<std::size_t>(codes.format)];
  if (row.uniform) return;  // the code is its value
  for (std::int16_t& mantissa : out.mantissas) {
    mantissa = static_cast<std::int16_t>(row.value(mantissa));
  }
}

void transpose_wide(const WideMatrix& in, WideMatrix& out) {
  out.lines = in.k;
  out.k = in.lines;
  out.scale = in.scale;
  out.mantissas.resize(in.mantissas.size());
  transpose(in.mantissas.data(), in.lines, in.k, out.mantissas.data());
}

class QuantisedExecutor final : public Executor {
 public:
  QuantisedExecutor(const TrainRecipe& recipe, Backend& backend)
      : recipe_(recipe), backend_(&backend) {}

  void begin(const Mlp& network, const PassContext& context) override {
    context_ = context;
    layers_.resize(network.layers.size());
    weight_jobs_.resize(network.layers.size());
    input_jobs_.resize(network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const DenseLayer& dense = network.layers[l];
      set_recipe(weight_jobs_[l], static_cast<int>(l), Role::kForwardWeight);
      set_floats(weight_jobs_[l].input, dense.weight, dense.outputs, dense.inputs);
      set_indices(weight_jobs_[l], Reading::kStored, 0);
    }
    std::vector<Operand> operands = prepare(weight_jobs_, Role::kForwardWeight);
    for (std::size_t l = 0; l < operands.size(); ++l) layers_[l].w = std::move(operands[l]);
  }

  void forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
               FloatMatrix& y) override {
    const auto at = static_cast<std::size_t>(layer);
    LayerState& state = layers_[at];
    const Role role = layer == 0 ? Role::kForwardInput : Role::kForwardActivation;
    PrepareJob& job = input_jobs_[at];
    set_recipe(job, layer, role);
    set_floats(job.input, x.values, x.rows, x.cols);
    set_indices(job, Reading::kStored, first_sample);
    state.x = prepare({&job, 1}, role).front();

    const GemmJob product = gemm_job(layer, GemmKind::kForward, state.x, state.w);
    const std::vector<GemmResult> results = backend_->gemm({&product, 1});
    y.resize(results.front().m, results.front().n);
    to_floats(results.front(), y.values.data());
    count(GemmKind::kForward, product, results.front());
  }

  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, std::vector<float>& dw) override {
    const auto at = static_cast<std::size_t>(layer);
    const LayerState& state = layers_[at];
    const bool from_codes = recipe_.layer(layer).backward_from_codes;
    // Jobs 0, 1: G^T and X^T of dW; jobs 2, 3: G and W^T of dX.
    backward_jobs_.resize(4);
    PrepareJob& turned_g = backward_jobs_[0];
    PrepareJob& turned_x = backward_jobs_[1];
    PrepareJob& stored_g = backward_jobs_[2];
    PrepareJob& turned_w = backward_jobs_[3];
    set_recipe(stored_g, layer, Role::kInputGradient);
    set_floats(stored_g.input, g.values, g.rows, g.cols);
    set_recipe(turned_g, layer, Role::kWeightGradient);
    transpose_wide(stored_g.input, turned_g.input);
    set_indices(turned_g, Reading::kTurned, 0);
    set_recipe(turned_x, layer, Role::kBackwardActivation);
    if (from_codes) {
      transpose_codes(*state.x, turned_x.input);
    } else {
      transpose_wide(input_jobs_[at].input, turned_x.input);
    }
    set_indices(turned_x, Reading::kTurned, 0);
    if (dx != nullptr) {
      set_indices(stored_g, Reading::kStored, 0);
      set_recipe(turned_w, layer, Role::kBackwardWeight);
      if (from_codes) {
        transpose_codes(*state.w, turned_w.input);
      } else {
        transpose_wide(weight_jobs_[at].input, turned_w.input);
      }
      set_indices(turned_w, Reading::kTurned, 0);
    }
    const std::size_t used = dx != nullptr ? 4 : 2;
    constexpr std::array<Role, 4> roles = {Role::kWeightGradient, Role::kBackwardActivation,
                                           Role::kInputGradient, Role::kBackwardWeight};
    const std::vector<Operand> operands = prepare({backward_jobs_.data(), used}, roles);

    std::vector<GemmJob> products;
    products.push_back(gemm_job(layer, GemmKind::kWeightGradient, operands[0], operands[1]));
    if (dx != nullptr) {
      products.push_back(gemm_job(layer, GemmKind::kInputGradient, operands[2], operands[3]));
    }
    const std::vector<GemmResult> results = backend_->gemm(products);
    dw.resize(results[0].values.size());
    to_floats(results[0], dw.data());
    count(GemmKind::kWeightGradient, products[0], results[0]);
    if (dx != nullptr) {
      dx->resize(results[1].m, results[1].n);
      to_floats(results[1], dx->values.data());
      count(GemmKind::kInputGradient, products[1], results[1]);
    }
  }

  [[nodiscard]] std::uint64_t kept_bytes(const Mlp& network, int layer, int batch) const override {
    const DenseLayer& dense = network.layers[static_cast<std::size_t>(layer)];
    const LayerRecipe& recipe = recipe_.layer(layer);
    const std::uint64_t inputs =
        static_cast<std::uint64_t>(batch) * static_cast<std::uint64_t>(dense.inputs);
    const auto bits_of = [&](Role role) {
      if (!recipe.backward_from_codes) return std::uint64_t{16};
      const auto format = static_cast<std::size_t>(recipe.operand(role).format);
      return static_cast<std::uint64_t>(formats()[format].bits);
    };
    std::uint64_t bits =
        inputs * bits_of(layer == 0 ? Role::kForwardInput : Role::kForwardActivation);
    if (layer > 0) bits += dense.weight.size() * bits_of(Role::kForwardWeight) + inputs;  // mask
    return (bits + 7) / 8;
  }

 private:
  // How a job's lines lie in the tensor as it is stored.
  enum class Reading { kStored, kTurned };

  void set_recipe(PrepareJob& job, int layer, Role role) const {
    job.recipe = recipe_.layer(layer).operand(role);
    job.recipe.draw = {.seed = context_.seed,
                       .step = context_.step,
                       .layer = static_cast<std::uint16_t>(layer),
                       .role = static_cast<std::uint8_t>(role),
                       .repetition = static_cast<std::uint8_t>(context_.kind)};
    job.counters = counter_mode();
    job.input.name = fmt::format("layer {} {}", layer, to_string(role));
  }

  static void set_floats(WideMatrix& input, const std::vector<float>& values, int lines, int k) {
    input.lines = lines;
    input.k = k;
    input.mantissas.resize(values.size());
    input.scale = {.num = 1, .den = 1, .exponent = to_wide(values, input.mantissas, input.name)};
  }

  // RND-6. Untransformed elements have the index of their place in the stored tensor, whichever way
  // they are read; coefficients of a transform have line·K' + k.
  static void set_indices(PrepareJob& job, Reading reading, std::uint32_t first_line) {
    PrepareRecipe& recipe = job.recipe;
    const int block = block_length(recipe.block_rule, recipe.block, job.input.k);
    const auto k_padded = static_cast<std::uint32_t>(padded_length(job.input.k, block));
    if (recipe.rounding == Rounding::kStochastic &&
        static_cast<std::uint64_t>(job.input.lines) * k_padded > std::uint64_t{1} << 32) {
      throw UserError(
          fmt::format("tensor '{}': {} lines of {} coefficients; at most 2^32 "
                      "coefficients have random numbers of their own (rule RND-6)",
                      job.input.name, job.input.lines, k_padded));
    }
    if (reading == Reading::kTurned && block == 1) {
      recipe.stride_line = 1;
      recipe.stride_k = static_cast<std::uint32_t>(job.input.lines);
    } else {
      recipe.stride_line = k_padded;
      recipe.stride_k = 1;
    }
    recipe.index0 = first_line * k_padded;
  }

  [[nodiscard]] CounterMode counter_mode() const {
    return context_.totals == nullptr ? CounterMode::kNone : recipe_.counters;
  }

  std::vector<Operand> prepare(std::span<const PrepareJob> jobs, std::span<const Role> roles) {
    std::vector<PreparedOperand> results = backend_->prepare(jobs);
    std::vector<Operand> operands;
    operands.reserve(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (context_.totals != nullptr) context_.totals->add(roles[i], results[i]);
      operands.push_back(std::make_shared<const PreparedOperand>(std::move(results[i])));
    }
    return operands;
  }
  std::vector<Operand> prepare(std::span<const PrepareJob> jobs, Role role) {
    return prepare(jobs, std::vector<Role>(jobs.size(), role));
  }

  [[nodiscard]] GemmJob gemm_job(int layer, GemmKind kind, Operand a, Operand b) const {
    return {.a = std::move(a),
            .b = std::move(b),
            .recipe = recipe_.layer(layer).gemm(kind),
            .counters = counter_mode()};
  }

  void count(GemmKind kind, const GemmJob& job, const GemmResult& result) {
    if (context_.totals != nullptr) context_.totals->add(kind, job, result.counters);
  }

  TrainRecipe recipe_;
  Backend* backend_;
  PassContext context_;
  std::vector<LayerState> layers_;
  // Jobs own the wide tensors; their memory is used again in the next step.
  std::vector<PrepareJob> weight_jobs_;
  std::vector<PrepareJob> input_jobs_;
  std::vector<PrepareJob> backward_jobs_;
};

}  // namespace

std::unique_ptr<Executor> make_quantised_executor(const TrainRecipe& recipe, Backend& backend) {
  return std::make_unique<QuantisedExecutor>(recipe, backend);
}

}  // namespace sylvester
