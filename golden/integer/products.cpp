#include "golden/integer/products.hpp"

#include <utility>

#include "golden/integer/fit.hpp"
#include "golden/numerics/transpose.hpp"

namespace sylvester {
namespace {

// Somebody may have kept the job in which the operand was used: then it stays as it is.
PreparedOperand& writable(IntOperand& operand) {
  if (operand == nullptr || operand.use_count() > 1) operand = std::make_shared<PreparedOperand>();
  return *operand;
}

}  // namespace

Code* IntegerProducts::write(int lines, int k, int exponent, IntOperand& out) const {
  PreparedOperand& operand = writable(out);
  operand.format = recipe_.bits - 2;  // FMT-2: row 0 is i2
  operand.lines = lines;
  operand.k = k;
  operand.k_padded = k;
  operand.scale = {.num = 1, .den = 1, .exponent = exponent};
  operand.codes.resize(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k));
  return operand.codes.data();
}

void IntegerProducts::map(const IntTensor& tensor, Role role, const Draws& draws, IntOperand& out) {
  Code* const codes = write(tensor.rows, tensor.cols, 0, out);
  const std::size_t count = tensor.values.size();
  out->scale.exponent = fit_values(
      count, tensor.exponent, recipe_.bits, draws,
      [&](std::size_t i) { return std::int64_t{tensor.values[i]}; }, codes);
  if (totals_ == nullptr) return;
  PrepareCounters counters;
  if (counters_ != CounterMode::kNone) {
    const auto largest = static_cast<Code>(largest_of(recipe_.bits));
    for (std::size_t i = 0; i < count; ++i) {
      counters.codes_at_limit += codes[i] == largest || codes[i] == -largest ? 1 : 0;
      counters.zero_codes += codes[i] == 0 ? 1 : 0;
    }
  }
  out->counters = reported(counters, counters_);
  totals_->add(role, *out);
}

void IntegerProducts::turn(const Code* codes, int rows, int cols, int exponent,
                           IntOperand& out) const {
  transpose(codes, rows, cols, write(cols, rows, exponent, out));
}

void IntegerProducts::multiply(GemmKind kind, const std::vector<Pair>& pairs,
                               std::vector<IntTensor>& out) {
  jobs_.clear();
  for (const Pair& pair : pairs) {
    jobs_.push_back({.a = pair.a,
                     .b = pair.b,
                     .recipe = recipe_.accumulate,
                     .counters = totals_ == nullptr ? CounterMode::kNone : counters_});
  }
  out.resize(pairs.size());
  results_.resize(pairs.size());
  backend_->gemm_into(jobs_, results_);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    GemmResult& result = results_[i];
    if (totals_ != nullptr) totals_->add(kind, jobs_[i], result.counters);
    std::swap(out[i].values, result.values);
    out[i].rows = result.m;
    out[i].cols = result.n;
    out[i].exponent = result.scale.exponent;
  }
  jobs_.clear();  // the operands can be written again
}

void IntegerProducts::multiply(GemmKind kind, const IntOperand& a, const IntOperand& b,
                               IntTensor& out) {
  std::swap(product_.front(), out);
  pair_.front() = {.a = a, .b = b};
  multiply(kind, pair_, product_);
  pair_.front() = {};
  std::swap(product_.front(), out);
}

}  // namespace sylvester
