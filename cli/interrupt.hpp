// SIGINT and SIGTERM end the program at once with status 130, and leave no unfinished files behind.
#pragma once

namespace sylvester {

void install_interrupt_handler(bool json);

}  // namespace sylvester
