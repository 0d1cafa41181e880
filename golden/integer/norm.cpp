#include "golden/integer/norm.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "golden/integer/combine.hpp"
#include "golden/integer/fit.hpp"

namespace sylvester {
namespace {

constexpr std::int64_t kMostNormalisedValue = std::int64_t{1} << 27;

// Sums of narrow values q: with n <= 2^20 of them |s1| < 2^35 and s2 < 2^50.
struct Sums {
  std::int64_t s1 = 0;
  std::int64_t s2 = 0;
};

Uint128 square(std::int64_t x) { return Uint128{magnitude(x)} * magnitude(x); }

// n² times the variance, in units of 2^(2·exponent).
Uint128 spread(std::int64_t n, const Sums& sums) {
  return Uint128{static_cast<std::uint64_t>(n)} * static_cast<std::uint64_t>(sums.s2) -
         square(sums.s1);
}

// 1/(n·sqrt(variance + epsilon)).
Coefficient inverse_of(std::int64_t n, const Sums& sums, int exponent) {
  return inverse_root(sum({.mantissa = spread(n, sums), .exponent = 2 * exponent},
                          {.mantissa = square(n) * static_cast<unsigned>(kIntNormEpsilon.mantissa),
                           .exponent = kIntNormEpsilon.exponent}));
}

Coefficient times(const Coefficient& a, std::int64_t n) {
  return make_coefficient(a.mantissa * n, a.exponent);
}

// (value·2^exponent)·factor in units of 2^-kNormalisedBits; |value| < 2^40.
std::int32_t normalised(std::int64_t value, int exponent, const Coefficient& factor) {
  return static_cast<std::int32_t>(shift_nearest(
      value * factor.mantissa, exponent + factor.exponent + kNormalisedBits, kMostNormalisedValue));
}

// y = normalised·weight + bias.
void scale_and_add(const IntParameters& parameters, const IntTensor& x, const Draws& draws,
                   IntTensor& y) {
  const auto channels = static_cast<std::size_t>(x.cols);
  const std::array<Part, 2> parts = {
      {{.exponent = x.exponent + parameters.weight.exponent,
        .bits = bits_of(x.values) + bits_of(parameters.weight.values)},
       {.exponent = parameters.bias.exponent, .bits = bits_of(parameters.bias.values)}}};
  const Alignment at = align(parts);
  std::vector<std::int64_t> bias(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    bias[c] = shift_down(parameters.bias.values[c], at.shift[1]);
  }
  std::size_t c = channels - 1;
  y.exponent = fit_values(
      x.values.size(), at.exponent, kWideBits, draws,
      [&](std::size_t i) {
        c = c + 1 == channels ? 0 : c + 1;
        return shift_down(std::int64_t{x.values[i]} * parameters.weight.values[c], at.shift[0]) +
               bias[c];
      },
      y.values.data());
}

void fit_channels(const std::vector<std::int64_t>& values, int exponent, int bits,
                  const Draws& draws, IntTensor& out) {
  out.resize(1, static_cast<int>(values.size()));
  out.exponent = fit_values(
      values.size(), exponent, bits, draws, [&](std::size_t i) { return values[i]; },
      out.values.data());
}

// Gradients of the parameters: sums over rows of g times the normalised value, and of g.
void parameter_gradients(const IntNormState& state, const IntTensor& g,
                         std::vector<std::int64_t>& of_g, std::vector<std::int64_t>& of_product) {
  const auto channels = static_cast<std::size_t>(g.cols);
  of_g.assign(channels, 0);
  of_product.assign(channels, 0);
  for (int i = 0; i < g.rows; ++i) {
    const std::int32_t* gradient = g.row(i);
    const std::int32_t* x = state.normalised.row(i);
    for (std::size_t c = 0; c < channels; ++c) {
      of_g[c] += gradient[c];
      of_product[c] += std::int64_t{gradient[c]} * x[c];
    }
  }
}

// g - mean(g) - x·mean(g·x) in units of 2^-kNormalisedBits of g's, means over n values:
// |x| <= sqrt(n)·2^16, so below 2^43 for n <= 2^20.
struct Centring {
  std::int64_t mean = 0;
  std::int64_t slope = 0;

