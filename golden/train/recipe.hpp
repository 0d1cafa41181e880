// Which arithmetic the three GEMMs of each layer use in training.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "golden/numerics/accumulate.hpp"
#include "golden/numerics/counters.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/numerics/role.hpp"
#include "golden/train/integer_recipe.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

enum class TrainMode {
  kFloat,       ///< float32 through OpenBLAS
  kQuantised,   ///< the numeric contract, through a Backend
  kPaperFloat,  ///< the published HDQT code: float32 quantisers; golden only
  kInteger,     ///< all of a step in integers (golden/integer), GEMMs through a Backend
  kDorefa,      ///< forward GEMMs of DoReFa codes through a Backend, straight-through gradients
  kPdqat,       ///< the same network, learned by constraints (golden/pdqat)
};

/// What shares the scales and sums of a convolution's backward GEMMs. The weight's gradient is the
/// float32 sum of what they give, image by image in order; in the forward GEMM a batch shares its
/// scale.
enum class ConvScale {
  kBatch,  ///< the batch: one GEMM each, dW with batch·height·width products
  kImage,  ///< an image, as in the published HDQT code: GEMMs of its own
};
/// "batch", "image".
std::string_view to_string(ConvScale scale);
/// Throws UserError listing the allowed names.
ConvScale conv_scale(std::string_view name);

/// The arithmetic of one layer on the numeric contract.
struct LayerRecipe {
  /// Indexed by Role. Draw context and index fields are filled in by the trainer.
  std::array<PrepareRecipe, kRoles> operands;
  /// Indexed by GemmKind.
  std::array<AccumulateRecipe, kGemmKinds> accumulate;
  /// Prepare the backward W and X from the forward codes (HDQT) instead of from the wide tensors.
  /// Needs a forward pass without transform.
  bool backward_from_codes = true;
  /// The backward GEMMs read the forward codes of W and X as they are; their own two operands are
  /// not prepared. Needs GEMMs without transform.
  bool reuse_codes = false;
  /// G is prepared once, as kInputGradient, and both backward GEMMs read its codes. Needs backward
  /// GEMMs without transform.
  bool one_draw = false;
  /// G is rounded as often, each time with its own draws, and dW is the mean of as many products
  /// (SMP-1). A power of two, 1 ... kMostGradientSamples. dX is that of the first.
  int gradient_samples = 1;

  [[nodiscard]] PrepareRecipe& operand(Role role) {
    return operands[static_cast<std::size_t>(role)];
  }
  [[nodiscard]] const PrepareRecipe& operand(Role role) const {
    return operands[static_cast<std::size_t>(role)];
  }
  [[nodiscard]] AccumulateRecipe& gemm(GemmKind kind) {
    return accumulate[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const AccumulateRecipe& gemm(GemmKind kind) const {
    return accumulate[static_cast<std::size_t>(kind)];
  }
};

inline constexpr int kMostGradientSamples = 64;

/// The published code's own parameters (TrainMode::kPaperFloat).
struct PaperRecipe {
  int operand_bits = 4;      ///< b, 2 ... 7
  int accumulator_bits = 8;  ///< a, 4 ... 24; 16 and more: no clamp, as in the code
  int forward_tile = 32;     ///< products per clamped sum of the forward pass, at least 1
  float gradient_limit = 7;  ///< straight-through gradients are zero where |raw value| exceeds it
};

/// One layer of modes kDorefa and kPdqat.
struct DorefaLayer {
  static constexpr int kFloatBits = 32;  ///< high precision: float32, no codes

  int bits = 4;  ///< k of weights and activations: 1, 2, 4, 8 or kFloatBits
  AccumulateRecipe accumulate;

  [[nodiscard]] bool is_low() const { return bits != kFloatBits; }
};

struct TrainRecipe {
  TrainMode mode = TrainMode::kFloat;
  /// kQuantised: entry l is layer l; layers beyond the last entry use the last entry.
  std::vector<LayerRecipe> layers;
  ConvScale conv_scale = ConvScale::kBatch;  ///< kQuantised; the published code has its own
  double hindsight_eta = 0.1;                ///< of ScaleRule::kHindsight, rule HND-2; 0 ... 1
  PaperRecipe paper;                         ///< kPaperFloat only
  IntegerRecipe integer;                     ///< kInteger only
  /// kDorefa, kPdqat: by layer; layers beyond the last entry use the last entry.
  std::vector<DorefaLayer> dorefa;
  /// What training steps and teacher passes count; evaluation passes count nothing.
  CounterMode counters = CounterMode::kFull;

  [[nodiscard]] const LayerRecipe& layer(int index) const;
  [[nodiscard]] const DorefaLayer& dorefa_layer(int index) const;
};

/// Throws UserError naming layer, role and what is allowed: transforms that differ between the two
/// operands of a GEMM, random signs of one operand only, codes that are to be used again in GEMMs
/// with a transform, hindsight for another tensor than G, unsigned formats for signed tensors,
/// backward_from_codes with a forward transform, numbers out of range.
void check(const TrainRecipe& recipe);

}  // namespace sylvester
