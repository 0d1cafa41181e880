// A loop over independent items on a few threads. Results must not depend on the order.
#pragma once

#include <cstddef>
#include <functional>

namespace sylvester {

/// 0 -> all cores; negative -> UserError.
int resolve_threads(int threads);

/// Calls body(0) ... body(count-1), each once, on up to `threads` threads of which the caller is
/// one. The exception of the lowest failing index is rethrown after all threads have ended.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

}  // namespace sylvester
