// Counts the allocations of a program: allocations.cpp replaces its operator new.
#pragma once

#include <cstdint>

namespace sylvester {

/// Since the program began, of all threads.
std::int64_t allocations();

}  // namespace sylvester
