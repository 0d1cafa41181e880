// The configuration files of configs/, embedded into the program when it is built, so that a
// preset's name works in every folder.
#pragma once

#include <map>
#include <string>

namespace sylvester {

// File name, for example "hdqt.toml" -> text.
const std::map<std::string, std::string>& preset_files();

}  // namespace sylvester
