// The one random number generator of the host side: data splits, class orders, initial weights,
// batch shuffles and the embedded data set. It is NOT the generator that the hardware replays
// (that one is golden/numerics/draw.hpp: random-access, no state).
//
// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014;
// the finaliser constants are David Stafford's "Mix13". Integer arithmetic modulo 2^64 only, so a
// seed gives the same numbers on every machine. No std:: distribution is used anywhere because
// the standard leaves their algorithms open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace sylvester {

class HostRandom {
 public:
  explicit HostRandom(std::uint64_t seed) : state_(seed) {}

  /// The next 64 bits. Period 2^64.
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio, odd
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// Uniform in 0 ... n-1, exactly (rejection; Lemire, "Fast random integer generation in an
  /// interval", ACM TOMACS 29(1), 2019, on the upper 32 bits of next()). n = 0 gives 0.
  std::uint32_t below(std::uint32_t n) {
    if (n == 0) return 0;
    std::uint64_t product = (next() >> 32) * n;
    if (static_cast<std::uint32_t>(product) < n) {
      const std::uint32_t threshold = (0U - n) % n;  // 2^32 mod n
      while (static_cast<std::uint32_t>(product) < threshold) product = (next() >> 32) * n;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  /// Uniform on the 2^24 multiples of 2^-24 in [0, 1): every value is exact in float32.
  float uniform() { return static_cast<float>(next() >> 40) * 0x1.0p-24F; }

  /// Uniform on the 2^53 multiples of 2^-53 in [0, 1).
  double uniform_double() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// An independent generator for a named sub-stream (task, epoch, subject ...): the seed of the
  /// child is a mix of this generator's present state and the key; this one does not advance.
  [[nodiscard]] HostRandom fork(std::uint64_t key) const {
    HostRandom mixer(state_ ^ (key * 0xD1342543DE82EF95ULL + 0x2545F4914F6CDD1DULL));
    mixer.next();
    return HostRandom(mixer.next());
  }

 private:
  std::uint64_t state_;
};

/// Fisher-Yates from the back: for i = size-1 ... 1 swap values[i] with values[below(i + 1)].
template <typename T>
void shuffle(std::span<T> values, HostRandom& random) {
  for (std::size_t i = values.size(); i > 1; --i) {
    const std::size_t j = random.below(static_cast<std::uint32_t>(i));
    std::swap(values[i - 1], values[j]);
  }
}

/// 0 ... n-1 in shuffled order.
inline std::vector<int> permutation(int n, HostRandom& random) {
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  shuffle(std::span<int>(order), random);
  return order;
}

}  // namespace sylvester
