#include "golden/numerics/gemm.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

const Format& format_of(const PreparedOperand& operand) {
  return formats()[static_cast<std::size_t>(operand.format)];
}

// No text is made before it is needed: the checks run with every job.
[[noreturn]] void refuse(char who, const std::string& reason) {
  throw UserError(std::string("GEMM operand ") + who + ": " + reason);
}

void check_shape(const PreparedOperand* operand, char who) {
  if (operand == nullptr) {
    throw UserError(std::string("GEMM job: operand ") + who + " is missing");
  }
  const auto rows = static_cast<int>(formats().size());
  if (operand->format < 0 || operand->format >= rows) {
    refuse(who, "format number " + std::to_string(operand->format) + " is not in 0..." +
                    std::to_string(rows - 1));
  }
  if (operand->lines < 1 || operand->k < 1 || operand->k > kLongestContraction) {
    refuse(who, std::to_string(operand->lines) + " lines of K " + std::to_string(operand->k) +
                    "; both must be at least 1 and K at most " +
                    std::to_string(kLongestContraction));
  }
  const int block = operand->block;
  if (block < 1 || block > kLongestBlock || (block & (block - 1)) != 0) {
    refuse(who, "block " + std::to_string(block) + " is not a power of two in 1..." +
                    std::to_string(kLongestBlock));
  }
  if (operand->k_padded != padded_length(operand->k, block)) {
    refuse(who, "K' " + std::to_string(operand->k_padded) + " is not K " +
                    std::to_string(operand->k) + " rounded up to the block " +
                    std::to_string(block));
  }
}

void check_size(const PreparedOperand& operand, char who) {
  const std::size_t size =
      static_cast<std::size_t>(operand.lines) * static_cast<std::size_t>(operand.k_padded);
  if (operand.codes.size() != size) {
    refuse(who, std::to_string(operand.codes.size()) + " codes for " +
                    std::to_string(operand.lines) + " x " + std::to_string(operand.k_padded) +
                    " elements");
  }
}

void check_codes(const PreparedOperand& operand, char who) {
  Code least = 0;
  Code most = 0;
  for (const Code code : operand.codes) {
    least = std::min(least, code);
    most = std::max(most, code);
  }
  const Format& row = format_of(operand);
  if (most > row.largest_code() || least < (row.is_signed ? -row.largest_code() : 0)) {
    refuse(who, "code " + std::to_string(most > row.largest_code() ? most : least) +
                    " does not exist in format " + row.name);
  }
}

}  // namespace

void check(const GemmJob& job) {
  check_sizes(job);
  check_codes(*job.a, 'A');
  check_codes(*job.b, 'B');
}

void check_sizes(const GemmJob& job) {
  check_shape(job);
  check_size(*job.a, 'A');
  check_size(*job.b, 'B');
}

void check_shape(const GemmJob& job) {
  check_shape(job.a.get(), 'A');
  check_shape(job.b.get(), 'B');
  const PreparedOperand& a = *job.a;
  const PreparedOperand& b = *job.b;
  if (a.k != b.k || a.k_padded != b.k_padded || a.block != b.block) {  // GEMM-3
    throw UserError("GEMM operands do not match: A has K " + std::to_string(a.k) + ", block " +
                    std::to_string(a.block) + ", B has K " + std::to_string(b.k) + ", block " +
                    std::to_string(b.block));
  }
  const AccumulateRecipe& recipe = job.recipe;
  if (recipe.bits < 4 || recipe.bits > 24) {
    throw UserError("accumulator bits " + std::to_string(recipe.bits) + " is not in 4...24");
  }
  if (recipe.outer_bits < recipe.bits || recipe.outer_bits > 32) {
    throw UserError("accumulator outer_bits " + std::to_string(recipe.outer_bits) + " is not in " +
                    std::to_string(recipe.bits) + "...32");
  }
  if (recipe.tile < 0) {
    throw UserError("accumulator tile " + std::to_string(recipe.tile) +
                    " is negative; allowed are 1 and more, and 0 for the whole contraction");
  }
  const std::int64_t product = largest_product(a, b);
  const std::int64_t length = tile_length(job);
  if (recipe.policy == AccumulatePolicy::kClamp &&
      length * product > std::numeric_limits<std::int32_t>::max()) {
    throw UserError("policy clamp with tiles of " + std::to_string(length) + " products of up to " +
                    std::to_string(product) + " needs a register of " +
                    std::to_string(exact_register_bits(length, product)) +
                    " bits; at most 32 are simulated");
  }
}

int tile_length(const GemmJob& job) {
  const int k = job.a->k_padded;
  return job.recipe.tile == 0 ? k : std::min(job.recipe.tile, k);
}

std::int64_t largest_product(const PreparedOperand& a, const PreparedOperand& b) {
  return std::int64_t{format_of(a).largest()} * format_of(b).largest();
}

Scale result_scale(const PreparedOperand& a, const PreparedOperand& b) {
  const Scale product = multiply(a.scale, b.scale);
  // GEMM-4: block is a power of two; make_scale moves it into the exponent.
  return make_scale(product.num, Uint128{product.den} * static_cast<unsigned>(a.block),
                    product.exponent);
}

GemmResult gemm_reference(const GemmJob& job) {
  check(job);
  const PreparedOperand& a = *job.a;
  const PreparedOperand& b = *job.b;
  const Format& a_format = format_of(a);
  const Format& b_format = format_of(b);
  const AccumulateRecipe& recipe = job.recipe;
  const auto k_padded = static_cast<std::size_t>(a.k_padded);
  const auto tile = static_cast<std::size_t>(tile_length(job));
  GemmResult result;
  result.m = a.lines;
  result.n = b.lines;
  result.scale = result_scale(a, b);
  result.values.reserve(static_cast<std::size_t>(result.m) * static_cast<std::size_t>(result.n));
  GemmCounters counters;
  for (std::size_t m = 0; m < static_cast<std::size_t>(result.m); ++m) {
    for (std::size_t n = 0; n < static_cast<std::size_t>(result.n); ++n) {
      std::int32_t outer = 0;
      for (std::size_t start = 0; start < k_padded; start += tile) {
        std::int32_t acc = 0;
        bool tile_limited = false;
        for (std::size_t k = start; k < std::min(start + tile, k_padded); ++k) {
          const std::int32_t product =
              a_format.value(a.codes[m * k_padded + k]) * b_format.value(b.codes[n * k_padded + k]);
          const Limited mac = accumulate(recipe.policy, recipe.bits, acc, product);
          acc = mac.value;
          counters.mac_limited += mac.limited ? 1 : 0;
          tile_limited = tile_limited || mac.limited;
        }
        const Limited partial = leave_tile(recipe.policy, recipe.bits, acc);
        counters.tile_limited += tile_limited || partial.limited ? 1 : 0;
        const Limited sum = add_outer(recipe.outer_bits, outer, partial.value);
        outer = sum.value;
        counters.outer_limited += sum.limited ? 1 : 0;
      }
      result.values.push_back(outer);
    }
  }
  result.counters = reported(counters, job.counters);
  return result;
}

}  // namespace sylvester
