#include "golden/numerics/role.hpp"

#include "golden/numerics/names.hpp"

namespace sylvester {

std::string_view to_string(Role role) {
  static constexpr NameTable<Role, kRoles> kNames{{
      {Role::kForwardInput, "forward_input"},
      {Role::kForwardActivation, "forward_activation"},
      {Role::kForwardWeight, "forward_weight"},
      {Role::kInputGradient, "input_gradient"},
      {Role::kBackwardWeight, "backward_weight"},
      {Role::kWeightGradient, "weight_gradient"},
      {Role::kBackwardActivation, "backward_activation"},
  }};
  return name_of(kNames, role);
}

}  // namespace sylvester
