// The Gaussian error linear unit in the form with tanh (Hendrycks, Gimpel, "Gaussian error linear
// units", arXiv:1606.08415), rule NET-1: elementwise float32, every operation rounded on its own.
#pragma once

#include <cstddef>

namespace sylvester {

/// y[i] = x·sigmoid(2u), u = sqrt(2/pi)·(x + 0.044715·x^3), of x = x[i].
void gelu(const float* x, std::size_t size, float* y);

/// dx[i] = g[i] times the slope at x[i]; dx may be g.
void gelu_gradient(const float* x, const float* g, std::size_t size, float* dx);

}  // namespace sylvester
