// Networks of DoReFa codes (docs/numerics.md, DRF-*): low-precision layers run their forward GEMM
// as jobs of a back end; gradients are float32 and pass straight through the quantisers.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "golden/train/dorefa_quantiser.hpp"
#include "golden/train/float_executor.hpp"

namespace sylvester {

/// Layers in high precision (DorefaLayer::bits = kFloatBits) are those of FloatExecutor.
class DorefaExecutor final : public FloatExecutor {
 public:
  enum class Branch {
    kLow,   ///< codes of weights and inputs
    kHigh,  ///< float32; weights of low-precision layers are normalised alike (DRF-2)
  };

  /// The recipe's mode is kDorefa or kPdqat. `backend` must outlive the executor.
  DorefaExecutor(const TrainRecipe& recipe, Backend& backend, Branch branch)
      : recipe_(recipe), backend_(&backend), branch_(branch) {}

  void forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
               FloatMatrix& y) override;
  void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient* dw) override;
  [[nodiscard]] KeptBytes kept_bytes(const Network& network, int layer, int batch,
                                     const LayerGradients& wanted) const override;
  [[nodiscard]] bool keeps_signs(const LayerGradients& wanted) const override;

  /// From the next begin() on, takes the normalised weights of another executor of the same
  /// weights, which begins first.
  void share_weights(const DorefaExecutor& other) { shared_ = &other; }

  /// Of a low-precision layer, since begin():
  [[nodiscard]] const NormalisedWeights& normalised(int layer) const;
  /// What the layer's last GEMMs read for x, as floats.
  [[nodiscard]] const FloatMatrix& quantised_input(int layer) const {
    return layers_[static_cast<std::size_t>(layer)].x;
  }
  /// The jobs of its last forward(), a part of the activations by a part of the weights each.
  [[nodiscard]] std::span<const GemmJob> jobs(int layer) const {
    return layers_[static_cast<std::size_t>(layer)].jobs;
  }
  /// What its forward passes have counted.
  [[nodiscard]] const GemmTotals& counted(int layer) const {
    return layers_[static_cast<std::size_t>(layer)].counted;
  }

 private:
  struct Layer {
    NormalisedWeights normalised;
    std::vector<float> weights;                             ///< as floats
    std::vector<std::shared_ptr<PreparedOperand>> w_parts;  ///< DRF-3
    std::vector<std::shared_ptr<PreparedOperand>> x_parts;
    std::vector<GemmJob> jobs;
    std::vector<GemmResult> results;
    const FloatMatrix* raw_x = nullptr;
    FloatMatrix x;
    GemmTotals counted;
  };

  void take_weights() override;
  void take_codes(int layer);
  void require_non_negative(int layer) const;
  void multiply(int layer, FloatMatrix& y);
  [[nodiscard]] const float* weights(int layer) const override;
  [[nodiscard]] bool is_low(int layer) const { return recipe_.dorefa_layer(layer).is_low(); }

  TrainRecipe recipe_;
  Backend* backend_;
  Branch branch_;
  const DorefaExecutor* shared_ = nullptr;
  std::vector<Layer> layers_;
  std::vector<Code> codes_;
  std::vector<Code> patches_;
  std::vector<std::int64_t> sums_;
};

}  // namespace sylvester
