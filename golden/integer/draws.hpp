// The random words of a tensor's elements in integer training (docs/numerics.md, INT-2).
#pragma once

#include <cstdint>
#include <span>

#include "golden/numerics/draw.hpp"

namespace sylvester {

/// What is rounded: the role field of its draws (RND-1). The first ones are roles of ROLE-1.
enum class IntPurpose : std::uint8_t {
  kInputCodes = 0,       ///< X of a GEMM
  kWeightCodes = 2,      ///< W of a GEMM
  kGradientCodes = 3,    ///< G of a layer's two backward GEMMs
  kOutput = 16,          ///< output of a node
  kBias = 17,            ///< bias at the exponent of a layer's sums
  kGradient = 18,        ///< gradient of a node's output, the part that a reader of it gives
  kSecondGradient = 19,  ///< the same of a reader's second input
  kSum = 20,             ///< of the parts that readers give; numbered after the node that is read
  kNarrowInput = 21,     ///< what a normalisation reads
  kNarrowGradient = 22,  ///< the gradient that it reads
  kScaledGradient = 23,  ///< the same times its weights
  kWeightGradient = 24,
  kBiasGradient = 25,
  kWeightVelocity = 26,
  kBiasVelocity = 27,
  kWeight = 28,
  kNodeBias = 29,
  kMean = 30,  ///< running statistics
  kVariance = 31,
  kMeanOfBatch = 32,
  kVarianceOfBatch = 33,
  kFirstWeight = 34,  ///< what a task begins with
  kFirstBias = 35,
  kFirstMean = 36,
  kFirstVariance = 37,
  kLoss = 38,              ///< gradient of the logits
  kProbabilityCodes = 39,  ///< P of an attention
  kScoreCodes = 40,        ///< gradient of its scores
};

/// The draws of one rounding of a tensor.
struct Draws {
  DrawKey key{};
  std::uint32_t index0 = 0;  ///< index of the first element, modulo 2^32
};

inline constexpr std::size_t kDrawBlock = 256;

/// f (RND-4) of the elements index, index + 1, ...; at most kDrawBlock.
void draw_words(const DrawKey& key, std::uint32_t index, std::span<std::uint32_t> words);

}  // namespace sylvester
