// Stochastic gradient descent with momentum on integers (docs/numerics.md, INT-12).
#pragma once

#include "golden/integer/combine.hpp"
#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

struct IntSgdRule {
  Coefficient rate;
  Coefficient momentum;
  Coefficient decay;
};

/// v = momentum·v + gradient + decay·w, then w = w - rate·v; each rounded once, to kNarrowBits.
void momentum_update(const IntSgdRule& rule, const IntTensor& gradient, const Draws& of_velocity,
                     const Draws& of_parameter, IntTensor& velocity, IntTensor& parameter);

}  // namespace sylvester
