#include "golden/explore/report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/convert.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

enum MetricIndex : std::size_t { kAverage, kFinal, kForgetting, kLimited, kBytes };

std::string number(double value) { return fmt::format("{}", value); }

// RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

class Csv {
 public:
  void add(const std::string& field) {
    text_ += (begun_ ? "," : "") + csv_field(field);
    begun_ = true;
  }
  void end_row() {
    text_ += '\n';
    begun_ = false;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool begun_ = false;
};

// NaN without test samples.
std::optional<double> accuracy(const Training& t, double percent) {
  return t.failure.empty() && !std::isnan(percent) ? std::optional(percent) : std::nullopt;
}

std::optional<double> bytes(const Training& t, std::uint64_t count) {
  return t.failure.empty() ? std::optional(static_cast<double>(count)) : std::nullopt;
}

const char* kind_of(const Point& point) { return point.is_baseline ? "baseline" : "point"; }

std::string hardware_text(const Point& point) { return to_hex(hardware_hash(point.config)); }

void add_head(Csv& csv, const Space& space) {
  for (const char* name : {"point", "kind"}) csv.add(name);
  for (const std::string& axis : space.axes) csv.add(axis);
}

void add_point(Csv& csv, const Space& space, std::size_t p) {
  csv.add(std::to_string(p + 1));
  csv.add(kind_of(space.points[p]));
  for (const std::string& label : space.points[p].labels) csv.add(label);
}

void add_cycle_names(Csv& csv) {
  for (const char* name : {"cycles", "array_cycles", "macs", "utilization"}) csv.add(name);
}

void add_cycles(Csv& csv, const std::optional<StepCycles>& cycles) {
  if (!cycles) {
    for (int i = 0; i < 4; ++i) csv.add("");
    return;
  }
  csv.add(std::to_string(cycles->cycles));
  csv.add(std::to_string(cycles->array_cycles));
  csv.add(std::to_string(cycles->macs));
  csv.add(number(cycles->utilization));
}

// Values of the seeds where this point, and `other` if there is one, have one.
struct Values {
  std::vector<double> own;
  std::vector<double> other;
};

Values values_of(const Metric& metric, const std::vector<Training>& own,
                 const std::vector<Training>* other) {
  Values values;
  for (std::size_t s = 0; s < own.size(); ++s) {
    const std::optional<double> a = metric.value(own[s]);
    const std::optional<double> b = other == nullptr ? a : metric.value((*other)[s]);
    if (!a || !b) continue;
    values.own.push_back(*a);
    values.other.push_back(*b);
  }
  return values;
}

// "87.03 +- 4.60", scaled; the spread is left out where there is none.
std::string mean_text(const Spread& s, double scale) {
  if (s.n == 0) return "-";
  if (s.n == 1) return fmt::format("{:.2f}", scale * s.mean);
  return fmt::format("{:.2f} +- {:.2f}", scale * s.mean, scale * s.deviation);
}

std::string difference_text(const std::optional<PairedDifference>& d) {
  if (!d || d->n == 0) return "";
  if (!d->half_width) return fmt::format("{:+.2f}", d->mean);
  return fmt::format("{:+.2f} +- {:.2f}", d->mean, *d->half_width);
}

// Columns as wide as they must be; the first `left` of them begin at the left.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string gap = c == 0 ? "" : "  ";
      line += c < left ? fmt::format("{}{:<{}}", gap, row[c], widths[c])
                       : fmt::format("{}{:>{}}", gap, row[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string failures_text(const Exploration& exploration) {
  std::size_t failed = 0;
  std::size_t all = 0;
  std::string first;
  for (const PointResult& point : exploration.points) {
    for (const Training& training : point.trainings) {
      ++all;
      if (training.failure.empty()) continue;
      if (++failed == 1) first = training.failure;
    }
  }
  if (failed == 0) return "";
  return fmt::format("{} of {} trainings have no result ({}, column failure), the first: {}\n",
                     failed, all, kPointsFile, first);
}

Json seed_json(const Space& space, const PointResult& point, std::size_t s) {
  const Training& training = point.trainings[s];
  Json json = {{"seed", space.first_seed + s},
               {"numerics_hash", point.keys[s].numerics_hash},
               {"data_hash", point.keys[s].data_hash}};
  if (training.failure.empty()) {
    json.update(Json::parse(training.detail));
  } else {
    json["failure"] = training.failure;
    json["seconds"] = training.seconds;
  }
  return json;
}

Json summary_json(const PointSummary& summary) {
  Json json = Json::object();
  for (std::size_t m = 0; m < kMetrics; ++m) {
    const Spread& s = summary.spread[m];
    Json entry = {{"n", s.n}, {"mean", s.mean}, {"deviation", s.deviation}};
    if (s.n == 0) entry["mean"] = nullptr;
    if (const auto& d = summary.difference[m]; d && d->n > 0) {
      entry["difference"] = {{"n", d->n}, {"mean", d->mean}, {"half_width", nullptr}};
      if (d->half_width) entry["difference"]["half_width"] = *d->half_width;
    }
    json[std::string(metrics()[m].name)] = std::move(entry);
  }
  return json;
}

}  // namespace

const std::array<Metric, kMetrics>& metrics() {
  using Value = std::optional<double>;
  static constexpr std::array<Metric, kMetrics> table = {{
      {"average_incremental_accuracy",
       [](const Training& t) { return accuracy(t, t.average_incremental_accuracy); }},
      {"final_accuracy", [](const Training& t) { return accuracy(t, t.final_accuracy); }},
      {"forgetting", [](const Training& t) -> Value { return t.forgetting; }},
      {"limited_tile_share",
       [](const Training& t) -> Value {
         return t.failure.empty() ? Value(t.limited_tile_share) : std::nullopt;
       }},
      {"backward_bytes", [](const Training& t) { return bytes(t, t.backward_bytes.total()); }},
      {"backward_code_bytes", [](const Training& t) { return bytes(t, t.backward_bytes.codes); }},
      {"backward_mask_bytes", [](const Training& t) { return bytes(t, t.backward_bytes.masks); }},
      {"backward_wide_bytes", [](const Training& t) { return bytes(t, t.backward_bytes.wide); }},
      {"backward_float_bytes", [](const Training& t) { return bytes(t, t.backward_bytes.floats); }},
  }};
  return table;
}

std::vector<PointSummary> summarise(const Space& space, const Exploration& exploration) {
  std::vector<PointSummary> summaries(space.points.size());
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    const std::vector<Training>& own = exploration.points[p].trainings;
    for (const Training& training : own) summaries[p].failed += training.failure.empty() ? 0 : 1;
    for (std::size_t m = 0; m < kMetrics; ++m) {
      summaries[p].spread[m] = spread(values_of(metrics()[m], own, nullptr).own);
      if (!space.points[p].baseline) continue;
      const std::vector<Training>& base = exploration.points[*space.points[p].baseline].trainings;
      const Values values = values_of(metrics()[m], own, &base);
      summaries[p].difference[m] = paired_difference(values.own, values.other);
    }
  }
  return summaries;
}

std::string points_csv(const Space& space, const Exploration& exploration) {
  Csv csv;
  add_head(csv, space);
  csv.add("hardware_hash");
  if (space.cycles) add_cycle_names(csv);
  if (space.accuracy) {
    for (const char* name : {"seed", "numerics_hash", "data_hash"}) csv.add(name);
    for (const Metric& metric : metrics()) csv.add(std::string(metric.name));
    for (const char* name : {"steps", "weights_sha256", "failure", "seconds"}) csv.add(name);
  }
  csv.end_row();
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    const PointResult& point = exploration.points[p];
    const std::size_t rows = space.accuracy ? point.trainings.size() : 1;
    for (std::size_t s = 0; s < rows; ++s) {
      add_point(csv, space, p);
      csv.add(hardware_text(space.points[p]));
      if (space.cycles) add_cycles(csv, point.cycles);
      if (space.accuracy) {
        const Training& training = point.trainings[s];
        csv.add(std::to_string(space.first_seed + s));
        csv.add(point.keys[s].numerics_hash);
        csv.add(point.keys[s].data_hash);
        for (const Metric& metric : metrics()) {
          const std::optional<double> value = metric.value(training);
          csv.add(value ? number(*value) : "");
        }
        csv.add(training.failure.empty() ? std::to_string(training.steps) : "");
        csv.add(training.weights_sha256);
        csv.add(training.failure);
        csv.add(number(training.seconds));
      }
      csv.end_row();
    }
  }
  return csv.text();
}

