// sylvester config: what the keys mean, and what two configurations share.
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"

namespace sylvester {

/// A configuration as it stands on the command line.
struct ConfigArgument {
  std::string source;                  ///< file or preset
  std::vector<std::string> overrides;  ///< of --set
};

/// Prints a commented configuration: all defaults, or those of `config` if it has a source.
int run_config_init(const ConfigArgument& config, const Output& output);

/// Explains one key, all keys of a table, or everything if `name` is empty.
int run_config_explain(const std::string& name, const Output& output);

/// The keys in which two configurations differ.
int run_config_diff(const std::string& a, const std::string& b,
                    const std::vector<std::string>& overrides, const Output& output);

/// The two hashes of a configuration.
int run_config_hash(const ConfigArgument& config, const Output& output);

}  // namespace sylvester
