// The numeric contract: every operand and every product is a job of the back end, and nothing but
// its results goes on to the next tensor.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "golden/numerics/transpose.hpp"
#include "golden/support/error.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/float_loops.hpp"
#include "golden/train/operand_jobs.hpp"
#include "golden/train/patches.hpp"

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
  Operand patches;                  ///< of a convolution, gathered from the codes of its input
  std::vector<PrepareJob> jobs;     ///< backward, see BackwardJobs
  std::vector<Operand> operands;    ///< of these jobs
  std::vector<Operand> turned;      ///< codes read along their other axis, see BackwardJobs
  std::vector<GemmResult> results;  ///< dW of each group and sample, dX of each group
};

// Where the backward operands of a layer stand. A group is what shares its scales and sums: the
// batch, or one image of a convolution. A sample is one rounding of G (SMP-1). Operands that are
// not prepared are codes of others, turned.
struct BackwardJobs {
  std::size_t groups;
  std::size_t samples;
  bool one_draw;
  bool reuse;

  // Jobs: G and X of dW = G^T X; G, then W of dX = G W.
  [[nodiscard]] std::size_t turned_g(std::size_t i, std::size_t s) const { return i * samples + s; }
  [[nodiscard]] std::size_t turned_x(std::size_t i) const {
    return (one_draw ? 0 : groups * samples) + i;
  }
  [[nodiscard]] std::size_t stored_samples() const { return one_draw ? samples : 1; }
  [[nodiscard]] std::size_t stored_g(std::size_t i, std::size_t s) const {
    return turned_x(reuse ? 0 : groups) + i * stored_samples() + s;
  }
  [[nodiscard]] std::size_t turned_w() const { return stored_g(groups, 0); }
  [[nodiscard]] std::size_t count() const { return turned_w() + (reuse ? 0 : 1); }

  // Turned codes.
  [[nodiscard]] std::size_t codes_of_g(std::size_t i, std::size_t s) const {
    return i * samples + s;
  }
  [[nodiscard]] std::size_t codes_of_x(std::size_t i) const { return groups * samples + i; }
  [[nodiscard]] std::size_t codes_of_w() const { return groups * samples + groups; }
  [[nodiscard]] std::size_t codes_count() const { return codes_of_w() + 1; }
};

// Forward operands of a layer, from which the backward operands are prepared.
struct LayerState {
  Operand x;
  Operand w;
  std::array<std::string, kRoles> names;  ///< of the layer's tensors, by Role
  std::size_t scratch = 0;                ///< number of its Scratch
};

// y = fl(fl(value)·fl(scale)), rule SCL-4, of results first ... first + size.
void to_floats(const GemmResult& result, std::size_t first, std::size_t size, float* out) {
  const float scale = to_float(result.scale);
  const std::int32_t* values = result.values.data() + first;
  if (std::isinf(scale)) {  // the rule fixes the NaN of 0 times infinity
    for (std::size_t i = 0; i < size; ++i) out[i] = to_float(values[i], scale);
    return;
  }
  scale_integers(values, size, scale, out);
}

// Codes -> the values that they stand for.
void decode(const Format& row, std::vector<std::int16_t>& codes) {
  if (row.uniform) return;  // the code is its value
  for (std::int16_t& code : codes) code = static_cast<std::int16_t>(row.value(code));
}

// A matrix read along its other axis. `values`: rows x cols -> out: cols x rows.
void turn(const std::int16_t* values, int rows, int cols, const Scale& scale, WideMatrix& out) {
  out.lines = cols;
  out.k = rows;
  out.scale = scale;
  out.mantissas.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  transpose(values, rows, cols, out.mantissas.data());
}

// The tensor that codes stand for: mantissas are the format's values, the scale is that of the
// codes.
void turn_codes(const PreparedOperand& codes, WideMatrix& out) {
  turn(codes.codes.data(), codes.lines, codes.k, codes.scale, out);
  decode(formats()[static_cast<std::size_t>(codes.format)], out.mantissas);
}

// Codes read along their other axis, an operand without transform. `codes`: rows x cols.
void turn_operand(const Code* codes, int rows, int cols, int format, const Scale& scale,
                  PreparedOperand& out) {
  out.format = format;
  out.lines = cols;
  out.k = rows;
  out.k_padded = rows;
  out.block = 1;
  out.scale = scale;
  out.max_magnitude = 0;
  out.counters = {};
  out.codes.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  transpose(codes, rows, cols, out.codes.data());
}

