// Operand preparation: transform, scale, round (docs/numerics.md, rules PRE-*).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "golden/numerics/counters.hpp"
#include "golden/numerics/draw.hpp"
#include "golden/numerics/format.hpp"
#include "golden/numerics/scale.hpp"
#include "golden/numerics/transform.hpp"
#include "golden/numerics/wide.hpp"

namespace sylvester {

/// How a tensor becomes the quantiser's N/D (PRE-3): from its largest magnitude M, from one given
/// by the job (kHindsight, HND-1), or from its mean and mean square (kSawb, SAWB-1).
enum class ScaleRule { kMax, kClip, kPow2, kHindsight, kSawb, kLuq };
enum class Rounding { kNearest, kStochastic };

std::string_view to_string(ScaleRule rule);
std::string_view to_string(Rounding rounding);
/// Throw UserError listing the allowed names.
ScaleRule scale_rule(std::string_view name);
Rounding rounding(std::string_view name);

/// Everything that decides the codes of a tensor, apart from the tensor.
struct PrepareRecipe {
  int format = 0;  ///< row of formats()
  BlockRule block_rule = BlockRule::kNone;
  int block = 0;  ///< largest block, a power of two; 0 = no bound
  ScaleRule scale = ScaleRule::kMax;
  Rounding rounding = Rounding::kNearest;
  int random_bits = 8;         ///< 1...16
  std::uint8_t sign_role = 0;  ///< role field of the random signs' draws (WHT-5); 0: no signs
  DrawContext draw;
  std::uint32_t index0 = 0;  ///< index of (line, k) = index0 + line*stride_line + k*stride_k
  std::uint32_t stride_line = 0;
  std::uint32_t stride_k = 1;
};

struct PrepareJob {
  PrepareRecipe recipe;
  WideMatrix input;
  std::int32_t max_given = 0;  ///< M_given of kHindsight, at least 0; others do not read it
  CounterMode counters = CounterMode::kFull;
};

/// A stored code: `u8` needs 0...255 and `i8` -127...127, hence 16 bits.
using Code = std::int16_t;

/// Codes of a matrix, ready for a GEMM. Reusable.
struct PreparedOperand {
  int format = 0;
  int lines = 0;
  int k = 0;                       ///< logical contraction length
  int k_padded = 0;                ///< K'
  int block = 1;                   ///< transform block, 1 = not transformed
  std::vector<Code> codes;         ///< lines * k_padded, row-major
  Scale scale;                     ///< real transformed value ~= format value of code * scale
  std::int32_t max_magnitude = 0;  ///< M
  PrepareCounters counters;
};

/// Numerator factor and denominator of the quantiser for one tensor (PRE-3): q = round(v*n/d).
struct Quantiser {
  std::uint64_t n = 0;  ///< N = |v| * n
  std::uint64_t d = 1;  ///< D; 0: all codes are zeros (PRE-2)
  Scale scale;          ///< input scale times d/n (and the format's exponent)
};

/// mantissa·2^exponent; the mantissa has at most 16 bits.
struct Clip {
  std::uint32_t mantissa = 0;  ///< 0: the tensor has no clip, rule `max`
  int exponent = 0;
};
/// SAWB-1: the clip of `count` coefficients with the sum of magnitudes S1 and of squares S2.
/// Coefficients are below 2^25, count below 2^31.
Clip sawb_clip(std::uint64_t s1, Uint128 s2, std::uint64_t count);

/// e of SAWB-1 with this format.
int sawb_exponent(const Clip& clip, const Format& format);

/// What rules read besides M.
struct ScaleInputs {
  std::int32_t max_given = 0;  ///< kHindsight
  Clip clip;                   ///< kSawb
};
Quantiser make_quantiser(const Format& format, ScaleRule rule, std::int32_t max_magnitude,
                         const Scale& input_scale, const ScaleInputs& inputs = {});

/// What the job's rule reads besides M: the clip of its coefficients with kSawb (SAWB-1).
ScaleInputs scale_inputs(const PrepareJob& job);

/// Result of the divide-and-round cell for one magnitude.
struct Rounded {
  int code;         ///< 0...format.largest_code()
  bool rounded_up;  ///< stochastic increment
};
/// The divide-and-round cell (PRE-4, PRE-5): magnitude numerator N over D. `r` is the draw
/// (ignored by nearest). D > 0; N/D >= Q gives Q and no increment.
Rounded divide_round(const Format& format, std::uint64_t numerator, std::uint64_t d,
                     Rounding rounding, int random_bits, std::uint32_t r);

/// What the random signs of a recipe are named by (WHT-5); both operands of a GEMM have the same.
DrawContext sign_context(const PrepareRecipe& recipe);

/// Everything of the result that does not depend on the elements; without codes and scale.
PreparedOperand prepared_shape(const PrepareJob& job);

/// Throws UserError if the job is malformed (sizes, negative value in an unsigned format, ...).
void check(const PrepareJob& job);

/// Readable reference: one butterfly, divide-and-round and draw cell per coefficient.
PreparedOperand prepare_reference(const PrepareJob& job);

/// Vectorised; equal to prepare_reference in every bit. Uses up to `threads` threads (0 = all
/// cores) for large tensors; values and counters do not depend on it.
PreparedOperand prepare(const PrepareJob& job, int threads = 1);
/// The same into `operand`, whose memory is used again if it is large enough.
void prepare(const PrepareJob& job, int threads, PreparedOperand& operand);

}  // namespace sylvester
