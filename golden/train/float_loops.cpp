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

void scale_all(const std::int32_t* values, std::size_t size, float scale, float* out) {
  const Floats d;
  const hn::RebindToSigned<Floats> integers;
  const std::size_t lanes = hn::Lanes(d);
  const auto factor = hn::Set(d, scale);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::StoreU(hn::Mul(hn::ConvertTo(d, hn::LoadU(integers, values + i)), factor), d, out + i);
  }
  for (; i < size; ++i) out[i] = static_cast<float>(values[i]) * scale;
}

void update_all(const MomentumRule& rule, const float* g, std::size_t size, float* v, float* w) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const auto rate = hn::Set(d, rule.rate);
  const auto momentum = hn::Set(d, rule.momentum);
  const auto decay = hn::Set(d, rule.decay);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto weight = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::LoadU(d, g + i), hn::Mul(decay, weight));
    const auto velocity = hn::Add(hn::Mul(momentum, hn::LoadU(d, v + i)), gradient);
    hn::StoreU(velocity, d, v + i);
    hn::StoreU(hn::Sub(weight, hn::Mul(rate, velocity)), d, w + i);
  }
  for (; i < size; ++i) {
    v[i] = rule.momentum * v[i] + (g[i] + rule.decay * w[i]);
    w[i] = w[i] - rule.rate * v[i];
  }
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
HWY_EXPORT(zero_all);
}  // namespace

void scale_integers(const std::int32_t* values, std::size_t size, float scale, float* out) {
  HWY_DYNAMIC_DISPATCH(scale_all)(values, size, scale, out);
}
void momentum_update(const MomentumRule& rule, const float* g, std::size_t size, float* v,
                     float* w) {
  HWY_DYNAMIC_DISPATCH(update_all)(rule, g, size, v, w);
}
void zero_unless_positive(const float* gate, std::size_t size, float* x) {
  HWY_DYNAMIC_DISPATCH(zero_all)(gate, size, x);
}

}  // namespace sylvester
#endif
