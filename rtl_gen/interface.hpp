// Reads name, parameters and ports of a hand-written module from its Verilog-2005 header, so that
// instances of it can be checked and nothing has to be written down twice.
#pragma once

#include <string_view>

#include "rtl_gen/description.hpp"

namespace sylvester::rtl {

/// The first module of the text; only name, parameters and ports are filled in. The header must be
/// in ANSI style, vectors as [highest:0]. Throws std::logic_error naming what it does not
/// understand.
Module read_interface(std::string_view text);

/// The text without // and /* */ comments.
std::string without_comments(std::string_view text);

}  // namespace sylvester::rtl
