// The project's own exp, log and tanh for the float32 glue of a training step. The C
// library's versions differ between systems and processors, these do not: nothing but IEEE 754
// additions, multiplications and divisions in double, in a fixed order and without contraction, and
// one rounding to float32 at the end. Both are within 0.51 units in the last place.
#pragma once

namespace sylvester {

/// e^x. NaN gives NaN; above 88.73 infinity; below -103.98 zero; subnormal results are rounded like
/// the others.
float exp_float(float x);

/// Within 0.51 units in the last place as well. NaN gives NaN.
float tanh_float(float x);

/// Natural logarithm. NaN and negative x give NaN, 0 minus infinity, infinity infinity.
float log_float(float x);

}  // namespace sylvester
