#include "golden/train/gelu.hpp"

#include "golden/train/float_math.hpp"

namespace sylvester {
namespace {

constexpr float kTwice = 0x1.988454p+0F;  // 2·sqrt(2/pi) = 1.5957691
constexpr float kCubic = 0.044715F;

// sigmoid(2u).
float gate_of(float x) {
  const float u = kTwice * (x + kCubic * (x * (x * x)));
  return 1.0F / (1.0F + exp_float(-u));
}

}  // namespace

void gelu(const float* x, std::size_t size, float* y) {
  for (std::size_t i = 0; i < size; ++i) y[i] = x[i] * gate_of(x[i]);
}

void gelu_gradient(const float* x, const float* g, std::size_t size, float* dx) {
  for (std::size_t i = 0; i < size; ++i) {
    const float gate = gate_of(x[i]);
    const float closed = gate * (1.0F - gate);
    // Far from 0 the gate is 0 or 1 and its slope 0, whatever overflows beside it.
    const float bend =
        closed == 0.0F ? 0.0F : x[i] * closed * (kTwice * (1.0F + 3.0F * kCubic * (x[i] * x[i])));
    dx[i] = g[i] * (gate + bend);
  }
}

}  // namespace sylvester
