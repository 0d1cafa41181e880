#include "golden/numerics/accumulate.hpp"

#include <bit>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<AccumulatePolicy, 3> kPolicyNames{{{AccumulatePolicy::kSaturate, "saturate"},
                                                       {AccumulatePolicy::kWrap, "wrap"},
                                                       {AccumulatePolicy::kClamp, "clamp"}}};

}  // namespace

std::string_view to_string(AccumulatePolicy policy) { return name_of(kPolicyNames, policy); }

AccumulatePolicy accumulate_policy(std::string_view name) {
  return find_name(kPolicyNames, "accumulator policy", name);
}

int exact_register_bits(std::int64_t length, std::int64_t largest_product) {
  return std::bit_width(static_cast<std::uint64_t>(length * largest_product)) + 1;
}

}  // namespace sylvester
