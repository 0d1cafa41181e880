#include "golden/data/pamap2.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "golden/data/load.hpp"
#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Rows in the publisher's format. Sample i of the run has 1 + i in the first axis of every sensor
/// and 0 in the others; every tenth has a heart rate.
std::string run(int activity, int samples, int first_lost = 0, int lost = 0) {
  std::string text;
  for (int i = 0; i < samples; ++i) {
    text += fmt::format("{:.2f} {} {}", 0.01 * i, activity, i % 10 == 0 ? "104" : "NaN");
    const bool is_lost = i >= first_lost && i < first_lost + lost;
    for (int unit = 0; unit < 3; ++unit) {
      text += " 30.375";  // temperature
      for (int sensor = 0; sensor < 4; ++sensor) {
        text += is_lost ? " NaN NaN NaN" : fmt::format(" {} 0 0", sensor == 1 ? -1 : 1 + i);
      }
      text += " 1 0 0 0";  // orientation
    }
    text += '\n';
  }
  return text;
}

class Pamap2 : public testing::Test {
 protected:
  void write(int subject, const std::string& text) const {
    std::filesystem::create_directory(folder_.path() / "Protocol");
    folder_.write(fmt::format("Protocol/subject{}.dat", subject), text);
  }
  [[nodiscard]] std::string error() const {
    return user_error([this] { load_dataset("pamap2", folder_.path()); });
  }

  TestFolder folder_;
};

TEST_F(Pamap2, CutsRunsIntoWindows) {
  write(101, run(0, 600) + run(24, 612) + run(0, 10) + run(1, 511) + run(12, 811));
  write(109, run(24, 512));
  const Dataset dataset = load_dataset("pamap2", folder_.path());
  EXPECT_EQ(dataset.features, 243);
  EXPECT_EQ(dataset.channels, 243);
  EXPECT_EQ(dataset.classes, 12);
  EXPECT_THAT(dataset.class_number, ElementsAre(1, 2, 3, 4, 5, 6, 7, 12, 13, 16, 17, 24));
  EXPECT_THAT(dataset.label, ElementsAre(11, 11, 7, 7, 7, 11));
  EXPECT_THAT(dataset.subject, ElementsAre(1, 1, 1, 1, 1, 9));
  ASSERT_EQ(dataset.x.size(), 6U * 243);
  for (int sensor = 0; sensor < 9; ++sensor) {  // least value: the window's first sample
    EXPECT_EQ(dataset.x[static_cast<std::size_t>(243 + 27 * sensor + 2)], 101.0F);
    EXPECT_EQ(dataset.x[static_cast<std::size_t>(4 * 243 + 27 * sensor + 3)], 712.0F);
  }
}

TEST_F(Pamap2, FillsWhatTheRadioLost) {
  // Between neighbours: the ramp goes on as if nothing were lost. At the ends: the neighbour.
  write(101, run(1, 512) + run(2, 512, 100, 51) + run(3, 512, 0, 20) + run(4, 512, 502, 10));
  const Dataset dataset = load_dataset("pamap2", folder_.path());
  ASSERT_EQ(dataset.samples(), 4);
  const float* const x = dataset.x.data();
  for (int i = 0; i < 243; ++i) EXPECT_EQ(x[243 + i], x[i]) << i;
  EXPECT_EQ(x[2 * 243 + 2], 21.0F);
  EXPECT_EQ(x[2 * 243 + 4], 21.0F);  // the mode
  EXPECT_EQ(x[3 * 243 + 3], 502.0F);
}

TEST_F(Pamap2, LeavesRunsOutThatAreMostlyLost) {
  write(101, run(1, 512, 0, 52) + run(2, 512, 0, 512) + run(3, 512));
  EXPECT_THAT(load_dataset("pamap2", folder_.path()).label, ElementsAre(2));
}

TEST_F(Pamap2, RefusesDamagedFiles) {
  write(101, run(8, 1));
  EXPECT_THAT(error(), AllOf(HasSubstr("subject101.dat: row 1, column 2 is 8"),
                             HasSubstr("an activity 0, 1, 2, 3, 4, 5, 6, 7, 12")));
  write(101, run(1, 1) + "0.01 NaN" + run(1, 1).substr(6));
  EXPECT_THAT(error(), HasSubstr("row 2, column 2 is nan"));
  const std::string whole = run(1, 600);
  write(101, whole.substr(0, whole.size() - 20));
  EXPECT_THAT(error(), HasSubstr("row 600 has 45 columns, every row must have 54"));
  write(101, "0.00 1 inf" + run(1, 1).substr(10));
  EXPECT_THAT(error(), HasSubstr("row 1, column 3 is 'inf"));
  write(101, run(1, 511));
  EXPECT_THAT(error(), HasSubstr("no run of 512 samples"));
  write(101, "");
  EXPECT_THAT(error(), HasSubstr("subject101.dat: the file is empty"));
}

}  // namespace
}  // namespace sylvester
