// Multi-head softmax attention on integers (docs/numerics.md, INT-14): all its products are jobs of
// a back end on B-bit codes.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/integer/products.hpp"
#include "golden/integer/tensor.hpp"
#include "golden/train/attention.hpp"

namespace sylvester {

struct IntAttentionDraws {
  Draws input;        ///< codes of x, or of the gradient
  Draws probability;  ///< codes of P, or of the gradient of Q K^T
  Draws output;       ///< y, or dx
};

class IntAttention {
 public:
  /// P = softmax(Q K^T / sqrt(width/heads)) row by row, y = P V: samples·positions x width. y has
  /// its size already.
  void forward(IntegerProducts& products, const AttentionShape& shape, const IntTensor& x,
               const IntAttentionDraws& draws, IntTensor& y);
  /// dx from g, the gradient of y. dx has its size already. After forward().
  void backward(IntegerProducts& products, const IntTensor& g, const IntAttentionDraws& draws,
                IntTensor& dx);

 private:
  enum class Along { kRows, kColumns };
  // Lines along one axis of a block of a matrix of codes.
  struct Block {
    const Code* first;
    int rows;
    int cols;
    int row_length;
  };
  IntOperand operand(IntegerProducts& products, const Block& block, Along along,
                     int exponent) const;
  [[nodiscard]] int count() const { return samples_ * shape_.heads; }
  [[nodiscard]] Block part(const IntOperand& codes, int row_length, int offset, int i) const;
  [[nodiscard]] Block queries(int i) const { return part(x_, 3 * width_, 0, i); }
  [[nodiscard]] Block keys(int i) const { return part(x_, 3 * width_, width_, i); }
  [[nodiscard]] Block values(int i) const { return part(x_, 3 * width_, 2 * width_, i); }
  [[nodiscard]] Block square(const std::vector<Code>& codes, int i) const;
  template <typename A, typename B>
  void multiply(IntegerProducts& products, GemmKind kind, const A& a, const B& b,
                std::vector<IntTensor>& out);

  AttentionShape shape_;
  int samples_ = 0;
  int width_ = 0;
  IntOperand x_;
  std::vector<std::int32_t> probability_;  ///< [sample][head][position][position], in 2^-30
  std::vector<Code> codes_;                ///< of these
  int codes_exponent_ = 0;
  // Memory.
  IntOperand g_;
  std::vector<Code> slope_codes_;
  std::vector<std::int64_t> slopes_;
  std::vector<IntTensor> first_;
  std::vector<IntTensor> second_;
  std::vector<IntTensor> third_;
};

}  // namespace sylvester
