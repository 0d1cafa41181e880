#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/wide.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "golden/numerics/wide.hpp"
#include "golden/support/error.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Largest bit pattern without sign: the patterns of non-negative floats are ordered as the floats
// are, and those of NaN and infinity are the last.
std::uint32_t largest_pattern(const float* x, std::size_t count) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<std::uint32_t> bits;
  const std::size_t lanes = hn::Lanes(d);
  auto largest = hn::Zero(bits);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    largest = hn::Max(largest, hn::BitCast(bits, hn::Abs(hn::LoadU(d, x + i))));
  }
  std::uint32_t result = hn::GetLane(hn::MaxOfLanes(bits, largest));
  for (; i < count; ++i) {
    result = std::max(result, std::bit_cast<std::uint32_t>(x[i]) & 0x7FFFFFFFU);
  }
  return result;
}

// Adding 1.5·2^23 to |y| <= 2^15 leaves no fraction bits: it is the one rounding to nearest, ties
// to even, and the integer is the difference of the bit patterns.
constexpr float kRound = 0x1.8p23F;

// x·factor rounded and limited, `factor` a normal power of two, |x·factor| < 2^15. The product is
// exact unless it is subnormal, and then it becomes 0 in any case.
void round_floats(const float* x, std::size_t count, float factor, std::int16_t* mantissas) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::Rebind<std::int16_t, decltype(d)> d16;
  const std::size_t lanes = hn::Lanes(d);
  const auto scale = hn::Set(d, factor);
  const auto round = hn::Set(d, kRound);
  const auto least = hn::Set(d16, static_cast<std::int16_t>(-kWideLimit));
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto sum = hn::Add(hn::Mul(hn::LoadU(d, x + i), scale), round);
    const auto integer = hn::Sub(hn::BitCast(d32, sum), hn::BitCast(d32, round));
    hn::StoreU(hn::Max(hn::DemoteTo(d16, integer), least), d16, mantissas + i);
  }
  for (; i < count; ++i) {
    const auto integer = static_cast<std::int32_t>((x[i] * factor + kRound) - kRound);
    mantissas[i] = static_cast<std::int16_t>(std::clamp(integer, -kWideLimit, kWideLimit));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {

HWY_EXPORT(largest_pattern);
HWY_EXPORT(round_floats);

// Any exponent: float to double and the power of two are exact.
void round_doubles(std::span<const float> x, int exponent, std::span<std::int16_t> mantissas) {
  const double factor = std::ldexp(1.0, -exponent);
  constexpr double kRoundDouble = 0x1.8p52;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double rounded = (static_cast<double>(x[i]) * factor + kRoundDouble) - kRoundDouble;
    const auto mantissa = static_cast<std::int32_t>(rounded);
    mantissas[i] = static_cast<std::int16_t>(std::clamp(mantissa, -kWideLimit, kWideLimit));
  }
}

}  // namespace

int to_wide(std::span<const float> x, std::span<std::int16_t> mantissas, const std::string& name) {
  if (x.size() != mantissas.size()) {
    throw UserError("tensor '" + name + "': " + std::to_string(x.size()) + " elements for " +
                    std::to_string(mantissas.size()) + " mantissas");
  }
  const std::uint32_t largest = HWY_DYNAMIC_DISPATCH(largest_pattern)(x.data(), x.size());
  if (largest >= 0x7F800000U) {
    throw UserError("tensor '" + name + "': an element is NaN or infinite");
  }
  if (largest == 0) {
    std::fill(mantissas.begin(), mantissas.end(), std::int16_t{0});
    return 0;
  }
  const int top = largest >= 0x00800000U ? static_cast<int>(largest >> 23) - 127
                                         : static_cast<int>(std::bit_width(largest)) - 1 - 149;
  const int exponent = top - 14;
  if (-exponent <= 127) {  // and at least -113
    const float factor = std::ldexp(1.0F, -exponent);
    HWY_DYNAMIC_DISPATCH(round_floats)(x.data(), x.size(), factor, mantissas.data());
  } else {
    round_doubles(x, exponent, mantissas);
  }
  return exponent;
}

}  // namespace sylvester
#endif
