// sylvester verify --trace: a recorded trainer against golden, and golden against the models.
#pragma once

#include "cli/output.hpp"
#include "cli/verify_command.hpp"

namespace sylvester {

int run_verify_trace(const VerifyArguments& arguments, const Output& output);

}  // namespace sylvester
