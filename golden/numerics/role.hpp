// Tensor roles: which operand of which GEMM a tensor is (docs/numerics.md, rule ROLE-1).
#pragma once

#include <cstdint>
#include <string_view>

namespace sylvester {

/// The number is the role field of a draw (RND-1).
enum class Role : std::uint8_t {
  kForwardInput = 0,        ///< X of the first layer, Y = X W^T
  kForwardActivation = 1,   ///< X of a later layer (after ReLU)
  kForwardWeight = 2,       ///< W in Y = X W^T
  kInputGradient = 3,       ///< G in dX = G W
  kBackwardWeight = 4,      ///< W in dX = G W
  kWeightGradient = 5,      ///< G in dW = G^T X
  kBackwardActivation = 6,  ///< X in dW = G^T X
};
inline constexpr int kRoles = 7;
/// Role field of the random signs of a GEMM (WHT-5): this and the GEMM's number.
inline constexpr int kSignRole = 8;

/// "forward_input", "forward_activation", "forward_weight", "input_gradient",
/// "backward_weight", "weight_gradient", "backward_activation": the keys of [operands].
std::string_view to_string(Role role);

}  // namespace sylvester
