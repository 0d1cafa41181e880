// Float32 GEMMs through OpenBLAS on one thread, so that a machine always gives the same weights:
// the float32 baseline, and the part of other arithmetics that is float32.
#pragma once

#include <vector>

#include "golden/train/executor.hpp"
#include "golden/train/patches.hpp"

namespace sylvester {

class FloatExecutor : public Executor {
 public:
  FloatExecutor();

  void forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
               FloatMatrix& y) override;
  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient* dw) override;
  [[nodiscard]] KeptBytes kept_bytes(const Network& network, int layer, int batch,
                                     const LayerGradients& wanted) const override;
  [[nodiscard]] bool keeps_signs(const LayerGradients& wanted) const override { return wanted.dw; }

 protected:
  void take_weights() override { inputs_.resize(network_->layers.size()); }

  /// Of a layer, as its GEMMs read them.
  [[nodiscard]] virtual const float* weights(int layer) const {
    return network_->layer(layer).weight.data();
  }
  /// Makes x what backward() takes for the layer's input; it must live until then.
  void keep_input(int layer, const FloatMatrix& x) {
    inputs_[static_cast<std::size_t>(layer)] = &x;
  }

 private:
  const float* gather(const PatchShape& patches, const FloatMatrix& x, int first, int count);
  void count_gemm(GemmKind kind, const Node& node, int rows);

  std::vector<const FloatMatrix*> inputs_;
  std::vector<float> patches_;
};

}  // namespace sylvester
