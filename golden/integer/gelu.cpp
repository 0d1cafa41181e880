#include "golden/integer/gelu.hpp"

#include "golden/integer/coefficient.hpp"
#include "golden/integer/exponential.hpp"
#include "golden/integer/fit.hpp"

namespace sylvester {
namespace {

constexpr int kPointBits = 12;                    // behind the binary point of x and u
constexpr std::int64_t kMostX = 8 << kPointBits;  // the gate is 0 or 1 there to 30 bits
constexpr std::int64_t kTwice = 26145;            // 2·sqrt(2/pi) in 2^-14
constexpr std::int64_t kCubic = 2930;             // 0.044715 in 2^-16
constexpr std::int64_t kOne = std::int64_t{1} << kExponentialBits;

struct Gate {
  std::int64_t value;  // sigmoid, in 2^-kExponentialBits
  std::int64_t slope;  // of x·gate, in 2^-kSlopeBits
};

Gate gate_of(std::int64_t x) {
  const std::int64_t far = x < 0 ? -x : x;              // at most 2^15
  const std::int64_t square = far * far >> kPointBits;  // at most 2^18
  const std::int64_t bend = kCubic * square >> 16;      // at most 2^14, 0.044715·x²
  const std::int64_t one = std::int64_t{1} << kPointBits;
  const std::int64_t u = kTwice * (far * (one + bend) >> kPointBits) >> 14;
  const std::int64_t e = exponential(u, -kPointBits);
  const std::int64_t open = (kOne << kExponentialBits) / (kOne + e);  // gate of |x|
  const std::int64_t closed = kOne - open;
  // x·gate·(1 - gate)·2·sqrt(2/pi)·(1 + 3·0.044715·x²), the same for x and -x.
  const std::int64_t product = (open >> 10) * (closed >> 10) >> 10;  // in 2^-30, 20 bits each
  const std::int64_t factor = kTwice * (far * (one + 3 * bend) >> kPointBits) >> 14;
  const std::int64_t rest = product * factor >> (kExponentialBits + kPointBits - kSlopeBits);
  const std::int64_t straight = open >> (kExponentialBits - kSlopeBits);
  if (x < 0) {
    return {.value = closed, .slope = (std::int64_t{1} << kSlopeBits) - straight - rest};
  }
  return {.value = open, .slope = straight + rest};
}

}  // namespace

void gelu(const IntTensor& x, const Draws& draws, IntTensor& y, std::vector<std::int32_t>& slope) {
  slope.resize(x.values.size());
  std::vector<std::int32_t> gates(x.values.size());
  for (std::size_t i = 0; i < gates.size(); ++i) {
    const Gate gate = gate_of(shift_nearest(x.values[i], x.exponent + kPointBits, kMostX));
    gates[i] = static_cast<std::int32_t>(gate.value);
    slope[i] = static_cast<std::int32_t>(gate.slope);
  }
  y.exponent = fit_values(
      gates.size(), x.exponent - kExponentialBits, kWideBits, draws,
      [&](std::size_t i) { return std::int64_t{x.values[i]} * gates[i]; }, y.values.data());
}

void gelu_gradient(const std::vector<std::int32_t>& slope, const IntTensor& g, const Draws& draws,
                   IntTensor& dx) {
  dx.exponent = fit_values(
      g.values.size(), g.exponent - kSlopeBits, kWideBits, draws,
      [&](std::size_t i) { return std::int64_t{g.values[i]} * slope[i]; }, dx.values.data());
}

}  // namespace sylvester
