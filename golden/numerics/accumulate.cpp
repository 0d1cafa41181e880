#include "golden/numerics/accumulate.hpp"

#include <algorithm>
#include <bit>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<AccumulatePolicy, 3> kPolicyNames{{{AccumulatePolicy::kSaturate, "saturate"},
                                                       {AccumulatePolicy::kWrap, "wrap"},
                                                       {AccumulatePolicy::kClamp, "clamp"}}};

Limited limit(std::int64_t exact, std::int64_t low, std::int64_t high) {
  const std::int64_t value = std::clamp(exact, low, high);
  return {.value = static_cast<std::int32_t>(value), .limited = value != exact};
}

}  // namespace

std::string_view to_string(AccumulatePolicy policy) { return name_of(kPolicyNames, policy); }

AccumulatePolicy accumulate_policy(std::string_view name) {
  return find_name(kPolicyNames, "accumulator policy", name);
}

Limited accumulate(AccumulatePolicy policy, int bits, std::int32_t acc, std::int32_t product) {
  const std::int64_t exact = std::int64_t{acc} + product;
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  switch (policy) {
    case AccumulatePolicy::kSaturate: return limit(exact, -half, half - 1);
    case AccumulatePolicy::kWrap: {
      // Congruent to exact modulo 2^bits, in -half ... half-1.
      const std::int64_t value = ((exact + half) & (2 * half - 1)) - half;
      return {.value = static_cast<std::int32_t>(value), .limited = value != exact};
    }
    case AccumulatePolicy::kClamp: break;
  }
  // ACC-4: exact. A job whose tiles do not fit in 32 bits is refused before it starts.
  return {.value = static_cast<std::int32_t>(exact), .limited = false};
}

Limited leave_tile(AccumulatePolicy policy, int bits, std::int32_t acc) {
  if (policy != AccumulatePolicy::kClamp) return {.value = acc, .limited = false};
  const std::int64_t largest = (std::int64_t{1} << (bits - 1)) - 1;
  return limit(acc, -largest, largest);
}

Limited add_outer(int outer_bits, std::int32_t outer, std::int32_t partial) {
  const std::int64_t half = std::int64_t{1} << (outer_bits - 1);
  return limit(std::int64_t{outer} + partial, -half, half - 1);
}

int exact_register_bits(std::int64_t length, std::int64_t largest_product) {
  return std::bit_width(static_cast<std::uint64_t>(length * largest_product)) + 1;
}

}  // namespace sylvester
