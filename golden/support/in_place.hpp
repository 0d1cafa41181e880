// Errors that say where they were.
#pragma once

#include <string>

#include "golden/support/error.hpp"

namespace sylvester {

/// `action`; a UserError of it becomes "place: sentence".
template <typename Action>
auto in_place(const std::string& place, Action action) {
  try {
    return action();
  } catch (const UserError& error) {
    throw UserError(place + ": " + error.what());
  }
}

}  // namespace sylvester
