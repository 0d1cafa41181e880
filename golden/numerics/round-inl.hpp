// PRE-4 and PRE-5 on a run of coefficients, by the paths of prepare_rounder.hpp. Runs are padded
// with zero coefficients to whole vectors; their codes are zeros.

// Include guard per target.
#if defined(SYLVESTER_ROUND_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYLVESTER_ROUND_INL
#undef SYLVESTER_ROUND_INL
#else
#define SYLVESTER_ROUND_INL
#endif

#include "golden/numerics/prepare_rounder.hpp"
#include "golden/numerics/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

// ---- Fixed point.

// From u, in two words of 16 bits, to the code; and the counts.
template <bool Nearest, bool Count>
class CodeOf {
 public:
  explicit CodeOf(const Rounder& rounder) {
    const U16 d;
    const int fraction = 16 - rounder.fixed.integer_bits;  // bits of the upper word
    shift_ = shift_of_words(fraction);
    unit_ = hn::Set(d, static_cast<std::uint16_t>(1U << fraction));
    below_half_ = hn::Set(d, static_cast<std::uint16_t>((1U << fraction >> 1) - 1));
    largest_ = hn::Set(d, static_cast<std::uint16_t>(rounder.largest_code));
  }

  // `sign`: bit 15 is the sign of the coefficient. `draw` as DrawForm makes it, `lower` are used by
  // `stochastic` and by `nearest` only.
  HWY_INLINE VS16 operator()(VU16 upper, VU16 lower, VU16 draw, VU16 sign) {
    const U16 d;
    const S16 ds;
    VU16 sum = upper;
    if constexpr (Nearest) {
      // The lower word of u + half - 1 + (q odd) carries iff u's lower word is not 0 or q is odd.
      const VU16 rest = hn::Or(lower, hn::And(upper, unit_));
      sum = add_one_if(hn::Ne(rest, hn::Zero(d)), hn::Add(upper, below_half_));
    } else {
      sum = hn::Add(upper, draw);
    }
    const VU16 code = hn::Min(shift_right(sum, shift_), largest_);
    if constexpr (Count && !Nearest) {
      // No increment from the largest code on. All are below 2^15.
      const VU16 below = shift_right(upper, shift_);
      up_ += hn::CountTrue(ds, hn::Gt(hn::BitCast(ds, code), hn::BitCast(ds, below)));
    }
    if constexpr (Count) {
      at_limit_ += hn::CountTrue(d, hn::Eq(code, largest_));
      zero_ += hn::CountTrue(d, hn::Eq(code, hn::Zero(d)));
    }
    const VS16 magnitude = hn::BitCast(ds, code);
    const VS16 zero = hn::Zero(ds);
    return subtract_if(hn::Lt(hn::BitCast(ds, sign), zero), zero, magnitude, magnitude);
  }

  [[nodiscard]] PrepareCounters counters() const {
    return {.codes_at_limit = at_limit_, .rounded_up = up_, .zero_codes = zero_};
  }

 private:
  Shift16 shift_;
  VU16 unit_;
  VU16 below_half_;
  VU16 largest_;
  std::size_t at_limit_ = 0;
  std::size_t up_ = 0;
  std::size_t zero_ = 0;
};

// u of 16-bit coefficients: |v| is brought to 16 bits, u = upper 32 of the 48 bits of the product.
template <bool Nearest, bool Count>
HWY_INLINE PrepareCounters round_words(const Rounder& rounder, const std::int16_t* v,
                                       const std::uint16_t* draws, int count, Code* codes) {
  const U16 d;
  const S16 ds;
  const Shift16 shift = shift_of_words(16 - rounder.fixed.length);
  const VU16 factor_high = hn::Set(d, static_cast<std::uint16_t>(rounder.fixed.factor >> 16));
  const VU16 factor_low = hn::Set(d, static_cast<std::uint16_t>(rounder.fixed.factor));
  CodeOf<Nearest, Count> code_of(rounder);
  for (int i = 0; i < count; i += kWords) {
    const VS16 value = hn::LoadU(ds, v + i);
    const VU16 a = shift_left(hn::BitCast(d, hn::Abs(value)), shift);
    const VU16 carried = hn::MulHigh(a, factor_low);
    const VU16 lower = hn::Add(hn::Mul(a, factor_high), carried);
    const VU16 upper = add_one_if(hn::Lt(lower, carried), hn::MulHigh(a, factor_high));
    const VU16 draw = Nearest ? hn::Zero(d) : hn::LoadU(d, draws + i);
    hwy::Prefetch(codes + i + kFetchAhead);
    hn::StoreU(code_of(upper, lower, draw, hn::BitCast(d, value)), ds, codes + i);
  }
  return code_of.counters();
}

