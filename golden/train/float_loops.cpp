#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/train/float_loops.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "golden/train/float_loops.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

// Where elements come from: vectors of them, and single ones at the end.
struct Stored {
  const float* values;

  HWY_INLINE hn::Vec<Floats> vector(std::size_t i) const { return hn::LoadU(Floats(), values + i); }
  HWY_INLINE float one(std::size_t i) const { return values[i]; }
};
struct Scaled {
  const std::int32_t* values;
  float scale;

  HWY_INLINE hn::Vec<Floats> vector(std::size_t i) const {
    const Floats d;
    const hn::RebindToSigned<Floats> integers;
    return hn::Mul(hn::ConvertTo(d, hn::LoadU(integers, values + i)), hn::Set(d, scale));
  }
  HWY_INLINE float one(std::size_t i) const { return static_cast<float>(values[i]) * scale; }
};

void scale_all(const std::int32_t* values, std::size_t size, float scale, float* out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const Scaled scaled{values, scale};
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(scaled.vector(i), d, out + i);
  for (; i < size; ++i) out[i] = scaled.one(i);
}

template <typename Gradient>
HWY_INLINE void update(const MomentumRule& rule, const Gradient& g, std::size_t size, float* v,
                       float* w) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const auto rate = hn::Set(d, rule.rate);
  const auto momentum = hn::Set(d, rule.momentum);
  const auto decay = hn::Set(d, rule.decay);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto weight = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(g.vector(i), hn::Mul(decay, weight));
    const auto velocity = hn::Add(hn::Mul(momentum, hn::LoadU(d, v + i)), gradient);
    hn::StoreU(velocity, d, v + i);
    hn::StoreU(hn::Sub(weight, hn::Mul(rate, velocity)), d, w + i);
  }
  for (; i < size; ++i) {
    v[i] = rule.momentum * v[i] + (g.one(i) + rule.decay * w[i]);
    w[i] = w[i] - rule.rate * v[i];
  }
}

void update_all(const MomentumRule& rule, const float* g, std::size_t size, float* v, float* w) {
  update(rule, Stored{g}, size, v, w);
}
void update_scaled(const MomentumRule& rule, const std::int32_t* values, float scale,
                   std::size_t size, float* v, float* w) {
  update(rule, Scaled{values, scale}, size, v, w);
}

void zero_all(const float* gate, std::size_t size, float* x) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const auto zero = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto open = hn::Gt(hn::LoadU(d, gate + i), zero);
    hn::StoreU(hn::IfThenElseZero(open, hn::LoadU(d, x + i)), d, x + i);
  }
  for (; i < size; ++i) x[i] = gate[i] > 0.0F ? x[i] : 0.0F;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(scale_all);
HWY_EXPORT(update_all);
HWY_EXPORT(update_scaled);
HWY_EXPORT(zero_all);
}  // namespace

void scale_integers(const std::int32_t* values, std::size_t size, float scale, float* out) {
  HWY_DYNAMIC_DISPATCH(scale_all)(values, size, scale, out);
}
void momentum_update(const MomentumRule& rule, const float* g, std::size_t size, float* v,
                     float* w) {
  HWY_DYNAMIC_DISPATCH(update_all)(rule, g, size, v, w);
}
void momentum_update(const MomentumRule& rule, const std::int32_t* values, float scale,
                     std::size_t size, float* v, float* w) {
  HWY_DYNAMIC_DISPATCH(update_scaled)(rule, values, scale, size, v, w);
}
void zero_unless_positive(const float* gate, std::size_t size, float* x) {
  HWY_DYNAMIC_DISPATCH(zero_all)(gate, size, x);
}

}  // namespace sylvester
#endif
