// The per-layer precision table: keys of a configuration that have other values in some layers
// (docs/precision.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "golden/config/toml.hpp"

namespace sylvester {

/// Most layers of a network with a table: a layer's number has 16 bits (RND-1).
inline constexpr int kMostTableLayers = 65536;

/// Of one network. Layers are numbered from 0 in the order of evaluation: dense layers and
/// convolutions, the classifier last.
struct PrecisionTable {
  std::string file;
  int layers = 0;  ///< of the network
  /// By layer, what it has of its own: full names and checked values, each key once.
  std::map<int, std::vector<TomlEntry>> settings;
};

/// Whether a table may set the key.
bool is_layer_key(std::string_view key);

/// Reads `[[layer]]` entries of the TOML text. Throws UserError naming `file`, the entry, its key,
/// the value and what is allowed.
PrecisionTable parse_precision_table(const std::string& toml, const std::string& file, int layers);

}  // namespace sylvester
