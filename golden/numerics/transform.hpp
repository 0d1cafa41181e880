// Walsh-Hadamard transform in blocks (docs/numerics.md, rules WHT-*).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sylvester {

/// One butterfly: (a, b) -> (a + b, a - b). The transform is made of nothing else.
struct ButterflyPair {
  std::int32_t sum;
  std::int32_t difference;
};
inline ButterflyPair butterfly(std::int32_t a, std::int32_t b) { return {a + b, a - b}; }

/// Un-normalised Sylvester transform of one block in place. Throws UserError if the size is not a
/// power of two. |element| * size must be below 2^31.
void walsh_hadamard(std::span<std::int32_t> block);

/// How the block length follows from the contraction length K (WHT-3).
enum class BlockRule {
  kNone,   ///< no transform: block 1
  kPaper,  ///< largest power of two that divides K, at most the given block; 1 for odd K
  kPad,    ///< fixed block, never longer than the next power of two >= K; K padded with zeros
};

std::string_view to_string(BlockRule rule);
/// Throws UserError listing the allowed names ("none", "paper", "pad").
BlockRule block_rule(std::string_view name);

/// Longest block that `prepare` takes: coefficients then have 26 bits (WHT-2).
inline constexpr int kLongestBlock = 1024;
/// Longest contraction: k + block stays far inside an int.
inline constexpr int kLongestContraction = 1 << 30;

/// The block for a contraction length k >= 1. `block` is a power of two; 0 means no bound
/// (paper only). Throws UserError if k or block is out of range.
int block_length(BlockRule rule, int block, int k);

/// K' : k rounded up to a multiple of the block.
inline int padded_length(int k, int block) { return (k + block - 1) / block * block; }

}  // namespace sylvester
