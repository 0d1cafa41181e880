#include "golden/integer/attention.hpp"

#include <algorithm>
#include <array>

#include "golden/integer/coefficient.hpp"
#include "golden/integer/combine.hpp"
#include "golden/integer/exponential.hpp"
#include "golden/integer/fit.hpp"

namespace sylvester {
namespace {

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

// 1/sqrt(n).
Coefficient scale_of(int n) {
  return inverse_root({.mantissa = static_cast<unsigned>(n), .exponent = 0});
}

// A row of probabilities in 2^-30 from a row of scores.
void softmax(const std::int32_t* scores, int size, const Coefficient& scale, int exponent,
             std::int32_t* probability) {
  const std::int32_t largest = *std::max_element(scores, scores + size);
  std::uint64_t sum = 0;
  for (int j = 0; j < size; ++j) {
    const std::uint32_t e = exponential((std::int64_t{largest} - scores[j]) * scale.mantissa,
                                        exponent + scale.exponent);
    probability[j] = static_cast<std::int32_t>(e);
    sum += e;
  }
  for (int j = 0; j < size; ++j) {
    probability[j] = static_cast<std::int32_t>(
        (static_cast<std::uint64_t>(probability[j]) << kExponentialBits) / sum);
  }
}

}  // namespace

IntOperand IntAttention::operand(IntegerProducts& products, const Block& block, Along along,
                                 int exponent) const {
  IntOperand out;
  const bool rows = along == Along::kRows;
  Code* to =
      products.write(rows ? block.rows : block.cols, rows ? block.cols : block.rows, exponent, out);
  for (int r = 0; r < block.rows; ++r) {
    const Code* from = block.first + static_cast<std::ptrdiff_t>(r) * block.row_length;
    for (int c = 0; c < block.cols; ++c) {
      to[rows ? static_cast<std::ptrdiff_t>(r) * block.cols + c
              : static_cast<std::ptrdiff_t>(c) * block.rows + r] = from[c];
    }
  }
  return out;
}

IntAttention::Block IntAttention::part(const IntOperand& codes, int row_length, int offset,
                                       int i) const {
  const int sample = i / shape_.heads;
  const int head = i % shape_.heads;
  const int of_head = width_ / shape_.heads;
  return {.first = codes->codes.data() +
                   static_cast<std::ptrdiff_t>(sample) * shape_.positions * row_length + offset +
                   static_cast<std::ptrdiff_t>(head) * of_head,
          .rows = shape_.positions,
          .cols = of_head,
          .row_length = row_length};
}

IntAttention::Block IntAttention::square(const std::vector<Code>& codes, int i) const {
  const int n = shape_.positions;
  return {.first = codes.data() + static_cast<std::ptrdiff_t>(i) * n * n,
          .rows = n,
          .cols = n,
          .row_length = n};
}

// One product for every sample and head, a(i) times the transpose of b(i).
template <typename A, typename B>
void IntAttention::multiply(IntegerProducts& products, GemmKind kind, const A& a, const B& b,
                            std::vector<IntTensor>& out) {
  std::vector<IntegerProducts::Pair> pairs;
  for (int i = 0; i < count(); ++i) pairs.push_back({a(i), b(i)});
  products.multiply(kind, pairs, out);
}

void IntAttention::forward(IntegerProducts& products, const AttentionShape& shape,
                           const IntTensor& x, const IntAttentionDraws& draws, IntTensor& y) {
  shape_ = shape;
  samples_ = x.rows / shape.positions;
  width_ = x.cols / 3;
  const int n = shape.positions;
  const int of_head = width_ / shape.heads;
  products.map(x, Role::kForwardInput, draws.input, x_);
  const int exponent = x_->scale.exponent;
  const auto rows_of = [&](const Block& block) {
    return operand(products, block, Along::kRows, exponent);
  };
  multiply(
      products, GemmKind::kForward, [&](int i) { return rows_of(queries(i)); },
      [&](int i) { return rows_of(keys(i)); }, first_);
  probability_.resize(as_size(count()) * as_size(n) * as_size(n));
  const Coefficient scale = scale_of(of_head);
  for (int i = 0; i < count(); ++i) {
    for (int r = 0; r < n; ++r) {
      softmax(first_[as_size(i)].row(r), n, scale, first_[as_size(i)].exponent,
              probability_.data() + (as_size(i) * as_size(n) + as_size(r)) * as_size(n));
    }
  }
  codes_.resize(probability_.size());
  codes_exponent_ = fit_values(
      codes_.size(), -kExponentialBits, products.bits(), draws.probability,
      [&](std::size_t i) { return std::int64_t{probability_[i]}; }, codes_.data());
  multiply(
      products, GemmKind::kForward,
      [&](int i) { return operand(products, square(codes_, i), Along::kRows, codes_exponent_); },
      [&](int i) { return operand(products, values(i), Along::kColumns, exponent); }, first_);
  y.exponent = first_.front().exponent;
  for (int i = 0; i < count(); ++i) {
    for (int r = 0; r < n; ++r) {
      std::copy_n(first_[as_size(i)].row(r), of_head,
                  y.row(i / shape.heads * n + r) + i % shape.heads * of_head);
    }
  }
}

void IntAttention::backward(IntegerProducts& products, const IntTensor& g,
                            const IntAttentionDraws& draws, IntTensor& dx) {
  const int n = shape_.positions;
  const int of_head = width_ / shape_.heads;
  products.map(g, Role::kInputGradient, draws.input, g_);
  const int of_x = x_->scale.exponent;
  const int of_g = g_->scale.exponent;
  const auto gradient = [&](int i) { return part(g_, width_, 0, i); };
  // The gradient of P, and from it that of the scores: P·(dP - sum(P·dP)), below 2^62.
  multiply(
      products, GemmKind::kInputGradient,
      [&](int i) { return operand(products, gradient(i), Along::kRows, of_g); },
      [&](int i) { return operand(products, values(i), Along::kRows, of_x); }, first_);
  slopes_.resize(probability_.size());
  for (int i = 0; i < count(); ++i) {
    for (int r = 0; r < n; ++r) {
      const std::size_t at = (as_size(i) * as_size(n) + as_size(r)) * as_size(n);
      const std::int32_t* slope = first_[as_size(i)].row(r);
      std::int64_t sum = 0;
      for (std::size_t j = 0; j < as_size(n); ++j) {
        sum += std::int64_t{probability_[at + j]} * slope[j];
      }
      const std::int64_t mean = sum >> kExponentialBits;
      for (std::size_t j = 0; j < as_size(n); ++j) {
        slopes_[at + j] = probability_[at + j] * (slope[j] - mean);
      }
    }
  }
  slope_codes_.resize(slopes_.size());
  const int of_slopes = fit_values(
      slopes_.size(), first_.front().exponent - kExponentialBits, products.bits(),
      draws.probability, [&](std::size_t i) { return slopes_[i]; }, slope_codes_.data());
  const auto slopes = [&](Along along) {
    return
        [&, along](int i) { return operand(products, square(slope_codes_, i), along, of_slopes); };
  };
  const auto columns_of = [&](const Block& block, int exponent) {
    return operand(products, block, Along::kColumns, exponent);
  };
  multiply(
      products, GemmKind::kInputGradient, slopes(Along::kRows),
      [&](int i) { return columns_of(keys(i), of_x); }, first_);
  multiply(
      products, GemmKind::kInputGradient, slopes(Along::kColumns),
      [&](int i) { return columns_of(queries(i), of_x); }, second_);
  multiply(
      products, GemmKind::kInputGradient,
      [&](int i) { return operand(products, square(codes_, i), Along::kColumns, codes_exponent_); },
      [&](int i) { return columns_of(gradient(i), of_g); }, third_);

  // Queries and keys times 1/sqrt(width/heads), values as they are, at one exponent.
  const Coefficient scale = scale_of(of_head);
  std::array<int, 2> bits{};
  for (int i = 0; i < count(); ++i) {
    for (const std::vector<IntTensor>* part : {&first_, &second_}) {
      bits[0] = std::max(bits[0], bits_of((*part)[as_size(i)].values));
    }
    bits[1] = std::max(bits[1], bits_of(third_[as_size(i)].values));
  }
  const std::array<Part, 2> parts = {{{.exponent = first_.front().exponent + scale.exponent,
                                       .bits = bits[0] == 0 ? 0 : bits[0] + kCoefficientBits},
                                      {.exponent = third_.front().exponent, .bits = bits[1]}}};
  const Alignment at = align(parts);
  const std::array<const std::vector<IntTensor>*, 3> by_part = {&first_, &second_, &third_};
  slopes_.resize(dx.values.size());
  for (int i = 0; i < count(); ++i) {
    for (int r = 0; r < n; ++r) {
      std::int64_t* row = slopes_.data() + as_size(i / shape_.heads * n + r) * as_size(3 * width_) +
                          as_size(i % shape_.heads * of_head);
      for (std::size_t p = 0; p < 3; ++p) {
        const std::int32_t* from = (*by_part[p])[as_size(i)].row(r);
        for (std::size_t c = 0; c < as_size(of_head); ++c) {
          row[p * as_size(width_) + c] =
              p < 2 ? shift_down(std::int64_t{from[c]} * scale.mantissa, at.shift[0])
                    : shift_down(from[c], at.shift[1]);
        }
      }
    }
  }
  dx.exponent = fit_values(
      slopes_.size(), at.exponent, kWideBits, draws.output,
      [&](std::size_t i) { return slopes_[i]; }, dx.values.data());
}

}  // namespace sylvester
