// A space of configurations: a base, settings of all points, axes along which keys vary, seeds, and
// what each point computes (docs/explore.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "golden/config/config.hpp"
#include "golden/config/layer_jobs.hpp"

namespace sylvester {

/// More than this is a mistake in a file rather than an exploration.
inline constexpr std::size_t kMostPoints = 10'000;
inline constexpr std::int64_t kMostSpaceSeeds = 1000;

struct Point {
  /// One of each axis of the space; empty where a baseline does not vary along the axis.
  std::vector<std::string> labels;
  Config config;  ///< with the first seed; its source names space and point
  /// The point that this one is compared with, an index into Space::points.
  std::optional<std::size_t> baseline;
  bool is_baseline = false;
};

struct Space {
  std::string source;
  std::vector<std::string> axes;  ///< names
  /// All combinations of the axes, the last axis fastest; baselines that are not among them follow.
  std::vector<Point> points;
  std::uint32_t first_seed = 1;
  int seeds = 1;  ///< 1 without accuracy
  bool accuracy = false;
  bool cycles = false;
  std::vector<LayerShape> gemms;      ///< for cycles; empty: the layers of the network
  std::filesystem::path data_folder;  ///< where the data sets are if nobody says otherwise
};

/// Throws UserError `where: key: ...` if the text is no space or a point no configuration. Files
/// that it names are relative to `folder`. Overrides have the form key=value and are settings of
/// all points and baselines, in the place of those of the file.
Space parse_space(const std::string& toml, const std::string& where,
                  const std::filesystem::path& folder,
                  const std::vector<std::string>& overrides = {});
Space load_space(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

}  // namespace sylvester
