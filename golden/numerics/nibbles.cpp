#include "golden/numerics/nibbles.hpp"

namespace sylvester {
namespace {

constexpr int kNibbleBits = 4;

int nibble(bool high, int code) {
  return high ? code >> kNibbleBits : code & ((1 << kNibbleBits) - 1);
}

}  // namespace

int nibble_of_a(NibblePass pass, int code) {
  return nibble(pass == NibblePass::kHighHigh || pass == NibblePass::kHighLow, code);
}

int nibble_of_b(NibblePass pass, int code) {
  return nibble(pass == NibblePass::kHighHigh || pass == NibblePass::kLowHigh, code);
}

std::int64_t add_pass(NibblePass pass, std::int64_t sum, std::int64_t pass_sum) {
  switch (pass) {
    case NibblePass::kHighHigh:
      return pass_sum * (1 << 2 * kNibbleBits);
    case NibblePass::kHighLow:
    case NibblePass::kLowHigh:
      return sum + pass_sum * (1 << kNibbleBits);
    case NibblePass::kLowLow:
      break;
  }
  return sum + pass_sum;
}

}  // namespace sylvester
