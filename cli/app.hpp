// The command line: subcommands, options, help, and the mapping of failures to exit statuses.
#pragma once

namespace sylvester {

/// Never throws. Returns the exit status.
int run_app(int argc, const char* const* argv);

}  // namespace sylvester
