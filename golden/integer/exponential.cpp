#include "golden/integer/exponential.hpp"

#include <array>
#include <bit>

namespace sylvester {
namespace {

constexpr int kPointBits = 16;  // behind the binary point of x·log2(e)

// 2^32·2^-(2^-k), k = 1 ... 16, rounded to nearest.
constexpr std::array<std::uint32_t, kPointBits> kRoots = {
    3037000500U, 3611622603U, 3938502376U, 4112874773U, 4202935003U, 4248701965U,
    4271771996U, 4283353945U, 4289156690U, 4292061010U, 4293513907U, 4294240540U,
    4294603903U, 4294785595U, 4294876445U, 4294921870U};

}  // namespace

std::uint32_t exponential(std::int64_t distance, int exponent) {
  if (distance == 0) return 1U << kExponentialBits;
  constexpr int kMostBits = 40;
  const int excess =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(distance))) - kMostBits;
  if (excess > 0) {
    distance >>= excess;
    exponent += excess;
  }
  // x·log2(e) in units of 2^-16: log2(e) = 47274·2^-15.
  constexpr std::int64_t kLog2E = 47274;
  const int shift = exponent - 15 + kPointBits;
  const int top =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(distance))) + 16 + shift;
  constexpr int kIntegerBits = 5;
  if (top > kPointBits + kIntegerBits + 1) return 0;
  if (shift < -62) return 1U << kExponentialBits;
  const std::int64_t product = distance * kLog2E;
  const std::int64_t units = shift >= 0 ? product << shift : product >> -shift;
  const std::int64_t whole = units >> kPointBits;
  if (whole > kExponentialBits) return 0;
  std::uint64_t result = std::uint64_t{1} << 32;
  for (int k = 1; k <= kPointBits; ++k) {
    if ((units >> (kPointBits - k) & 1) != 0)
      result = result * kRoots[static_cast<std::size_t>(k - 1)] >> 32;
  }
  return static_cast<std::uint32_t>(result >> (32 - kExponentialBits) >> whole);
}

}  // namespace sylvester
