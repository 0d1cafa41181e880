#include "golden/train/float_loops.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <vector>

#include "golden/numerics/simd.hpp"
#include "golden/numerics/test_random.hpp"

namespace sylvester {
namespace {

// Every pattern of bits that is a number, and zeros of both signs.
float random_float(HostRandom& random) {
  switch (random.below(8)) {
    case 0:
      return random.below(2) == 0 ? 0.0F : -0.0F;
    case 1:
      return std::bit_cast<float>(static_cast<std::uint32_t>(random.next()) & 0x80FFFFFFU);
    default:
      return 4.0F * random.uniform() - 2.0F;
  }
}

void expect_same(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(a[i]), std::bit_cast<std::uint32_t>(b[i]));
  }
}

TEST(FloatLoops, EqualThePlainLoopsOnEveryLevel) {
  HostRandom random = test_random();
  const SimdLevel best = simd_level();
  for (const SimdLevel level : supported_simd_levels()) {
    force_simd_level(level);
    for (std::size_t size = 0; size < 75; ++size) {
      std::vector<std::int32_t> integers;
      std::vector<float> g;
      std::vector<float> v;
      std::vector<float> w;
      for (std::size_t i = 0; i < size; ++i) {
        integers.push_back(static_cast<std::int32_t>(random.next()) >> random.below(32));
        g.push_back(random_float(random));
        v.push_back(random_float(random));
        w.push_back(random_float(random));
      }
      const float scale = random_float(random);
      std::vector<float> scaled(size);
      scale_integers(integers.data(), size, scale, scaled.data());
      std::vector<float> gated = v;
      zero_unless_positive(g.data(), size, gated.data());
      std::vector<float> new_v = v;
      std::vector<float> new_w = w;
      const MomentumRule rule{.rate = 0.01F, .momentum = 0.9F, .decay = 2e-4F};
      momentum_update(rule, g.data(), size, new_v.data(), new_w.data());
      std::vector<float> expected_scaled;
      std::vector<float> expected_gated;
      std::vector<float> expected_v;
      std::vector<float> expected_w;
      for (std::size_t i = 0; i < size; ++i) {
        expected_scaled.push_back(static_cast<float>(integers[i]) * scale);
        expected_gated.push_back(g[i] > 0.0F ? v[i] : 0.0F);
        expected_v.push_back(rule.momentum * v[i] + (g[i] + rule.decay * w[i]));
        expected_w.push_back(w[i] - rule.rate * expected_v[i]);
      }
      expect_same(scaled, expected_scaled);
      expect_same(gated, expected_gated);
      expect_same(new_v, expected_v);
      expect_same(new_w, expected_w);

      std::vector<float> other_v = v;
      std::vector<float> other_w = w;
      momentum_update(rule, integers.data(), scale, size, other_v.data(), other_w.data());
      new_v = v;
      new_w = w;
      momentum_update(rule, scaled.data(), size, new_v.data(), new_w.data());
      expect_same(other_v, new_v);
      expect_same(other_w, new_w);
    }
  }
  force_simd_level(best);
}

TEST(FloatLoops, ReluOfNanIsZero) {  // as the plain loop has it
  std::vector<float> x(40, std::numeric_limits<float>::quiet_NaN());
  zero_unless_positive(x.data(), x.size(), x.data());
  for (const float value : x) EXPECT_EQ(std::bit_cast<std::uint32_t>(value), 0U);
}

}  // namespace
}  // namespace sylvester