  Centring() = default;
  Centring(std::int64_t of_g, std::int64_t of_product, std::int64_t n)
      : mean(of_g * (std::int64_t{1} << kNormalisedBits) / n), slope(of_product / n) {}
  [[nodiscard]] std::int64_t operator()(std::int32_t g, std::int32_t x) const {
    return std::int64_t{g} * (std::int64_t{1} << kNormalisedBits) - mean -
           ((x * slope) >> kNormalisedBits);
  }
};

// The largest exponent of coefficients other than 0.
int top_exponent(const std::vector<Coefficient>& coefficients) {
  int top = std::numeric_limits<int>::min();
  for (const Coefficient& factor : coefficients) {
    if (factor.mantissa != 0) top = std::max(top, factor.exponent);
  }
  return top == std::numeric_limits<int>::min() ? 0 : top;
}

std::int64_t scaled(std::int64_t value, const Coefficient& factor, int exponent) {
  return factor.mantissa == 0 ? 0 : shift_down(value * factor.mantissa, factor.exponent - exponent);
}

}  // namespace

void batch_norm(const IntParameters& parameters, bool of_batch, const Draws& draws, IntTensor& y,
                IntNormState& state) {
  const IntTensor& x = state.narrow;
  const auto channels = static_cast<std::size_t>(x.cols);
  state.exponent = x.exponent;
  state.inverse.resize(channels);
  IntTensor& out = state.normalised;
  out.resize(x.rows, x.cols);
  out.exponent = -kNormalisedBits;
  if (!of_batch) {
    const IntTensor& mean = parameters.mean;
    const std::array<Part, 2> parts = {{{.exponent = x.exponent, .bits = bits_of(x.values)},
                                        {.exponent = mean.exponent, .bits = bits_of(mean.values)}}};
    // At most 40 bits: 22 fewer than align() leaves.
    Alignment at = align(parts);
    int excess_bits = 0;
    for (std::size_t p = 0; p < 2; ++p) {
      if (parts[p].bits > 0) excess_bits = std::max(excess_bits, parts[p].bits + at.shift[p] - 38);
    }
    at.exponent += excess_bits;
    for (int& shift : at.shift) shift -= excess_bits;
    std::vector<std::int64_t> offset(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      offset[c] = shift_down(mean.values[c], at.shift[1]);
      state.inverse[c] =
          inverse_root(sum({.mantissa = magnitude(std::max(0, parameters.variance.values[c])),
                            .exponent = parameters.variance.exponent},
                           {.mantissa = static_cast<unsigned>(kIntNormEpsilon.mantissa),
                            .exponent = kIntNormEpsilon.exponent}));
    }
    for (int i = 0; i < x.rows; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        out.row(i)[c] = normalised(shift_down(x.row(i)[c], at.shift[0]) - offset[c], at.exponent,
                                   state.inverse[c]);
      }
    }
    scale_and_add(parameters, out, draws, y);
    return;
  }
  const std::int64_t n = x.rows;
  std::vector<Sums> sums(channels);
  for (int i = 0; i < x.rows; ++i) {
    const std::int32_t* row = x.row(i);
    for (std::size_t c = 0; c < channels; ++c) {
      sums[c].s1 += row[c];
      sums[c].s2 += std::int64_t{row[c]} * row[c];
    }
  }
  std::vector<Coefficient> shares(channels);  // 1/(n·deviation)
  state.mean.resize(channels);
  state.variance.resize(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    shares[c] = inverse_of(n, sums[c], x.exponent);
    state.inverse[c] = times(shares[c], n);
    state.mean[c] = sums[c].s1 * (std::int64_t{1} << 15) / n;
    const Uint128 pairs = square(n) - (n > 1 ? static_cast<std::uint64_t>(n) : 0);
    state.variance[c] = static_cast<std::int64_t>((spread(n, sums[c]) << 16) / pairs);
  }
  for (int i = 0; i < x.rows; ++i) {
    const std::int32_t* row = x.row(i);
    std::int32_t* to = out.row(i);
    for (std::size_t c = 0; c < channels; ++c) {
      to[c] = normalised(n * row[c] - sums[c].s1, x.exponent, shares[c]);
    }
  }
  scale_and_add(parameters, out, draws, y);
}

void layer_norm(const IntParameters& parameters, const Draws& draws, IntTensor& y,
                IntNormState& state) {
  const IntTensor& x = state.narrow;
  const auto channels = static_cast<std::size_t>(x.cols);
  const std::int64_t n = x.cols;
  state.exponent = x.exponent;
  state.inverse.resize(static_cast<std::size_t>(x.rows));
  IntTensor& out = state.normalised;
  out.resize(x.rows, x.cols);
  out.exponent = -kNormalisedBits;
  for (int i = 0; i < x.rows; ++i) {
    const std::int32_t* row = x.row(i);
    std::int32_t* to = out.row(i);
    Sums sums;
    for (std::size_t c = 0; c < channels; ++c) {
      sums.s1 += row[c];
      sums.s2 += std::int64_t{row[c]} * row[c];
    }
    const Coefficient share = inverse_of(n, sums, x.exponent);
    state.inverse[static_cast<std::size_t>(i)] = times(share, n);
    for (std::size_t c = 0; c < channels; ++c) {
      to[c] = normalised(n * row[c] - sums.s1, x.exponent, share);
    }
  }
  scale_and_add(parameters, out, draws, y);
}

