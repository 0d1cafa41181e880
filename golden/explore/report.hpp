// The results of an exploration as tables: CSV files, text and JSON.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "golden/explore/explore.hpp"
#include "golden/explore/space.hpp"
#include "golden/support/statistics.hpp"

namespace sylvester {

inline constexpr const char* kPointsFile = "points.csv";
inline constexpr const char* kSummaryFile = "summary.csv";

/// A number that a training gives.
struct Metric {
  std::string_view name;
  std::optional<double> (*value)(const Training& training);
};

inline constexpr std::size_t kMetrics = 9;
/// The columns of both files. Accuracies in percent, limited_tile_share 0 to 1, the others bytes.
const std::array<Metric, kMetrics>& metrics();

struct PointSummary {
  std::array<Spread, kMetrics> spread;  ///< over the seeds with a value
  /// Point minus baseline over the seeds that both have; none for a point without baseline.
  std::array<std::optional<PairedDifference>, kMetrics> difference;
  std::size_t failed = 0;  ///< seeds without a result
};

/// By point.
std::vector<PointSummary> summarise(const Space& space, const Exploration& exploration);

/// One row per point and seed.
std::string points_csv(const Space& space, const Exploration& exploration);
/// One row per point: mean, sample deviation and number of values over the seeds; difference to the
/// baseline with the half width of its 95 % interval.
std::string summary_csv(const Space& space, const Exploration& exploration);

/// The summary for people, one line per point.
std::string summary_text(const Space& space, const Exploration& exploration);

nlohmann::ordered_json exploration_json(const Space& space, const Exploration& exploration);

}  // namespace sylvester