// sum = sum + part, limited to `bits` (SMP-1). Returns how many elements were limited.
std::uint64_t add_limited(const std::vector<std::int32_t>& part, int bits,
                          std::vector<std::int32_t>& sum) {
  const std::int64_t most = (std::int64_t{1} << (bits - 1)) - 1;
  std::uint64_t limited = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const std::int64_t exact = std::int64_t{sum[i]} + part[i];
    const std::int64_t kept = std::clamp(exact, -most - 1, most);
    limited += kept != exact ? 1 : 0;
    sum[i] = static_cast<std::int32_t>(kept);
  }
  return limited;
}

// The codes of an image tensor's patches.
void gather_operand(const PatchShape& shape, const PreparedOperand& tensor, PreparedOperand& out) {
  const int images = tensor.lines / shape.in.positions();
  out.format = tensor.format;
  out.lines = images * shape.out.positions();
  out.k = shape.k();
  out.k_padded = out.k;
  out.block = 1;
  out.scale = tensor.scale;
  out.max_magnitude = tensor.max_magnitude;
  out.counters = {};
  out.codes.resize(static_cast<std::size_t>(out.lines) * static_cast<std::size_t>(out.k));
  gather_patches(shape, tensor.codes.data(), images, out.codes.data());
}

class QuantisedExecutor final : public Executor {
 public:
  QuantisedExecutor(const TrainRecipe& recipe, Backend& backend)
      : recipe_(recipe), backend_(&backend) {}

