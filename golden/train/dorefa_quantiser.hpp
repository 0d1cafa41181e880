// The DoReFa quantiser (Zhou et al., arXiv 1606.06160) as the published PDQAT code has it, on the
// numeric contract: docs/numerics.md, rules DRF-*.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// Whether there are codes of so many bits: 1, 2, 4 or 8.
constexpr bool is_dorefa_bits(int bits) { return bits == 1 || bits == 2 || bits == 4 || bits == 8; }

/// n = 2^k - 1: activations are codes 0 ... n, weights odd integers -n ... n.
constexpr int dorefa_levels(int bits) { return (1 << bits) - 1; }

/// DRF-3: how codes of k bits are operands of GEMM jobs.
struct DorefaFormats {
  int activation = 0;  ///< rows of formats()
  int weight = 0;
  int parts = 1;  ///< of a code: two of four bits for k = 8, else one; a product takes parts^2 jobs
};
DorefaFormats dorefa_formats(int bits);

/// DRF-1. Codes of clip(x, 0, 1); NaN gives 0.
void dorefa_activations(std::span<const float> x, int bits, std::span<Code> codes);

/// Weights w of a layer, normalised (DRF-2): t = tanh(w).
struct NormalisedWeights {
  std::vector<float> t;
  std::size_t at = 0;    ///< of the first largest |t|
  float largest = 0.0F;  ///< T = max |t|; 0 if all weights are zeros
  float mean = 0.0F;     ///< E = mean |w|
};
void normalise(std::span<const float> w, NormalisedWeights& weights);

/// DRF-2: the odd codes v.
void dorefa_weights(const NormalisedWeights& weights, int bits, std::span<Code> codes);

/// What the high-precision layer multiplies by: E·t/T.
void high_precision_weights(const NormalisedWeights& weights, std::vector<float>& values);

/// `gradient` with respect to E·t/T, or straight through the quantiser to the low-precision weights
/// v·E/n -> with respect to w. E is a constant, T is not, as in the published code.
void normalisation_gradient(const NormalisedWeights& weights, std::span<float> gradient);

/// Real value of an integer of a product of codes, fl(E/n^2); 0 for E = 0 (DRF-4).
float dorefa_scale(float mean, int bits);

/// Part `part` of codes (DRF-3); with one part the codes themselves. Activations: part 0 is the
/// high one; weights likewise.
void activation_part(std::span<const Code> codes, int part, std::span<Code> out);
void weight_part(std::span<const Code> codes, int part, std::span<Code> out);

}  // namespace sylvester
