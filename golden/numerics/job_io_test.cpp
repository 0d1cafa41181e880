#include "golden/numerics/job_io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

std::vector<std::filesystem::path> vector_files(const std::string& maker) {
  const std::filesystem::path folder =
      std::filesystem::path(SYLVESTER_SOURCE_DIR) / "testbenches" / "vectors" / maker;
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
  }
  return files;
}

void check_folder(const std::string& maker) {
  const auto files = vector_files(maker);
  ASSERT_FALSE(files.empty());
  for (const auto& path : files) {
    const VectorReport report =
        check_vectors(read_vectors(path.string()), path.filename().string());
    EXPECT_THAT(report.mismatches, IsEmpty()) << path;
    EXPECT_TRUE(report.checked > 0 || !report.skipped.empty()) << path;
    for (const auto& [name, count] : report.skipped) {
      std::cout << path.filename().string() << ": " << count << " cases skipped (" << name << ")\n";
    }
  }
}

TEST(Vectors, NumpyAgrees) { check_folder("numpy"); }

TEST(Vectors, CommittedGoldenVectorsAreReproduced) { check_folder("golden"); }

TEST(Vectors, CommittedGoldenVectorsAreThoseOfSeed1) {
  const auto files = make_vectors(1);
  EXPECT_EQ(files.size(), vector_files("golden").size());
  for (const auto& path : vector_files("golden")) {
    const auto made = files.find(path.filename().string());
    ASSERT_NE(made, files.end()) << path;
    EXPECT_TRUE(made->second == read_vectors(path.string())) << path;
  }
}

json draw_file() {
  return json::parse(R"({"rule": "RND-5", "made_by": "x", "cases": [{"kind": "draw", "seed": 1,
    "step": "2", "layer": 3, "role": 4, "repetition": 5, "random_bits": 8, "index": [0, 7]}]})");
}

TEST(VectorFile, FillThenCheck) {
  json file = draw_file();
  fill_vectors(file);
  EXPECT_EQ(file["made_by"], "golden");
  EXPECT_EQ(file["cases"][0]["expected"]["draw"].size(), 2U);
  EXPECT_THAT(check_vectors(file, "f").mismatches, IsEmpty());
}

TEST(VectorFile, DifferencesNameCaseFieldAndValues) {
  json file = draw_file();
  fill_vectors(file);
  file["cases"][0]["expected"]["draw"][1] = 999;
  VectorReport report = check_vectors(file, "f");
  ASSERT_EQ(report.mismatches.size(), 1U);
  EXPECT_THAT(report.mismatches[0], HasSubstr("f: case 0 (draw): draw[1] is 999, golden gives"));
  file["cases"][0]["expected"].erase("draw");
  EXPECT_THAT(check_vectors(file, "f").mismatches[0], HasSubstr("draw is missing"));
}

TEST(VectorFile, IntegersMayBeTexts) {
  json file = draw_file();
  fill_vectors(file);
  json& word = file["cases"][0]["expected"]["word"][0];
  word = std::to_string(word.get<std::uint32_t>());
  EXPECT_THAT(check_vectors(file, "f").mismatches, IsEmpty());
}

TEST(VectorFile, RulesWrittenAheadAreSkipped) {
  const json file = json::parse(R"({"rule": "I8-1", "kind": "nibble", "cases": [{}, {},
    {"kind": "rescale"}]})");
  const VectorReport report = check_vectors(file, "f");
  EXPECT_EQ(report.checked, 0);
  EXPECT_EQ(report.skipped.at("nibble"), 2);
  EXPECT_EQ(report.skipped.at("rescale"), 1);
}

TEST(VectorFile, MalformedFilesAreUserErrors) {
  const auto refuses = [](const char* name, const json& value, const std::string& part) {
    json file = draw_file();
    file["cases"][0]["expected"] = json::object();
    if (value.is_null()) {
      file["cases"][0].erase(name);
    } else {
      file["cases"][0][name] = value;
    }
    EXPECT_THAT([&] { check_vectors(file, "f"); },
                ThrowsMessage<UserError>(AllOf(HasSubstr("f: case 0"), HasSubstr(part))));
  };
  refuses("kind", "spin", "unknown kind 'spin'");
  refuses("layer", 65536, "65536 is not an integer in 0...65535");  // RND-1
  refuses("role", 256, "0...255");
  refuses("repetition", -1, "0...255");
  refuses("seed", 4294967296, "0...4294967295");
  refuses("seed", 1.5, "1.5");
  refuses("seed", "1x", "1x");
  refuses("seed", nullptr, "'seed' is missing");
  refuses("index", 3, "not a list");
  refuses("random_bits", 17, "1...16");
  EXPECT_THROW(check_vectors(json::array(), "f"), UserError);
  EXPECT_THROW(check_vectors(json::parse(R"({"cases": 3})"), "f"), UserError);
  EXPECT_THROW(read_vectors("/nonexistent.json"), UserError);
}

TEST(VectorFile, JobsSurviveTheRoundTrip) {
  const auto files = make_vectors(7);
  for (const json& vector_case : files.at("prepare.json").at("cases")) {
    const json again = to_json(prepare_job_from_json(vector_case));
    for (const auto& [name, value] : again.items()) EXPECT_EQ(value, vector_case.at(name));
  }
  for (const json& vector_case : files.at("gemm.json").at("cases")) {
    const json again = to_json(gemm_job_from_json(vector_case));
    for (const auto& [name, value] : again.items()) EXPECT_EQ(value, vector_case.at(name));
  }
}

}  // namespace
}  // namespace sylvester
