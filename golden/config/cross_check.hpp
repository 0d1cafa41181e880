// Settings that are allowed one by one but contradict each other.
#pragma once

namespace sylvester {

class Config;

/// Throws UserError `source: key: value ...; allowed: ...` at the first contradiction.
void check_combinations(const Config& config);

}  // namespace sylvester
