#include "golden/explore/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace sylvester {
namespace {

using testing::HasSubstr;

// Two points against a baseline, three seeds; the third training of the first point failed.
class Report : public testing::Test {
 protected:
  Report()
      : space_(parse_space(R"(
base = "hdqt"
measure = ["accuracy", "cycles"]
baseline = { train.arithmetic = "float" }
seeds = { first = 5, count = 3 }
[[axis]]
name = "width, and more"
accumulator.bits = [6, 8]
)",
                           "s.toml", "")) {
    const double accuracy[3][3] = {{60, 70, 0}, {80, 81, 82}, {82, 84, 86}};
    for (std::size_t p = 0; p < 3; ++p) {
      PointResult& point = exploration_.points.emplace_back();
      for (std::size_t s = 0; s < 3; ++s) {
        Training& training = point.trainings.emplace_back();
        point.keys.push_back({"n", "full", static_cast<std::uint32_t>(5 + s), "d"});
        training.average_incremental_accuracy = accuracy[p][s];
        training.detail = "{\"steps\": 1}";
      }
    }
    exploration_.points[0].trainings[2].failure = "it \"diverged\"";
    exploration_.points[1].cycles = StepCycles{100, 60, 1000, 0.5};
  }

  Space space_;
  Exploration exploration_;
};

TEST_F(Report, DifferencesArePairedBySeed) {
  const std::vector<PointSummary> summaries = summarise(space_, exploration_);
  EXPECT_EQ(summaries[0].failed, 1U);
  EXPECT_EQ(summaries[0].spread[0].n, 2U);
  EXPECT_EQ(summaries[0].spread[0].mean, 65);
  ASSERT_TRUE(summaries[0].difference[0]);
  EXPECT_EQ(summaries[0].difference[0]->n, 2U);
  EXPECT_EQ(summaries[0].difference[0]->mean, -18);  // (60 - 82 + 70 - 84) / 2
  // Differences -2, -3, -4: deviation 1, t(0.95, 2) = 4.30265.
  EXPECT_EQ(summaries[1].difference[0]->mean, -3);
  EXPECT_NEAR(*summaries[1].difference[0]->half_width, 4.30265 / std::sqrt(3.0), 1e-4);
  EXPECT_FALSE(summaries[2].difference[0]);
  EXPECT_EQ(summaries[1].spread[2].n, 0U) << "one task forgets nothing";
}

TEST_F(Report, TablesHaveTheSameColumnsInEveryRow) {
  for (const std::string& csv :
       {points_csv(space_, exploration_), summary_csv(space_, exploration_)}) {
    EXPECT_THAT(csv, HasSubstr("\"width, and more\""));
    std::size_t columns = 0;
    bool quoted = false;
    std::size_t row = 1;
    for (const char c : csv) {
      if (c == '"') quoted = !quoted;
      if (c == ',' && !quoted) ++row;
      if (c != '\n') continue;
      if (columns == 0) columns = row;
      EXPECT_EQ(row, columns) << csv;
      row = 1;
    }
  }
  const std::string points = points_csv(space_, exploration_);
  EXPECT_EQ(std::count(points.begin(), points.end(), '\n'), 10);
  EXPECT_THAT(points, HasSubstr("\"it \"\"diverged\"\"\""));
  EXPECT_THAT(points, HasSubstr("100,60,1000,0.5"));
  const std::string summary = summary_csv(space_, exploration_);
  EXPECT_EQ(std::count(summary.begin(), summary.end(), '\n'), 4);
}

TEST_F(Report, TextAndJsonSayWhatFailed) {
  const std::string text = summary_text(space_, exploration_);
  EXPECT_THAT(text, HasSubstr("65.00 +- 7.07 (1 failed)"));
  EXPECT_THAT(text, HasSubstr("-3.00 +- 2.48"));
  EXPECT_THAT(text, HasSubstr("1 of 9 trainings have no result"));
  const auto json = exploration_json(space_, exploration_);
  EXPECT_EQ(json.at("points").size(), 3U);
  EXPECT_EQ(json.at("points")[0].at("seeds")[2].at("failure"), "it \"diverged\"");
  EXPECT_EQ(json.at("points")[0].at("baseline"), 3);
  EXPECT_EQ(json.at("points")[1].at("seeds")[0].at("steps"), 1);
  EXPECT_EQ(json.at("points")[2].at("baseline"), nullptr);
  EXPECT_EQ(json.at("points")[2].at("cycles"), nullptr);
}

}  // namespace
}  // namespace sylvester
