// The GEMMs of integer training as jobs of a back end: operands of B-bit codes with a shared
// exponent, sums that no register limits (docs/numerics.md, INT-7).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"
#include "golden/numerics/backend.hpp"
#include "golden/train/integer_recipe.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

/// An operand of a GEMM that is written again in every step.
using IntOperand = std::shared_ptr<PreparedOperand>;

class IntegerProducts {
 public:
  IntegerProducts(const IntegerRecipe& recipe, CounterMode counters, Backend& backend)
      : recipe_(recipe), counters_(counters), backend_(&backend) {}

  [[nodiscard]] int bits() const { return recipe_.bits; }

  /// Where jobs are counted from now on; null: nowhere, and they ask for no counters.
  void count_in(TrainTotals* totals) { totals_ = totals; }

  /// INT-3 with B bits: the tensor's codes, a line per row.
  void map(const IntTensor& tensor, Role role, const Draws& draws, IntOperand& out);

  /// codes: rows x cols -> an operand of cols lines.
  void turn(const Code* codes, int rows, int cols, int exponent, IntOperand& out) const;

  /// codes as an operand of `lines` lines of k codes, to be written.
  Code* write(int lines, int k, int exponent, IntOperand& out) const;

  struct Pair {
    IntOperand a;
    IntOperand b;
  };
  /// out[i] = A B^T of pairs[i], jobs of one batch.
  void multiply(GemmKind kind, const std::vector<Pair>& pairs, std::vector<IntTensor>& out);
  /// out = A B^T.
  void multiply(GemmKind kind, const IntOperand& a, const IntOperand& b, IntTensor& out);

 private:
  IntegerRecipe recipe_;
  CounterMode counters_;
  Backend* backend_;
  TrainTotals* totals_ = nullptr;
  std::vector<GemmJob> jobs_;
  std::vector<GemmResult> results_;
  std::vector<Pair> pair_ = std::vector<Pair>(1);
  std::vector<IntTensor> product_ = std::vector<IntTensor>(1);
};

}  // namespace sylvester