std::string summary_csv(const Space& space, const Exploration& exploration) {
  Csv csv;
  add_head(csv, space);
  csv.add("hardware_hash");
  csv.add("baseline");
  if (space.cycles) add_cycle_names(csv);
  if (space.accuracy) {
    for (const Metric& metric : metrics()) {
      for (const char* column :
           {"_mean", "_sd", "_n", "_difference", "_difference_half_width", "_difference_n"}) {
        csv.add(std::string(metric.name) + column);
      }
    }
    csv.add("failed");
  }
  csv.end_row();
  const std::vector<PointSummary> summaries = summarise(space, exploration);
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    const Point& point = space.points[p];
    add_point(csv, space, p);
    csv.add(hardware_text(point));
    csv.add(point.baseline ? std::to_string(*point.baseline + 1) : "");
    if (space.cycles) add_cycles(csv, exploration.points[p].cycles);
    if (space.accuracy) {
      for (std::size_t m = 0; m < kMetrics; ++m) {
        const Spread& s = summaries[p].spread[m];
        csv.add(s.n > 0 ? number(s.mean) : "");
        csv.add(s.n > 1 ? number(s.deviation) : "");
        csv.add(std::to_string(s.n));
        const std::optional<PairedDifference>& d = summaries[p].difference[m];
        csv.add(d && d->n > 0 ? number(d->mean) : "");
        csv.add(d && d->half_width ? number(*d->half_width) : "");
        csv.add(d ? std::to_string(d->n) : "");
      }
      csv.add(std::to_string(summaries[p].failed));
    }
    csv.end_row();
  }
  return csv.text();
}

