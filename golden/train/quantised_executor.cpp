// The numeric contract: every operand and every product is a job of the back end, and nothing but
// its results goes on to the next tensor.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "golden/numerics/transpose.hpp"
#include "golden/support/error.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/float_loops.hpp"

namespace sylvester {
namespace {

// Memory of an operand that is prepared again in every step.
using Operand = std::shared_ptr<PreparedOperand>;

// Somebody may have kept the job in which the operand was used: then it stays as it is.
PreparedOperand* writable(Operand& operand) {
  if (operand == nullptr || operand.use_count() > 1) operand = std::make_shared<PreparedOperand>();
  return operand.get();
}

// What a pass makes of one layer and the pass over the next layer need not keep. Layers of one
// shape share it, so that sizes stay and little memory is touched: nothing is allocated or filled
// with zeros in the steady state.
struct Scratch {
  GemmResult y;
  // 0, 1: G^T and X^T of dW; 2, 3: G and W^T of dX.
  std::array<PrepareJob, 4> jobs;
  std::array<Operand, 4> operands;
  std::array<GemmResult, 2> results;  ///< dW, dX
};

// Forward operands of a layer, from which the backward operands are prepared.
struct LayerState {
  Operand x;
  Operand w;
  std::array<std::string, kRoles> names;  ///< of the layer's tensors, by Role
  std::size_t scratch = 0;                ///< number of its Scratch
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
  scale_integers(values, size, scale, out);
}

// The same without converting, where the update can do that.
void give_gradient(GemmResult& result, WeightGradient& dw) {
  dw.scale = to_float(result.scale);
  if (std::isinf(dw.scale)) {
    to_floats(result, dw.as_floats(result.values.size()));
  } else {
    std::swap(dw.integers, result.values);
  }
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
    name_tensors();
    operands_.clear();
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const DenseLayer& dense = network.layers[l];
      set_recipe(weight_jobs_[l], static_cast<int>(l), Role::kForwardWeight);
      set_floats(weight_jobs_[l].input, dense.weight, dense.outputs, dense.inputs);
      set_indices(weight_jobs_[l], Reading::kStored, 0);
      operands_.push_back(writable(layers_[l].w));
      layers_[l].scratch = first_of_shape(network, dense);
    }
    scratch_.resize(network.layers.size());
    prepare(weight_jobs_);
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
    operands_ = {writable(state.x)};
    prepare({&job, 1});

    const GemmJob product = gemm_job(layer, GemmKind::kForward, state.x, state.w);
    GemmResult& result = scratch_[state.scratch].y;
    backend_->gemm_into({&product, 1}, {&result, 1});
    y.resize(result.m, result.n);
    to_floats(result, y.values.data());
    count(GemmKind::kForward, product, result);
  }

  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient& dw) override {
    const auto at = static_cast<std::size_t>(layer);
    const LayerState& state = layers_[at];
    Scratch& scratch = scratch_[state.scratch];
    const bool from_codes = recipe_.layer(layer).backward_from_codes;
    auto& [turned_g, turned_x, stored_g, turned_w] = scratch.jobs;
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
    std::array<Operand, 4>& operands = scratch.operands;
    operands_.clear();
    for (std::size_t i = 0; i < used; ++i) operands_.push_back(writable(operands[i]));
    prepare({scratch.jobs.data(), used});

    std::array<GemmResult, 2>& results = scratch.results;
    std::vector<GemmJob>& products = backward_products_;
    products.clear();
    products.push_back(gemm_job(layer, GemmKind::kWeightGradient, operands[0], operands[1]));
    if (dx != nullptr) {
      products.push_back(gemm_job(layer, GemmKind::kInputGradient, operands[2], operands[3]));
    }
    backend_->gemm_into(products, {results.data(), products.size()});
    give_gradient(results[0], dw);
    count(GemmKind::kWeightGradient, products[0], results[0]);
    if (dx != nullptr) {
      dx->resize(results[1].m, results[1].n);
      to_floats(results[1], dx->values.data());
      count(GemmKind::kInputGradient, products[1], results[1]);
    }
    products.clear();  // the operands can be written again
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
    job.input.name = layers_[static_cast<std::size_t>(layer)].names[static_cast<std::size_t>(role)];
  }

  // Number of the first layer with the shape of a layer.
  static std::size_t first_of_shape(const Mlp& network, const DenseLayer& layer) {
    std::size_t l = 0;
    while (network.layers[l].inputs != layer.inputs || network.layers[l].outputs != layer.outputs) {
      ++l;
    }
    return l;
  }

  void name_tensors() {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (!layers_[l].names.front().empty()) continue;
      for (int role = 0; role < kRoles; ++role) {
        layers_[l].names[static_cast<std::size_t>(role)] =
            fmt::format("layer {} {}", l, to_string(static_cast<Role>(role)));
      }
    }
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

  // Into operands_.
  void prepare(std::span<const PrepareJob> jobs) {
    backend_->prepare_into(jobs, operands_);
    if (context_.totals == nullptr) return;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      context_.totals->add(static_cast<Role>(jobs[i].recipe.draw.role), *operands_[i]);
    }
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
  // Jobs own the wide tensors. All memory is used again in the next step.
  std::vector<PrepareJob> weight_jobs_;
  std::vector<PrepareJob> input_jobs_;
  std::vector<Scratch> scratch_;
  std::vector<GemmJob> backward_products_;
  std::vector<PreparedOperand*> operands_;  ///< of the present batch of jobs
};

}  // namespace

std::unique_ptr<Executor> make_quantised_executor(const TrainRecipe& recipe, Backend& backend) {
  return std::make_unique<QuantisedExecutor>(recipe, backend);
}

}  // namespace sylvester