  void forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
               FloatMatrix& y) override {
    const auto at = static_cast<std::size_t>(layer);
    LayerState& state = layers_[at];
    Scratch& scratch = scratch_[state.scratch];
    PrepareJob& job = input_jobs_[at];
    set_recipe(job, layer, forward_role(*network_, layer));
    std::uint32_t lines_per_sample = 1;
    if (gathers_mantissas(layer)) {
      const PatchShape patches = patch_shape(*network_, network_->layer(layer));
      images_.name = job.input.name;
      set_floats(images_, x.values, x.rows, x.cols);
      gather_wide(patches, images_, job.input);
      lines_per_sample = static_cast<std::uint32_t>(patches.out.positions());
    } else {
      set_floats(job.input, x.values, x.rows, x.cols);
      lines_per_sample = static_cast<std::uint32_t>(input_shape(*network_, layer).positions());
    }
    set_indices(job, Reading::kStored, first_sample * lines_per_sample);
    operands_ = {writable(state.x)};
    prepare({&job, 1});

    Operand a = state.x;
    if (gathers_codes(layer)) {
      gather_operand(patch_shape(*network_, network_->layer(layer)), *state.x,
                     *writable(scratch.patches));
      a = scratch.patches;
    }
    const GemmJob product = gemm_job(layer, GemmKind::kForward, std::move(a), state.w);
    GemmResult& result = scratch.y;
    backend_->gemm_into({&product, 1}, {&result, 1});
    y.resize(result.m, result.n);
    to_floats(result, 0, y.values.size(), y.values.data());
    count(GemmKind::kForward, product, result);
  }

  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient* dw) override {
    const auto at = static_cast<std::size_t>(layer);
    const LayerState& state = layers_[at];
    const LayerRecipe& recipe = recipe_.layer(layer);
    Scratch& scratch = scratch_[state.scratch];
    const BackwardJobs at_job{
        .groups = groups_of(layer, g.rows),
        .samples = dw != nullptr ? static_cast<std::size_t>(recipe.gradient_samples) : 1,
        .one_draw = recipe.one_draw,
        .reuse = recipe.reuse_codes};
    if (scratch.jobs.size() < at_job.count()) {
      scratch.jobs.resize(at_job.count());
      scratch.operands.resize(at_job.count());
    }
    scratch.turned.resize(std::max(scratch.turned.size(), at_job.codes_count()));
    const std::size_t dw_results = at_job.groups * at_job.samples;
    scratch.results.resize(std::max(scratch.results.size(), dw_results + at_job.groups));
    const int rows = g.rows / static_cast<int>(at_job.groups);
    for (std::size_t i = 0; i < at_job.groups; ++i) {
      const int first = static_cast<int>(i) * rows;
      const auto first_column = static_cast<std::uint32_t>(i) * static_cast<std::uint32_t>(g.cols);
      for (std::size_t s = 0; s < at_job.stored_samples(); ++s) {
        PrepareJob& stored_g = scratch.jobs[at_job.stored_g(i, s)];
        set_recipe(stored_g, layer, Role::kInputGradient, static_cast<int>(s));
        set_floats(
            stored_g.input,
            {g.row(first), static_cast<std::size_t>(rows) * static_cast<std::size_t>(g.cols)}, rows,
            g.cols);
        set_indices(stored_g, Reading::kStored, static_cast<std::uint32_t>(first));
        give_maximum(layer, Role::kInputGradient, stored_g);
      }
      if (dw == nullptr) continue;
      for (std::size_t s = 0; !at_job.one_draw && s < at_job.samples; ++s) {
        const WideMatrix& wide_g = scratch.jobs[at_job.stored_g(i, 0)].input;
        PrepareJob& turned_g = scratch.jobs[at_job.turned_g(i, s)];
        set_recipe(turned_g, layer, Role::kWeightGradient, static_cast<int>(s));
        turn(wide_g.mantissas.data(), rows, g.cols, wide_g.scale, turned_g.input);
        set_indices(turned_g, Reading::kTurned, first_column);
        give_maximum(layer, Role::kWeightGradient, turned_g);
      }
      if (at_job.reuse) continue;
      PrepareJob& turned_x = scratch.jobs[at_job.turned_x(i)];
      set_recipe(turned_x, layer, Role::kBackwardActivation);
      turn_input(layer, first, rows, turned_x.input);
      set_indices(turned_x, Reading::kTurned,
                  static_cast<std::uint32_t>(i) * static_cast<std::uint32_t>(turned_x.input.lines));
    }
    if (dx != nullptr && !at_job.reuse) {
      PrepareJob& turned_w = scratch.jobs[at_job.turned_w()];
      set_recipe(turned_w, layer, Role::kBackwardWeight);
      if (recipe.backward_from_codes) {
        turn_codes(*state.w, turned_w.input);
      } else {
        const WideMatrix& w = weight_jobs_[at].input;
        turn(w.mantissas.data(), w.lines, w.k, w.scale, turned_w.input);
      }
      set_indices(turned_w, Reading::kTurned, 0);
    }
    const std::size_t first_stored = at_job.stored_g(0, 0);
    const std::size_t begin = dw != nullptr ? 0 : first_stored;
    const std::size_t end = dx != nullptr     ? at_job.count()
                            : at_job.one_draw ? at_job.turned_w()
                                              : first_stored;
    std::vector<Operand>& operands = scratch.operands;
    operands_.clear();
    for (std::size_t i = begin; i < end; ++i) operands_.push_back(writable(operands[i]));
    prepare({scratch.jobs.data() + begin, end - begin});
    if (end > first_stored) {
      learn_maximum(layer, Role::kInputGradient, scratch, at_job.stored_g(0, 0), at_job.turned_w());
    }
    if (dw != nullptr && !at_job.one_draw) {
      learn_maximum(layer, Role::kWeightGradient, scratch, 0, at_job.turned_x(0));
    }
    if (dw != nullptr) turn_for_weight_gradient(layer, at_job, rows, scratch);
    if (dx != nullptr && at_job.reuse) {
      const PreparedOperand& w = *state.w;
      turn_operand(w.codes.data(), w.lines, w.k, w.format, w.scale,
                   *writable(scratch.turned[at_job.codes_of_w()]));
    }

    std::vector<GemmJob>& products = backward_products_;
    products.clear();
    for (std::size_t i = 0; dw != nullptr && i < at_job.groups; ++i) {
      for (std::size_t s = 0; s < at_job.samples; ++s) {
        products.push_back(gemm_job(
            layer, GemmKind::kWeightGradient,
            at_job.one_draw ? scratch.turned[at_job.codes_of_g(i, s)]
                            : operands[at_job.turned_g(i, s)],
            at_job.reuse ? scratch.turned[at_job.codes_of_x(i)] : operands[at_job.turned_x(i)]));
      }
    }
    for (std::size_t i = 0; dx != nullptr && i < at_job.groups; ++i) {
      products.push_back(gemm_job(
          layer, GemmKind::kInputGradient, operands[at_job.stored_g(i, 0)],
          at_job.reuse ? scratch.turned[at_job.codes_of_w()] : operands[at_job.turned_w()]));
    }
    const std::span<GemmResult> results(scratch.results.data() + (dw != nullptr ? 0 : dw_results),
                                        products.size());
    backend_->gemm_into(products, results);
    for (std::size_t i = 0; i < products.size(); ++i) {
      const bool is_dw = dw != nullptr && i < dw_results;
      count(is_dw ? GemmKind::kWeightGradient : GemmKind::kInputGradient, products[i], results[i]);
    }
    products.clear();  // the operands can be written again
    if (dw != nullptr) {
      average_samples(recipe.gemm(GemmKind::kWeightGradient).outer_bits, at_job.samples,
                      results.first(dw_results));
      add_up(results.first(at_job.groups), *dw);
    }
    if (dx != nullptr) put_back(layer, results.last(at_job.groups), g.rows, *dx);
  }

  [[nodiscard]] std::vector<double> state() const override { return maxima_; }
  void restore(std::vector<double> state) override { maxima_ = std::move(state); }

  [[nodiscard]] KeptBytes kept_bytes(const Network& network, int layer, int batch,
                                     const LayerGradients& wanted) const override {
    const LayerRecipe& recipe = recipe_.layer(layer);
    KeptBytes bytes;
    const auto keep = [&](Role role, std::uint64_t values) {
      if (!recipe.backward_from_codes && !recipe.reuse_codes) {
        bytes.wide += sizeof(std::int16_t) * values;
        return;
      }
      const auto format = static_cast<std::size_t>(recipe.operand(role).format);
      bytes.codes += (values * static_cast<std::uint64_t>(formats()[format].bits) + 7) / 8;
    };
    if (wanted.dw) {
      keep(forward_role(network, layer),
           static_cast<std::uint64_t>(batch) *
               static_cast<std::uint64_t>(input_shape(network, layer).size()));
    }
    if (wanted.dx) keep(Role::kForwardWeight, network.layer(layer).weight.size());
    return bytes;
  }
  [[nodiscard]] bool keeps_signs(const LayerGradients& /*wanted*/) const override { return false; }

 private:
  void take_weights() override {
    const Network& network = *network_;
    layers_.resize(network.layers.size());
    weight_jobs_.resize(network.layers.size());
    input_jobs_.resize(network.layers.size());
    name_tensors();
    operands_.clear();
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const Node& dense = network.layer(static_cast<int>(l));
      set_recipe(weight_jobs_[l], static_cast<int>(l), Role::kForwardWeight);
      set_floats(weight_jobs_[l].input, dense.weight, dense.outputs(), dense.k);
      set_indices(weight_jobs_[l], Reading::kStored, 0);
      operands_.push_back(writable(layers_[l].w));
      layers_[l].scratch = first_of_shape(network, static_cast<int>(l));
    }
    scratch_.resize(network.layers.size());
    maxima_.resize(2 * network.layers.size(), kUnknown);
    prepare(weight_jobs_);
  }

  [[nodiscard]] bool is_conv(int layer) const {
    return network_->layer(layer).kind == NodeKind::kConv;
  }
  // A transform of the forward pass works on patches; without one every value of the image tensor
  // is prepared once, and its code goes to all patches that hold it.
  [[nodiscard]] bool gathers_mantissas(int layer) const {
    return is_conv(layer) &&
           recipe_.layer(layer).operand(Role::kForwardWeight).block_rule != BlockRule::kNone;
  }
  [[nodiscard]] bool gathers_codes(int layer) const {
    return is_conv(layer) && !gathers_mantissas(layer);
  }

  // Of a backward pass over so many rows of the output.
  [[nodiscard]] std::size_t groups_of(int layer, int rows) const {
    if (!is_conv(layer) || recipe_.conv_scale == ConvScale::kBatch) return 1;
    return static_cast<std::size_t>(rows / network_->layer(layer).shape.positions());
  }

  static void gather_wide(const PatchShape& shape, const WideMatrix& tensor, WideMatrix& out) {
    const int images = tensor.lines / shape.in.positions();
    out.lines = images * shape.out.positions();
    out.k = shape.k();
    out.scale = tensor.scale;
    out.mantissas.resize(static_cast<std::size_t>(out.lines) * static_cast<std::size_t>(out.k));
    gather_patches(shape, tensor.mantissas.data(), images, out.mantissas.data());
  }

  // `rows` rows of the forward GEMM's X, from row `first` on, out of `values`: its codes or its
  // wide elements. Valid until the next call.
  const std::int16_t* input_rows(int layer, int first, int rows, const std::int16_t* values) {
    const int k = network_->layer(layer).k;
    if (!gathers_codes(layer)) return values + static_cast<std::ptrdiff_t>(first) * k;
    const PatchShape patches = patch_shape(*network_, network_->layer(layer));
    const int positions = patches.out.positions();
    patches_.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(k));
    gather_patches(patches,
                   values + static_cast<std::ptrdiff_t>(first / positions) * patches.in.size(),
                   rows / positions, patches_.data());
    return patches_.data();
  }

  // X^T of these rows: of the forward codes or of the wide tensor.
  void turn_input(int layer, int first, int rows, WideMatrix& out) {
    const auto at = static_cast<std::size_t>(layer);
    const PreparedOperand& codes = *layers_[at].x;
    const WideMatrix& wide = input_jobs_[at].input;
    const bool from_codes = recipe_.layer(layer).backward_from_codes;
    const std::int16_t* values = from_codes ? codes.codes.data() : wide.mantissas.data();
    turn(input_rows(layer, first, rows, values), rows, network_->layer(layer).k,
         from_codes ? codes.scale : wide.scale, out);
    if (from_codes) decode(formats()[static_cast<std::size_t>(codes.format)], out.mantissas);
  }

  // The operands of dW that are codes of others.
  void turn_for_weight_gradient(int layer, const BackwardJobs& at_job, int rows, Scratch& scratch) {
    for (std::size_t i = 0; i < at_job.groups; ++i) {
      for (std::size_t s = 0; at_job.one_draw && s < at_job.samples; ++s) {
        const PreparedOperand& g = *scratch.operands[at_job.stored_g(i, s)];
        turn_operand(g.codes.data(), g.lines, g.k, g.format, g.scale,
                     *writable(scratch.turned[at_job.codes_of_g(i, s)]));
      }
      if (!at_job.reuse) continue;
      const PreparedOperand& x = *layers_[static_cast<std::size_t>(layer)].x;
      turn_operand(input_rows(layer, static_cast<int>(i) * rows, rows, x.codes.data()), rows,
                   network_->layer(layer).k, x.format, x.scale,
                   *writable(scratch.turned[at_job.codes_of_x(i)]));
    }
  }

  // HND-2. The maximum of a layer's gradient as a real number, kUnknown before the first step.
  double& maximum(int layer, Role role) {
    return maxima_[2 * static_cast<std::size_t>(layer) + (role == Role::kInputGradient ? 0 : 1)];
  }
  void give_maximum(int layer, Role role, PrepareJob& job) {
    if (job.recipe.scale != ScaleRule::kHindsight) return;
    const double real = maximum(layer, role);
    if (real < 0.0) {
      job.recipe.scale = ScaleRule::kMax;
      return;
    }
    const PrepareRecipe& recipe = job.recipe;
    const int block = block_length(recipe.block_rule, recipe.block, job.input.k);
    const double most = 0x1p21 * block - 1;
    const double units = std::ceil(std::ldexp(real, -job.input.scale.exponent));
    job.max_given = static_cast<std::int32_t>(std::min(units, most));
  }
  // From what the jobs [begin, end) measured.
  void learn_maximum(int layer, Role role, const Scratch& scratch, std::size_t begin,
                     std::size_t end) {
    if (recipe_.layer(layer).operand(role).scale != ScaleRule::kHindsight) return;
    double measured = 0.0;
    for (std::size_t i = begin; i < end; ++i) {
      measured = std::max(measured, std::ldexp(scratch.operands[i]->max_magnitude,
                                               scratch.jobs[i].input.scale.exponent));
    }
    double& kept = maximum(layer, role);
    const double eta = recipe_.hindsight_eta;
    kept = kept < 0.0 ? measured : (1.0 - eta) * measured + eta * kept;
  }

  // SMP-1: the results of each group become their mean, the groups' first ones the leading results.
  void average_samples(int bits, std::size_t samples, std::span<GemmResult> results) {
    if (samples == 1) return;
    std::uint64_t limited = 0;
    for (std::size_t i = 0; i < results.size() / samples; ++i) {
      GemmResult& sum = results[i * samples];
      for (std::size_t s = 1; s < samples; ++s) {
        limited += add_limited(results[i * samples + s].values, bits, sum.values);
      }
      sum.scale.exponent -= std::countr_zero(samples);
      std::swap(results[i], sum);
    }
    if (context_.totals == nullptr) return;
    GemmCounters counters;
    counters.outer_limited = limited;
    context_.totals->gemm[static_cast<std::size_t>(GemmKind::kWeightGradient)]
        .counters.outer_limited +=
        reported(counters, counter_mode(recipe_, context_)).outer_limited;
  }

  // dw = the sum of the groups' results in order. A single result is given away as it is, so that
  // the update of the weights reads the integers.
  void add_up(std::span<GemmResult> results, WeightGradient& dw) {
    GemmResult& first = results.front();
    dw.scale = to_float(first.scale);
    if (results.size() == 1 && !std::isinf(dw.scale)) {
      std::swap(dw.integers, first.values);
      return;
    }
    const std::size_t size = first.values.size();
    float* sum = dw.as_floats(size);
    to_floats(first, 0, size, sum);
    floats_.resize(size);
    for (const GemmResult& result : results.subspan(1)) {
      to_floats(result, 0, size, floats_.data());
      for (std::size_t i = 0; i < size; ++i) sum[i] += floats_[i];
    }
  }

  // dx from the groups' results, `rows` rows together; of a convolution image by image.
  void put_back(int layer, std::span<const GemmResult> results, int rows, FloatMatrix& dx) {
    if (!is_conv(layer)) {
      dx.resize(results.front().m, results.front().n);
      to_floats(results.front(), 0, dx.values.size(), dx.values.data());
      return;
    }
    const PatchShape patches = patch_shape(*network_, network_->layer(layer));
    const int images = rows / patches.out.positions();
    const int images_per_result = images / static_cast<int>(results.size());
    const auto size =
        static_cast<std::size_t>(patches.out.positions()) * static_cast<std::size_t>(patches.k());
    dx.resize(images * patches.in.positions(), patches.in.channels);
    floats_.resize(size);
    for (int i = 0; i < images; ++i) {
      const GemmResult& result = results[static_cast<std::size_t>(i / images_per_result)];
      to_floats(result, static_cast<std::size_t>(i % images_per_result) * size, size,
                floats_.data());
      sum_patches(patches, floats_.data(), 1, dx.row(i * patches.in.positions()));
    }
  }

  void set_recipe(PrepareJob& job, int layer, Role role, int sample = 0) const {
    sylvester::set_recipe(job, recipe_, context_, layer, role, sample);
    job.input.name = layers_[static_cast<std::size_t>(layer)].names[static_cast<std::size_t>(role)];
  }

  // Number of the first layer with the shapes of a layer.
  static std::size_t first_of_shape(const Network& network, int layer) {
    const auto same = [&](int l) {
      const Node& a = network.layer(l);
      const Node& b = network.layer(layer);
      return a.kind == b.kind && a.k == b.k && a.shape == b.shape && a.window == b.window &&
             input_shape(network, l) == input_shape(network, layer);
    };
    int l = 0;
    while (!same(l)) ++l;
    return static_cast<std::size_t>(l);
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
            .counters = counter_mode(recipe_, context_)};
  }

  void count(GemmKind kind, const GemmJob& job, const GemmResult& result) {
    if (context_.totals != nullptr) context_.totals->add(kind, job, result.counters);
  }

  TrainRecipe recipe_;
  Backend* backend_;
  std::vector<LayerState> layers_;
  // Jobs own the wide tensors. All memory is used again in the next step.
  std::vector<PrepareJob> weight_jobs_;
  std::vector<PrepareJob> input_jobs_;
  std::vector<Scratch> scratch_;
  std::vector<GemmJob> backward_products_;
  std::vector<PreparedOperand*> operands_;  ///< of the present batch of jobs
  static constexpr double kUnknown = -1.0;
  std::vector<double> maxima_;  ///< of G, by layer, for dX and for dW
  WideMatrix images_;
  std::vector<std::int16_t> patches_;
  std::vector<float> floats_;
};

}  // namespace

std::unique_ptr<Executor> make_quantised_executor(const TrainRecipe& recipe, Backend& backend) {
  return std::make_unique<QuantisedExecutor>(recipe, backend);
}

}  // namespace sylvester
