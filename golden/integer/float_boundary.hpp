// Where integer training meets float32: what comes in is taken apart by its bits, what goes out is
// exact. Nothing here is called between the input of a step and its end but words_of().
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "golden/integer/coefficient.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

/// INT-6: the elements' 24-bit significands, shifted to the largest exponent of the tensor; what is
/// shifted out is cut off. rows x cols values. Throws UserError naming the tensor if one is NaN or
/// infinite.
void words_of(std::span<const float> x, int rows, int cols, std::string_view name, IntTensor& out);

/// The nearest coefficient of kCoefficientBits bits; x is finite.
Coefficient coefficient_of(float x);

/// value·2^exponent, rounded to nearest where it is no float32. Infinite above its range.
void to_floats(const IntTensor& tensor, std::vector<float>& out);

}  // namespace sylvester
