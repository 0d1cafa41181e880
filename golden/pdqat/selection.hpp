// Multipliers of a PDQAT training -> a precision table (golden/config/precision_table.hpp).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sylvester {

/// A constrained layer and its final multiplier, mean over the seeds.
struct LayerDual {
  int layer = 0;  ///< number in the network
  double dual = 0.0;
};

enum class DualKind { kProximity, kAccumulator };
/// "proximity", "accumulator". Throws UserError listing the allowed names.
DualKind dual_kind(std::string_view name);

/// Of what `train --json` or --out wrote. Throws UserError if `result` (from `file`) is no result
/// of PDQAT with these constraints, or its seeds have different layers.
std::vector<LayerDual> layer_duals(const nlohmann::ordered_json& result, DualKind kind,
                                   const std::string& file);

enum class Choice { kLargest, kSmallest, kRandom };
/// "largest", "smallest", "random". Throws UserError listing the allowed names.
Choice choice(std::string_view name);

/// `count` of the layers, ascending; of equal multipliers the first layers. `seed`: of the random
/// choice.
std::vector<LayerDual> choose_layers(const std::vector<LayerDual>& layers, Choice choice, int count,
                                     std::uint64_t seed);

/// One [[layer]] entry per layer, each with these settings (`key = value`, as in the file) and its
/// multiplier as a comment.
std::string table_text(const std::vector<LayerDual>& layers,
                       const std::vector<std::string>& settings, const std::string& comment);

}  // namespace sylvester