void batch_norm_gradient(const IntParameters& parameters, bool of_batch, const IntNormState& state,
                         const IntTensor& g, const Draws& of_weight, const Draws& of_bias,
                         const Draws& of_dx, IntNormGradient& gradient, IntTensor* dx) {
  const auto channels = static_cast<std::size_t>(g.cols);
  std::vector<std::int64_t> of_g;
  std::vector<std::int64_t> of_product;
  parameter_gradients(state, g, of_g, of_product);
  fit_channels(of_product, g.exponent - kNormalisedBits, kWideBits, of_weight, gradient.weight);
  fit_channels(of_g, g.exponent, kWideBits, of_bias, gradient.bias);
  if (dx == nullptr) return;
  std::vector<Centring> centrings(channels);
  std::vector<Coefficient> factors(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    if (of_batch) centrings[c] = {of_g[c], of_product[c], g.rows};
    factors[c] = times(state.inverse[c], parameters.weight.values[c]);
  }
  const int top = top_exponent(factors);
  std::size_t c = channels - 1;
  const std::int32_t* const x = state.normalised.values.data();
  dx->exponent = fit_values(
      g.values.size(), g.exponent - kNormalisedBits + parameters.weight.exponent + top, kWideBits,
      of_dx,
      [&](std::size_t i) {
        c = c + 1 == channels ? 0 : c + 1;
        return scaled(centrings[c](g.values[i], x[i]), factors[c], top);
      },
      dx->values.data());
}

void layer_norm_gradient(const IntParameters& parameters, const IntNormState& state,
                         const IntTensor& g, const Draws& of_weight, const Draws& of_bias,
                         const Draws& of_scaled, const Draws& of_dx, IntNormGradient& gradient,
                         IntTensor* dx, IntTensor& scaled_g) {
  const auto channels = static_cast<std::size_t>(g.cols);
  std::vector<std::int64_t> of_g;
  std::vector<std::int64_t> of_product;
  parameter_gradients(state, g, of_g, of_product);
  fit_channels(of_product, g.exponent - kNormalisedBits, kWideBits, of_weight, gradient.weight);
  fit_channels(of_g, g.exponent, kWideBits, of_bias, gradient.bias);
  if (dx == nullptr) return;
  scaled_g.resize(g.rows, g.cols);
  std::size_t column = channels - 1;
  scaled_g.exponent = fit_values(
      g.values.size(), g.exponent + parameters.weight.exponent, kNarrowBits, of_scaled,
      [&](std::size_t i) {
        column = column + 1 == channels ? 0 : column + 1;
        return std::int64_t{g.values[i]} * parameters.weight.values[column];
      },
      scaled_g.values.data());
  std::vector<Centring> centrings(static_cast<std::size_t>(g.rows));
  for (int i = 0; i < g.rows; ++i) {
    std::int64_t sum_g = 0;
    std::int64_t sum_product = 0;
    for (int c = 0; c < g.cols; ++c) {
      sum_g += scaled_g.row(i)[c];
      sum_product += std::int64_t{scaled_g.row(i)[c]} * state.normalised.row(i)[c];
    }
    centrings[static_cast<std::size_t>(i)] = {sum_g, sum_product, g.cols};
  }
  const int top = top_exponent(state.inverse);
  std::size_t c = channels - 1;
  std::size_t row = static_cast<std::size_t>(g.rows) - 1;
  const std::int32_t* const x = state.normalised.values.data();
  dx->exponent = fit_values(
      g.values.size(), scaled_g.exponent - kNormalisedBits + top, kWideBits, of_dx,
      [&](std::size_t i) {
        if (++c == channels) {
          c = 0;
          row = row + 1 == centrings.size() ? 0 : row + 1;
        }
        return scaled(centrings[row](scaled_g.values[i], x[i]), state.inverse[row], top);
      },
      dx->values.data());
}

void learn_statistics(const IntNormState& state, const StatisticsDraws& draws,
                      IntParameters& parameters) {
  IntTensor of_batch;
  const auto move = [&](const Draws& of_sum, IntTensor& running) {
    const std::array<Term, 2> terms = {{{.tensor = &running, .factor = kIntStatisticsRest},
                                        {.tensor = &of_batch, .factor = kIntStatisticsRate}}};
    combine(terms, kStatisticsBits, of_sum, running);
    raise_exponent(running);
  };
  fit_channels(state.mean, state.exponent - 15, kWideBits, draws.mean_of_batch, of_batch);
  move(draws.mean, parameters.mean);
  fit_channels(state.variance, 2 * state.exponent - 16, kWideBits, draws.variance_of_batch,
               of_batch);
  move(draws.variance, parameters.variance);
}

}  // namespace sylvester
