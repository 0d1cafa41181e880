// Transposition of 16-bit elements: mantissas and codes.
#pragma once

#include <cstdint>

namespace sylvester {

/// out[c][r] = in[r][c] for a row-major rows x cols matrix; `out` is other memory.
void transpose(const std::int16_t* in, int rows, int cols, std::int16_t* out);

}  // namespace sylvester
