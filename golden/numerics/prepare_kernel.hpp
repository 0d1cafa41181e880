// The vectorised half of prepare(): transform, largest magnitude, rounding. See prepare.hpp.
#pragma once

#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// Fills codes, scale, max_magnitude and (full) counters of `operand`, whose sizes are set; the job
/// has been checked.
void prepare_vectorised(const PrepareJob& job, PreparedOperand& operand);

}  // namespace sylvester
