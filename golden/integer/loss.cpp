#include "golden/integer/loss.hpp"

#include <algorithm>

#include "golden/integer/coefficient.hpp"
#include "golden/integer/exponential.hpp"
#include "golden/integer/fit.hpp"

namespace sylvester {

void cross_entropy_gradient(const IntTensor& logits, std::span<const std::int32_t> labels,
                            const Draws& draws, IntTensor& gradient) {
  gradient.resize(logits.rows, logits.cols);
  std::uint64_t counted = 0;
  for (int i = 0; i < logits.rows; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    std::int32_t* g = gradient.row(i);
    if (label == kNoLabel) {
      std::fill_n(g, logits.cols, 0);
      continue;
    }
    ++counted;
    const std::int32_t* z = logits.row(i);
    const std::int32_t largest = *std::max_element(z, z + logits.cols);
    std::uint64_t sum = 0;
    for (int c = 0; c < logits.cols; ++c) {
      const std::uint32_t e = exponential(std::int64_t{largest} - z[c], logits.exponent);
      g[c] = static_cast<std::int32_t>(e);
      sum += e;
    }
    std::int32_t others = 0;
    for (int c = 0; c < logits.cols; ++c) {
      const auto e = static_cast<std::uint64_t>(g[c]);
      g[c] = static_cast<std::int32_t>((e << kExponentialBits) / sum);
      if (c != label) others += g[c];
    }
    g[label] = -others;
  }
  const Coefficient share = reciprocal(std::max<std::uint64_t>(counted, 1));
  gradient.exponent = fit_values(
      gradient.values.size(), -kExponentialBits + share.exponent, kWideBits, draws,
      [&](std::size_t i) { return std::int64_t{gradient.values[i]} * share.mantissa; },
      gradient.values.data());
}

}  // namespace sylvester
