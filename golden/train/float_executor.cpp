// The float32 baseline: OpenBLAS on one thread, so that a machine always gives the same weights.
#include <cblas.h>

#include "golden/train/executor.hpp"

namespace sylvester {
namespace {

class FloatExecutor final : public Executor {
 public:
  FloatExecutor() { openblas_set_num_threads(1); }

  void begin(const Network& network, const PassContext& context) override {
    network_ = &network;
    totals_ = context.totals;
    inputs_.resize(network.layers.size());
  }

  void forward(int layer, const FloatMatrix& x, std::uint32_t /*first_sample*/,
               FloatMatrix& y) override {
    const Node& dense = network_->layer(layer);
    y.resize(x.rows, dense.outputs());
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, x.rows, dense.outputs(), dense.k, 1.0F,
                x.values.data(), dense.k, dense.weight.data(), dense.k, 0.0F, y.values.data(),
                dense.outputs());
    inputs_[static_cast<std::size_t>(layer)] = &x;
    count(GemmKind::kForward, dense, x.rows);
  }

  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, std::vector<float>* dw) override {
    const Node& dense = network_->layer(layer);
    const FloatMatrix& x = *inputs_[static_cast<std::size_t>(layer)];
    if (dx != nullptr) {
      dx->resize(g.rows, dense.k);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, g.rows, dense.k, dense.outputs(), 1.0F,
                  g.values.data(), dense.outputs(), dense.weight.data(), dense.k, 0.0F,
                  dx->values.data(), dense.k);
      count(GemmKind::kInputGradient, dense, g.rows);
    }
    if (dw == nullptr) return;
    dw->resize(dense.weight.size());
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, dense.outputs(), dense.k, g.rows, 1.0F,
                g.values.data(), dense.outputs(), x.values.data(), dense.k, 0.0F, dw->data(),
                dense.k);
    count(GemmKind::kWeightGradient, dense, g.rows);
  }

  [[nodiscard]] std::uint64_t kept_bytes(const Network& network, int layer,
                                         int batch) const override {
    // The input as float32; the mask of the ReLU before it is its sign.
    return sizeof(float) * static_cast<std::uint64_t>(batch) *
           static_cast<std::uint64_t>(network.layer(layer).k);
  }

 private:
  void count(GemmKind kind, const Node& dense, int batch) {
    if (totals_ == nullptr) return;
    GemmTotals& total = totals_->gemm[static_cast<std::size_t>(kind)];
    ++total.gemms;
    total.macs += static_cast<std::uint64_t>(batch) * dense.weight.size();
  }

  const Network* network_ = nullptr;
  TrainTotals* totals_ = nullptr;
  std::vector<const FloatMatrix*> inputs_;
};

}  // namespace

std::unique_ptr<Executor> make_float_executor() { return std::make_unique<FloatExecutor>(); }

}  // namespace sylvester
