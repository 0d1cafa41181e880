// Names of enumerators in configurations, vectors and messages.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "golden/support/error.hpp"

namespace sylvester {

template <typename Enum, std::size_t N>
using NameTable = std::array<std::pair<Enum, std::string_view>, N>;

template <typename Enum, std::size_t N>
std::string_view name_of(const NameTable<Enum, N>& table, Enum value) {
  for (const auto& [entry, name] : table) {
    if (entry == value) return name;
  }
  return "?";
}

/// Throws UserError listing the allowed names.
template <typename Enum, std::size_t N>
Enum find_name(const NameTable<Enum, N>& table, std::string_view what, std::string_view wanted) {
  std::string allowed;
  for (const auto& [entry, name] : table) {
    if (name == wanted) return entry;
    allowed += allowed.empty() ? "" : ", ";
    allowed += name;
  }
  throw UserError("unknown " + std::string(what) + " '" + std::string(wanted) + "', allowed are " +
                  allowed);
}

}  // namespace sylvester
