// Sine and cosine that give the same bits on every machine, for the embedded data set.
#pragma once

#include <cmath>

namespace sylvester {

/// sin(2 pi t). Only IEEE additions, multiplications and floor, in a fixed order, so no C library
/// has a say (the build switches contraction to fused multiply-add off). |t| < 2^40.
/// Error below 1e-9: Taylor polynomial of degree 13 on [-pi/2, pi/2], first omitted term
/// (pi/2)^15/15! < 7e-10.
inline double sine_of_turns(double t) {
  double r = t - std::floor(t);  // [0, 1), exact
  // Reflect to [-1/4, 1/4]: sin(pi - x) = sin(x).
  if (r > 0.75) {
    r -= 1.0;
  } else if (r > 0.25) {
    r = 0.5 - r;
  }
  constexpr double kTwoPi = 6.283185307179586;
  const double x = r * kTwoPi;
  const double x2 = x * x;
  double sum = 1.0 / 6227020800.0;
  sum = sum * x2 - 1.0 / 39916800.0;
  sum = sum * x2 + 1.0 / 362880.0;
  sum = sum * x2 - 1.0 / 5040.0;
  sum = sum * x2 + 1.0 / 120.0;
  sum = sum * x2 - 1.0 / 6.0;
  sum = sum * x2 + 1.0;
  return sum * x;
}

/// cos(2 pi t), see sine_of_turns.
inline double cosine_of_turns(double t) { return sine_of_turns(t + 0.25); }

}  // namespace sylvester
