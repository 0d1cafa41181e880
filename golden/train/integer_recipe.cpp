#include "golden/train/integer_recipe.hpp"

#include <algorithm>

namespace sylvester {

std::int64_t longest_contraction(const IntegerRecipe& recipe) {
  const auto largest = [](int bits) { return (std::int64_t{1} << (bits - 1)) - 1; };
  const std::int64_t product = largest(recipe.bits) * largest(recipe.bits);
  const std::int64_t of_tile = largest(recipe.accumulate.bits) / product;
  const std::int64_t of_all = largest(recipe.accumulate.outer_bits) / product;
  const std::int64_t tile = recipe.accumulate.tile;
  if (tile == 0) return std::min(of_tile, of_all);
  return tile <= of_tile ? of_all : 0;
}

}  // namespace sylvester
