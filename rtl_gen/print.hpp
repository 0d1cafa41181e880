// Module description -> Verilog-2005 text of at most 100 columns. Writes what the legalised
// description says and decides nothing.
#pragma once

#include <string>

#include "rtl_gen/description.hpp"

namespace sylvester::rtl {

std::string print(const Module& module);

/// Text as `//` comment lines of at most `columns` characters.
std::string print_comment(const std::string& text, const std::string& indent = "",
                          std::size_t columns = 100);

}  // namespace sylvester::rtl
