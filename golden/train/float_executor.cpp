#include "golden/train/float_executor.hpp"

#include <cblas.h>

#include <algorithm>
#include <string>

#include "golden/train/operand_jobs.hpp"

namespace sylvester {
namespace {

// Calls use(first row, rows) for all rows of the output: at once, of a convolution as many images
// together as have patches that stay in the cache.
template <typename Use>
void for_chunks(const Node& node, const PatchShape& patches, int rows, const Use& use) {
  constexpr int kCached = 1 << 17;  // floats
  int chunk = rows;
  if (node.kind == NodeKind::kConv) {
    const int positions = patches.out.positions();
    chunk = std::max(1, kCached / std::max(1, positions * node.k)) * positions;
  }
  for (int first = 0; first < rows; first += chunk) use(first, std::min(chunk, rows - first));
}

}  // namespace

FloatExecutor::FloatExecutor() { openblas_set_num_threads(1); }

void FloatExecutor::forward(int layer, const FloatMatrix& x, std::uint32_t /*first_sample*/,
                            FloatMatrix& y) {
  const Node& node = network_->layer(layer);
  inputs_[static_cast<std::size_t>(layer)] = &x;
  const bool conv = node.kind == NodeKind::kConv;
  const PatchShape patches = conv ? patch_shape(*network_, node) : PatchShape{};
  const int rows = conv ? x.rows / patches.in.positions() * patches.out.positions() : x.rows;
  y.resize(rows, node.outputs());
  for_chunks(node, patches, rows, [&](int first, int count) {
    const float* a = conv ? gather(patches, x, first, count) : x.values.data();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, node.outputs(), node.k, 1.0F, a,
                node.k, weights(layer), node.k, 0.0F, y.row(first), node.outputs());
  });
  count_gemm(GemmKind::kForward, node, rows);
}

void FloatExecutor::backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient* dw) {
  const Node& node = network_->layer(layer);
  const FloatMatrix& x = *inputs_[static_cast<std::size_t>(layer)];
  const bool conv = node.kind == NodeKind::kConv;
  const PatchShape patches = conv ? patch_shape(*network_, node) : PatchShape{};
  if (dx != nullptr) {
    dx->resize(x.rows, x.cols);
    for_chunks(node, patches, g.rows, [&](int first, int count) {
      if (conv) patches_.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(node.k));
      float* product = conv ? patches_.data() : dx->values.data();
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, node.k, node.outputs(), 1.0F,
                  g.row(first), node.outputs(), weights(layer), node.k, 0.0F, product, node.k);
      if (!conv) return;
      const int positions = patches.out.positions();
      sum_patches(patches, product, count / positions,
                  dx->row(first / positions * patches.in.positions()));
    });
    count_gemm(GemmKind::kInputGradient, node, g.rows);
  }
  if (dw == nullptr) return;
  float* sums = dw->as_floats(node.weight.size());
  for_chunks(node, patches, g.rows, [&](int first, int count) {
    const float* b = conv ? gather(patches, x, first, count) : x.values.data();
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, node.outputs(), node.k, count, 1.0F,
                g.row(first), node.outputs(), b, node.k, first == 0 ? 0.0F : 1.0F, sums, node.k);
  });
  count_gemm(GemmKind::kWeightGradient, node, g.rows);
}

KeptBytes FloatExecutor::kept_bytes(const Network& network, int layer, int batch,
                                    const LayerGradients& wanted) const {
  if (!wanted.dw) return {};
  return {.floats = sizeof(float) * static_cast<std::uint64_t>(batch) *
                    static_cast<std::uint64_t>(input_shape(network, layer).size())};
}

// Patches behind the output rows first ... first + count.
const float* FloatExecutor::gather(const PatchShape& patches, const FloatMatrix& x, int first,
                                   int count) {
  const int positions = patches.out.positions();
  patches_.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(patches.k()));
  gather_patches(patches, x.row(first / positions * patches.in.positions()), count / positions,
                 patches_.data());
  return patches_.data();
}

void FloatExecutor::count_gemm(GemmKind kind, const Node& node, int rows) {
  if (context_.totals == nullptr) return;
  GemmTotals& total = context_.totals->gemm[static_cast<std::size_t>(kind)];
  ++total.gemms;
  total.macs += static_cast<std::uint64_t>(rows) * node.weight.size();
}

namespace {

class FineTuningExecutor final : public FloatExecutor {
 public:
  FineTuningExecutor(const TrainRecipe& recipe, Backend& backend)
      : recipe_(recipe), backend_(&backend) {}

 private:
  void take_weights() override {
    FloatExecutor::take_weights();
    const std::size_t count = network_->layers.size();
    jobs_.resize(count);
    weights_.resize(count);
    for (std::size_t l = 0; l < count; ++l) {
      const Node& node = network_->layer(static_cast<int>(l));
      jobs_[l].input.name = "layer " + std::to_string(l) + " forward_weight";
      set_recipe(jobs_[l], recipe_, context_, static_cast<int>(l), Role::kForwardWeight);
      jobs_[l].counters = CounterMode::kNone;
      set_floats(jobs_[l].input, node.weight, node.outputs(), node.k);
      set_indices(jobs_[l], Reading::kStored, 0);
    }
    const std::vector<PreparedOperand> operands = backend_->prepare(jobs_);
    for (std::size_t l = 0; l < count; ++l) {
      const Format& row = formats()[static_cast<std::size_t>(operands[l].format)];
      const float scale = to_float(operands[l].scale);
      weights_[l].resize(operands[l].codes.size());
      for (std::size_t i = 0; i < weights_[l].size(); ++i) {
        weights_[l][i] = to_float(row.value(operands[l].codes[i]), scale);  // SCL-4
      }
    }
  }
  [[nodiscard]] const float* weights(int layer) const override {
    return weights_[static_cast<std::size_t>(layer)].data();
  }

  TrainRecipe recipe_;
  Backend* backend_;
  std::vector<PrepareJob> jobs_;
  std::vector<std::vector<float>> weights_;
};

}  // namespace

std::unique_ptr<Executor> make_fine_tuning_executor(const TrainRecipe& recipe, Backend& backend) {
  return std::make_unique<FineTuningExecutor>(recipe, backend);
}

std::unique_ptr<Executor> make_float_executor() { return std::make_unique<FloatExecutor>(); }

}  // namespace sylvester
