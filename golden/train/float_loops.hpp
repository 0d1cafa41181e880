// The float32 loops of a training step, vectorised. Every operation is rounded on its own and no
// element depends on another: results are those of the plain loops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sylvester {

/// out[i] = fl(fl(values[i])·scale), `scale` finite (SCL-4).
void scale_integers(const std::int32_t* values, std::size_t size, float scale, float* out);

/// v = momentum·v + (g + decay·w);  w = w - rate·v
struct MomentumRule {
  float rate;
  float momentum;
  float decay;
};
void momentum_update(const MomentumRule& rule, const float* g, std::size_t size, float* v,
                     float* w);
/// The same with the gradient that scale_integers would give.
void momentum_update(const MomentumRule& rule, const std::int32_t* values, float scale,
                     std::size_t size, float* v, float* w);

/// x[i] = 0 unless gate[i] > 0; `gate` may be x.
void zero_unless_positive(const float* gate, std::size_t size, float* x);

}  // namespace sylvester