// u of 32-bit coefficients in pairs of vectors (transform_pairs): upper half of the product.
template <bool Nearest, bool Count>
HWY_INLINE PrepareCounters round_pairs(const Rounder& rounder, const std::int32_t* v,
                                       const std::uint16_t* draws, int count, Code* codes) {
  const U16 d;
  const U32 d32;
  const S32 ds32;
  const Shift32 shift = shift_of_pairs(32 - rounder.fixed.length);
  const VU32 factor = hn::Set(d32, rounder.fixed.factor);
  CodeOf<Nearest, Count> code_of(rounder);
  for (int i = 0; i < count; i += kWords) {
    const VS32 even = hn::LoadU(ds32, v + i);
    const VS32 odd = hn::LoadU(ds32, v + i + kPairs);
    const VU32 u_even = multiply_high(shift_left(hn::BitCast(d32, hn::Abs(even)), shift), factor);
    const VU32 u_odd = multiply_high(shift_left(hn::BitCast(d32, hn::Abs(odd)), shift), factor);
    const VU16 lower = Nearest ? lower_words(u_even, u_odd) : hn::Zero(d);
    const VU16 draw = Nearest ? hn::Zero(d) : hn::LoadU(d, draws + i);
    const VU16 sign = upper_words(hn::BitCast(d32, even), hn::BitCast(d32, odd));
    hwy::Prefetch(codes + i + kFetchAhead);
    hn::StoreU(code_of(upper_words(u_even, u_odd), lower, draw, sign), S16(), codes + i);
  }
  return code_of.counters();
}

// ---- Double: plain loops, which the compiler turns into the target's vectors.

// PRE-4. The low `bits` bits of Z = floor(2^bits·N/D) are floor(2^bits·rem/D), the others are q.
template <bool Nearest>
HWY_INLINE PrepareCounters round_uniform(const Rounder& rounder, const std::int32_t* v,
                                         const std::uint16_t* draws, int count, Code* codes) {
  const double factor = rounder.factor;
  const double half = rounder.half;
  const double twice_n = 2 * rounder.n;
  const double d = rounder.d;
  const int bits = rounder.bits;
  const std::int32_t mask = (1 << bits) - 1;
  const std::int32_t largest = rounder.largest_code;
  std::uint32_t at_limit = 0;
  std::uint32_t ups = 0;
  std::uint32_t zero = 0;
  for (int i = 0; i < count; ++i) {
    const std::int32_t magnitude = v[i] < 0 ? -v[i] : v[i];
    const auto a = static_cast<double>(magnitude);
    const auto z = static_cast<std::int32_t>(a * factor + half);
    const std::int32_t q = z >> bits;
    std::int32_t up = 0;
    if constexpr (Nearest) {
      // 2N = Z·D, both exact: a tie if Z is odd; then up iff q is odd.
      const std::int32_t tie = a * twice_n == static_cast<double>(z) * d ? 1 : 0;
      up = z & 1 & ((tie ^ 1) | q);
    } else {
      up = q < largest && draws[i] < (z & mask) ? 1 : 0;
    }
    std::int32_t code = q + up;
    code = code > largest ? largest : code;
    codes[i] = static_cast<Code>(v[i] < 0 ? -code : code);
    at_limit += code == largest ? 1 : 0;
    ups += static_cast<std::uint32_t>(up);
    zero += code == 0 ? 1 : 0;
  }
  return {.codes_at_limit = at_limit, .rounded_up = Nearest ? 0 : ups, .zero_codes = zero};
}

// PRE-5. The interval of N is found by comparing with every bound; then as above with x - g.
template <bool Nearest>
HWY_INLINE PrepareCounters round_listed(const Rounder& rounder, const std::int32_t* v,
                                        const std::uint16_t* draws, int count, Code* codes) {
  const double* gaps = Nearest ? rounder.gap.data() : rounder.gap_factor.data();
  const std::int32_t largest = rounder.largest_code;
  std::uint32_t at_limit = 0;
  std::uint32_t ups = 0;
  std::uint32_t zero = 0;
  constexpr int kPart = 64;  // the arrays stay in the first-level cache
  for (int start = 0; start < count; start += kPart) {
    const int size = count - start < kPart ? count - start : kPart;
    double numerator[kPart];
    double low[kPart];
    double gap[kPart];  // 2^bits / gap for `stochastic`
    double half[kPart];
    std::int32_t below[kPart];
    for (int i = 0; i < size; ++i) {
      const std::int32_t value = v[start + i];
      numerator[i] = static_cast<double>(value < 0 ? -value : value) * rounder.n;
      low[i] = 0;
      gap[i] = gaps[0];
      half[i] = rounder.gap_half[0];
      below[i] = 0;
    }
    for (int j = 1; j <= rounder.intervals; ++j) {
      const double bound = rounder.bound[static_cast<std::size_t>(j)];
      const double bound_gap = gaps[j];
      const double bound_half = rounder.gap_half[static_cast<std::size_t>(j)];
      for (int i = 0; i < size; ++i) {
        const bool above = numerator[i] >= bound;
        low[i] = above ? bound : low[i];
        gap[i] = above ? bound_gap : gap[i];
        half[i] = above ? bound_half : half[i];
        below[i] = above ? j : below[i];
      }
    }
    for (int i = 0; i < size; ++i) {
      const double part = numerator[i] - low[i];  // exact
      std::int32_t up = 0;
      if constexpr (Nearest) {
        const std::int32_t tie = 2 * part == gap[i] ? 1 : 0;
        up = (2 * part > gap[i] ? 1 : 0) | (tie & below[i]);
        up &= 1;
      } else {
        const auto z = static_cast<std::int32_t>(part * gap[i] + half[i]);
        up = draws[start + i] < z ? 1 : 0;
      }
      const std::int32_t code = below[i] + up;
      codes[start + i] = static_cast<Code>(v[start + i] < 0 ? -code : code);
      at_limit += code == largest ? 1 : 0;
      ups += static_cast<std::uint32_t>(up);
      zero += code == 0 ? 1 : 0;
    }
  }
  return {.codes_at_limit = at_limit, .rounded_up = Nearest ? 0 : ups, .zero_codes = zero};
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
