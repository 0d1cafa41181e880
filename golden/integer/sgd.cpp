#include "golden/integer/sgd.hpp"

#include <array>

namespace sylvester {

void momentum_update(const IntSgdRule& rule, const IntTensor& gradient, const Draws& of_velocity,
                     const Draws& of_parameter, IntTensor& velocity, IntTensor& parameter) {
  const std::array<Term, 3> velocity_terms = {{{.tensor = &velocity, .factor = rule.momentum},
                                               {.tensor = &gradient},
                                               {.tensor = &parameter, .factor = rule.decay}}};
  combine(velocity_terms, kNarrowBits, of_velocity, velocity);
  raise_exponent(velocity);
  const Coefficient back = {.mantissa = -rule.rate.mantissa, .exponent = rule.rate.exponent};
  const std::array<Term, 2> terms = {
      {{.tensor = &parameter}, {.tensor = &velocity, .factor = back}}};
  combine(terms, kNarrowBits, of_parameter, parameter);
  raise_exponent(parameter);
}

}  // namespace sylvester
