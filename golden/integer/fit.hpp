// Stochastic rounding of integers to fewer bits with a new exponent (docs/numerics.md, INT-2 and
// INT-3): the one rounding of integer training.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

/// |value| of any value but the least one.
inline std::uint64_t magnitude(std::int64_t value) {
  return static_cast<std::uint64_t>(value < 0 ? -value : value);
}

/// INT-2: |value| / 2^shift rounded up with the probability of the bits that are lost, of which the
/// upper 32 count, with the sign of value. 0 <= shift <= 63.
inline std::int64_t shift_stochastic(std::int64_t value, int shift, std::uint32_t word) {
  if (shift == 0) return value;
  const std::uint64_t whole = magnitude(value);
  const std::uint64_t lost = whole & ((std::uint64_t{1} << shift) - 1);
  const bool up = shift <= 32 ? word >> (32 - shift) < lost : word < lost >> (shift - 32);
  const auto rounded = static_cast<std::int64_t>((whole >> shift) + (up ? 1 : 0));
  return value < 0 ? -rounded : rounded;
}

/// INT-3: how far numbers whose magnitudes together have the set bits `bits_of_all` must be shifted
/// to have `bits` bits with the sign.
inline int excess(std::uint64_t bits_of_all, int bits) {
  return std::max(0, static_cast<int>(std::bit_width(bits_of_all)) - (bits - 1));
}
inline std::int64_t largest_of(int bits) { return (std::int64_t{1} << (bits - 1)) - 1; }

/// INT-3: out[i] = value(i)·2^exponent in `bits` bits, 2 ... 32, with the exponent that is
/// returned. `value` is called twice for every i = 0 ... count-1, ascending, the second time before
/// out[i] is written, so it may read out[i]. |value(i)| < 2^63.
template <typename Value, typename Out>
int fit_values(std::size_t count, int exponent, int bits, const Draws& draws, const Value& value,
               Out* out) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < count; ++i) all |= magnitude(value(i));
  const int shift = excess(all, bits);
  if (shift == 0) {
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<Out>(value(i));
    return all == 0 ? 0 : exponent;
  }
  const std::int64_t largest = largest_of(bits);
  std::array<std::uint32_t, kDrawBlock> words;  // NOLINT(*-member-init)
  for (std::size_t start = 0; start < count; start += kDrawBlock) {
    const std::size_t size = std::min(kDrawBlock, count - start);
    draw_words(draws.key, draws.index0 + static_cast<std::uint32_t>(start),
               std::span(words).first(size));
    for (std::size_t i = 0; i < size; ++i) {
      const std::int64_t rounded = shift_stochastic(value(start + i), shift, words[i]);
      out[start + i] = static_cast<Out>(std::clamp(rounded, -largest, largest));
    }
  }
  return exponent + shift;
}

/// The same of a tensor.
inline void fit(const IntTensor& in, int bits, const Draws& draws, IntTensor& out) {
  out.resize(in.rows, in.cols);
  out.exponent = fit_values(
      in.values.size(), in.exponent, bits, draws,
      [&](std::size_t i) { return std::int64_t{in.values[i]}; }, out.values.data());
}

}  // namespace sylvester