std::string summary_text(const Space& space, const Exploration& exploration) {
  const bool has_baseline =
      std::ranges::any_of(space.points, [](const Point& point) { return point.is_baseline; });
  std::vector<std::vector<std::string>> rows(1);
  rows[0] = {"point"};
  rows[0].insert(rows[0].end(), space.axes.begin(), space.axes.end());
  const std::size_t left = rows[0].size();
  if (space.accuracy) {
    rows[0].emplace_back("average %");
    if (has_baseline) rows[0].emplace_back("- baseline");
    rows[0].insert(rows[0].end(), {"final %", "forgetting %", "limited tiles %", "bytes"});
  }
  if (space.cycles) rows[0].insert(rows[0].end(), {"cycles", "used %"});

  const std::vector<PointSummary> summaries = summarise(space, exploration);
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    const Point& point = space.points[p];
    const PointSummary& summary = summaries[p];
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(point.is_baseline ? "baseline" : std::to_string(p + 1));
    for (const std::string& label : point.labels) row.push_back(label.empty() ? "-" : label);
    if (space.accuracy) {
      row.push_back(mean_text(summary.spread[kAverage], 1) +
                    (summary.failed > 0 ? fmt::format(" ({} failed)", summary.failed) : ""));
      if (has_baseline) row.push_back(difference_text(summary.difference[kAverage]));
      row.push_back(mean_text(summary.spread[kFinal], 1));
      row.push_back(mean_text(summary.spread[kForgetting], 1));
      row.push_back(mean_text(summary.spread[kLimited], 100));
      row.push_back(
          summary.spread[kBytes].n > 0 ? fmt::format("{:.0f}", summary.spread[kBytes].mean) : "-");
    }
    if (space.cycles) {
      const std::optional<StepCycles>& cycles = exploration.points[p].cycles;
      row.push_back(cycles ? std::to_string(cycles->cycles) : "-");
      row.push_back(cycles ? fmt::format("{:.1f}", 100 * cycles->utilization) : "-");
    }
  }
  std::string text = aligned(rows, left);
  if (space.accuracy) {
    text += space.seeds > 1 ? fmt::format("Mean +- sample deviation of {} seeds", space.seeds)
                            : "One seed";
    if (has_baseline) {
      text += "; - baseline: mean of the paired differences +- 95 % interval (Student's t)";
    }
    text += ".\n";
  }
  return text + failures_text(exploration);
}

Json exploration_json(const Space& space, const Exploration& exploration) {
  const std::vector<PointSummary> summaries = summarise(space, exploration);
  Json points = Json::array();
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    const Point& point = space.points[p];
    const PointResult& result = exploration.points[p];
    Json axes = Json::object();
    for (std::size_t a = 0; a < space.axes.size(); ++a) axes[space.axes[a]] = point.labels[a];
    Json json = {{"point", p + 1},
                 {"kind", kind_of(point)},
                 {"axes", std::move(axes)},
                 {"baseline", nullptr},
                 {"hardware_hash", hardware_text(point)}};
    if (point.baseline) json["baseline"] = *point.baseline + 1;
    if (space.accuracy) {
      json["seeds"] = Json::array();
      for (std::size_t s = 0; s < result.trainings.size(); ++s) {
        json["seeds"].push_back(seed_json(space, result, s));
      }
      json["summary"] = summary_json(summaries[p]);
    }
    if (space.cycles) {
      json["cycles"] = nullptr;
      if (const auto& c = result.cycles) {
        json["cycles"] = {{"cycles", c->cycles},
                          {"array_cycles", c->array_cycles},
                          {"macs", c->macs},
                          {"utilization", c->utilization}};
      }
    }
    points.push_back(std::move(json));
  }
  return {{"space", space.source},
          {"trained", exploration.trained},
          {"reused", exploration.reused},
          {"points", std::move(points)}};
}

}  // namespace sylvester
