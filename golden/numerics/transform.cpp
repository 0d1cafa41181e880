#include "golden/numerics/transform.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<BlockRule, 3> kRuleNames{
    {{BlockRule::kNone, "none"}, {BlockRule::kPaper, "paper"}, {BlockRule::kPad, "pad"}}};

bool is_power_of_two(std::int64_t x) {
  return x > 0 && std::has_single_bit(static_cast<std::uint64_t>(x));
}

}  // namespace

void walsh_hadamard(std::span<std::int32_t> block) {
  if (!is_power_of_two(static_cast<std::int64_t>(block.size()))) {
    throw UserError("a transform block of " + std::to_string(block.size()) +
                    " coefficients is not a power of two");
  }
  // WHT-2, d ascending.
  for (std::size_t d = 1; d < block.size(); d *= 2) {
    for (std::size_t start = 0; start < block.size(); start += 2 * d) {
      for (std::size_t i = start; i < start + d; ++i) {
        const ButterflyPair pair = butterfly(block[i], block[i + d]);
        block[i] = pair.sum;
        block[i + d] = pair.difference;
      }
    }
  }
}

std::string_view to_string(BlockRule rule) { return name_of(kRuleNames, rule); }

BlockRule block_rule(std::string_view name) { return find_name(kRuleNames, "block rule", name); }

int block_length(BlockRule rule, int block, int k) {
  if (k < 1 || k > kLongestContraction) {
    throw UserError("a contraction length of " + std::to_string(k) + " is not in 1..." +
                    std::to_string(kLongestContraction));
  }
  if (rule == BlockRule::kNone) return 1;
  const bool unbounded = rule == BlockRule::kPaper && block == 0;
  if (!unbounded && !is_power_of_two(block)) {
    throw UserError("transform block " + std::to_string(block) + " is not a power of two" +
                    (rule == BlockRule::kPaper ? " (or 0: no bound)" : ""));
  }
  if (rule == BlockRule::kPaper) {
    const int divisor = 1 << std::countr_zero(static_cast<unsigned>(k));
    return unbounded ? divisor : std::min(block, divisor);
  }
  return std::min(block, static_cast<int>(std::bit_ceil(static_cast<unsigned>(k))));
}

}  // namespace sylvester
