// The float32 baseline: OpenBLAS on one thread, so that a machine always gives the same weights.
#include <cblas.h>

#include "golden/train/executor.hpp"

namespace sylvester {
namespace {

class FloatExecutor final : public Executor {
 public:
  FloatExecutor() { openblas_set_num_threads(1); }

  void begin(const Mlp& network, const PassContext& context) override {
    network_ = &network;
    totals_ = context.totals;
    inputs_.resize(network.layers.size());
  }

  void forward(int layer, const FloatMatrix& x, std::uint32_t /*first_sample*/,
               FloatMatrix& y) override {
    const DenseLayer& dense = network_->layers[static_cast<std::size_t>(layer)];
    y.resize(x.rows, dense.outputs);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, x.rows, dense.outputs, dense.inputs, 1.0F,
                x.values.data(), dense.inputs, dense.weight.data(), dense.inputs, 0.0F,
                y.values.data(), dense.outputs);
    inputs_[static_cast<std::size_t>(layer)] = &x;
    count(GemmKind::kForward, dense, x.rows);
  }

  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient& dw) override {
    const DenseLayer& dense = network_->layers[static_cast<std::size_t>(layer)];
    const FloatMatrix& x = *inputs_[static_cast<std::size_t>(layer)];
    if (dx != nullptr) {
      dx->resize(g.rows, dense.inputs);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, g.rows, dense.inputs, dense.outputs,
                  1.0F, g.values.data(), dense.outputs, dense.weight.data(), dense.inputs, 0.0F,
                  dx->values.data(), dense.inputs);
      count(GemmKind::kInputGradient, dense, g.rows);
    }
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, dense.outputs, dense.inputs, g.rows, 1.0F,
                g.values.data(), dense.outputs, x.values.data(), dense.inputs, 0.0F,
                dw.as_floats(dense.weight.size()), dense.inputs);
    count(GemmKind::kWeightGradient, dense, g.rows);
  }

  [[nodiscard]] std::uint64_t kept_bytes(const Mlp& network, int layer, int batch) const override {
    // The input as float32; the mask of the ReLU before it is its sign.
    return sizeof(float) * static_cast<std::uint64_t>(batch) *
           static_cast<std::uint64_t>(network.layers[static_cast<std::size_t>(layer)].inputs);
  }

 private:
  void count(GemmKind kind, const DenseLayer& dense, int batch) {
    if (totals_ == nullptr) return;
    GemmTotals& total = totals_->gemm[static_cast<std::size_t>(kind)];
    ++total.gemms;
    total.macs += static_cast<std::uint64_t>(batch) * dense.weight.size();
  }

  const Mlp* network_ = nullptr;
  TrainTotals* totals_ = nullptr;
  std::vector<const FloatMatrix*> inputs_;
};

}  // namespace

std::unique_ptr<Executor> make_float_executor() { return std::make_unique<FloatExecutor>(); }

}  // namespace sylvester
