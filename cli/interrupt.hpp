// SIGINT, SIGTERM and SIGHUP end the program with status 130, and leave no unfinished files behind.
#pragma once

namespace sylvester {

/// A full disk and a closed pipe are errors of write(), not signals, from then on.
void install_signal_handlers(bool json);

}  // namespace sylvester
