// The stage between building and printing: after it, the module is legal Verilog by construction.
#pragma once

#include <map>
#include <string>

#include "rtl_gen/description.hpp"

namespace sylvester::rtl {

/// Renames nets, constants and instances whose names are keywords, illegal or taken (ports and
/// parameters are the interface: those are refused), then checks, with the parameters' own values:
/// every name is declared; every instance's module is known, its parameters exist and each of its
/// ports is connected once; widths agree; every net and output has exactly one driver.
/// Throws std::logic_error naming module and object.
void legalise(Module& module, const std::map<std::string, Module>& known);

}  // namespace sylvester::rtl
