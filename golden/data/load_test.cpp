#include "golden/data/load.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "golden/data/content_hash.hpp"
#include "golden/data/split.hpp"
#include "golden/data/test_files.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

/// A row of `features` numbers i + 0.5 and the given last columns.
std::string row(int features, std::string_view last_columns) {
  std::string text;
  for (int i = 0; i < features; ++i) text += fmt::format("{}.5,", i);
  return text.append(last_columns) + "\n";
}

TEST(Load, ReadsSmallDsads) {
  const TestFolder folder;
  folder.write("dsads_features_405.csv.xz", xz_packed(row(405, "1,1") + row(405, "19,8")));
  const Dataset dataset = load_dataset("dsads", folder.path());
  EXPECT_EQ(dataset.name, "dsads");
  EXPECT_EQ(dataset.features, 405);
  EXPECT_EQ(dataset.classes, 19);
  EXPECT_THAT(dataset.label, ElementsAre(0, 18));
  EXPECT_THAT(dataset.subject, ElementsAre(1, 8));
  EXPECT_EQ(dataset.x[405 + 404], 404.5F);
  EXPECT_EQ(dataset.publisher_training_samples, 0);
}

TEST(Load, ReadsSmallHaptFromASubFolder) {
  const TestFolder folder;
  std::filesystem::create_directory(folder.path() / "hapt");
  folder.write("hapt/hapt_features_216.csv", row(216, "12,30"));
  const Dataset dataset = load_dataset("hapt", folder.path());
  EXPECT_EQ(dataset.features, 216);
  EXPECT_THAT(dataset.label, ElementsAre(11));
  EXPECT_THAT(dataset.subject, ElementsAre(30));
}

TEST(Load, ReadsSmallOptdigitsWithThePublishersSplit) {
  const TestFolder folder;
  std::string ones, sixteens;
  for (int i = 0; i < 64; ++i) {
    ones += "1,";
    sixteens += "16,";
  }
  folder.write("optdigits.tra", ones + "0\n" + ones + "9\n");
  folder.write("optdigits.tes", sixteens + "5\n");
  const Dataset dataset = load_dataset("optdigits", folder.path());
  EXPECT_THAT(dataset.label, ElementsAre(0, 9, 5));
  EXPECT_EQ(dataset.publisher_training_samples, 2);
  EXPECT_EQ(dataset.channels, 1);
  EXPECT_EQ(dataset.height, 8);
  EXPECT_EQ(dataset.width, 8);
  EXPECT_EQ(dataset.x.front(), 1.0F / 16.0F);
  EXPECT_EQ(dataset.x.back(), 1.0F);
}

TEST(Load, ReadsSmallMnistFromWhereOthersUnpackIt) {
  const auto image_file = [](int value) {
    return std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02", 16) +
           std::string(4, static_cast<char>(value));
  };
  const std::string labels("\0\0\x08\x01\0\0\0\x01\x07", 9);
  for (const char* const inner : {"", "raw/", "MNIST/raw/"}) {
    for (const char separator : {'-', '.'}) {
      const TestFolder folder;
      std::filesystem::create_directories(folder.path() / inner);
      const auto write = [&](const char* name, int dimensions, const std::string& bytes) {
        folder.write(fmt::format("{}{}{}idx{}-ubyte.gz", inner, name, separator, dimensions),
                     gzipped(bytes));
      };
      write("train-images", 3, image_file(51));
      write("train-labels", 1, labels);
      write("t10k-images", 3, image_file(255));
      EXPECT_THAT(user_error([&] { load_dataset("mnist", folder.path()); }),
                  HasSubstr(fmt::format("t10k-labels{}idx1-ubyte is missing", separator)));
      write("t10k-labels", 1, labels);
      const Dataset dataset = load_dataset("mnist", folder.path());
      EXPECT_THAT(dataset.label, ElementsAre(7, 7));
      EXPECT_EQ(dataset.x.front(), 0.2F);
      EXPECT_EQ(dataset.publisher_training_samples, 1);
      EXPECT_EQ(dataset.height, 2);
      EXPECT_EQ(dataset.width, 2);
    }
  }
}

TEST(Load, NamesTheFileOfABadValue) {
  const TestFolder folder;
  folder.write("dsads_features_405.csv", row(405, "1,1") + row(405, "20,1"));
  EXPECT_THAT(user_error([&] { load_dataset("dsads", folder.path()); }),
              AllOf(HasSubstr("dsads_features_405.csv: row 2, column 406 is '20'"),
                    HasSubstr("a label 1 ... 19")));
  folder.write("dsads_features_405.csv", row(405, "1,9"));
  EXPECT_THAT(user_error([&] { load_dataset("dsads", folder.path()); }),
              HasSubstr("a subject 1 ... 8"));
  folder.write("optdigits.tra", row(64, "1"));
  EXPECT_THAT(user_error([&] { load_dataset("optdigits", folder.path()); }),
              AllOf(HasSubstr("optdigits.tra: row 1, column 17 is '16.5'"), HasSubstr("0 ... 16")));
}

TEST(Load, RefusesUnknownNames) {
  EXPECT_THAT(user_error([] { load_dataset("dsdas", "."); }),
              AllOf(HasSubstr("'dsdas'"), HasSubstr("embedded, dsads, hapt, pamap2, wisdm, mnist, "
                                                    "mnist-canvas, optdigits, cifar10, cifar100")));
}

TEST(Load, RefusesMissingFolderAndFiles) {
  const TestFolder folder;
  for (const std::string_view name : dataset_names()) {
    if (name == "embedded") continue;
    const std::string of_set = "no file of data set '" + std::string(name) + "'; looked for ";
    EXPECT_THAT(user_error([&] { load_dataset(name, folder.path() / "none"); }),
                AllOf(HasSubstr("none: no such directory"), HasSubstr(of_set)));
    EXPECT_THAT(user_error([&] { load_dataset(name, folder.path()); }),
                AllOf(HasSubstr(folder.path().string() + ": " + of_set),
                      HasSubstr("the set comes from: ")));
  }
}

/// A damaged file gives a data set or a UserError, never anything else (run under the sanitizers).
TEST(Load, SurvivesRandomDamage) {
  const TestFolder folder;
  const std::string csv = row(216, "1,1") + row(216, "12,30");
  HostRandom random(1);
  int refused = 0;
  const std::pair<std::string, std::string> files[] = {
      {"", csv}, {".xz", xz_packed(csv)}, {".gz", gzipped(csv)}};
  for (int round = 0; round < 600; ++round) {
    auto [ending, bytes] = files[round % 3];
    for (std::uint32_t hits = 1 + random.below(4); hits > 0; --hits) {
      const std::size_t at = random.below(static_cast<std::uint32_t>(bytes.size()));
      if (random.below(4) == 0) {
        bytes.resize(at + 1);
      } else {
        bytes[at] = static_cast<char>(random.below(256));
      }
    }
    const auto file = folder.write("hapt_features_216.csv" + ending, bytes);
    try {
      const Dataset dataset = load_dataset("hapt", folder.path());
      EXPECT_EQ(dataset.x.size(), dataset.label.size() * 216);
      EXPECT_EQ(dataset.subject.size(), dataset.label.size());
    } catch (const UserError& error) {
      ++refused;
      EXPECT_THAT(error.what(), HasSubstr("hapt_features_216.csv"));
    }
    std::filesystem::remove(file);
  }
  EXPECT_GT(refused, 400);
}

/// The same for recordings, arff files and images: one small set of each.
TEST(Load, SurvivesRandomDamageOfEveryFormat) {
  std::string walk, pamap, arff = "@relation x\n";
  for (int i = 0; i < 200; ++i) walk += fmt::format("1600,A,{},{}.5,-1.25,9.8;\n", i, i % 7);
  std::string axes, rest;
  for (int i = 0; i < 128; ++i) axes += fmt::format("{} 0.25 -1e-3\n", i * 0.01);
  for (int column = 3; column < 54; ++column) rest += " 1";
  for (int i = 0; i < 512; ++i) pamap += fmt::format("{} 24 NaN{}\n", i, rest);
  for (int i = 0; i < 93; ++i) arff += fmt::format("@attribute f{} numeric\n", i);
  const auto arff_row = "A," + row(91, "1600");
  const std::string image(3074, '\1');
  struct Set {
    const char* name;
    std::vector<std::pair<const char*, std::string>> files;
    int features;
  };
  const Set sets[] = {
      {"wisdm", {{"data_1600_accel_phone.txt", walk}}, 108},
      {"wisdm", {{"data_1600_accel_phone.arff", arff + "@data\n" + arff_row + arff_row}}, 91},
      {"hapt",
       {{"labels.txt", "1 1 5 1 128\n1 1 12 1 128\n"},
        {"acc_exp01_user01.txt", axes},
        {"gyro_exp01_user01.txt", axes}},
       216},
      {"pamap2", {{"subject101.dat", pamap}}, 243},
      {"cifar100", {{"train.bin", image + image}, {"test.bin", image}}, 3072}};
  constexpr std::uint64_t kSeed = 2;
  SCOPED_TRACE(kSeed);
  HostRandom random(kSeed);
  for (const Set& set : sets) {
    const TestFolder folder;
    for (const auto& [name, bytes] : set.files) folder.write(name, bytes);
    EXPECT_GT(load_dataset(set.name, folder.path()).samples(), 0) << set.name;
    for (int round = 0; round < 60; ++round) {
      const auto& [name, whole] =
          set.files[random.below(static_cast<std::uint32_t>(set.files.size()))];
      std::string bytes = whole;
      for (std::uint32_t hits = 1 + random.below(4); hits > 0; --hits) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(bytes.size()));
        if (random.below(8) == 0) {
          bytes.resize(at + 1);
        } else {
          bytes[at] = static_cast<char>(random.below(256));
        }
      }
      folder.write(name, bytes);
      try {
        const Dataset dataset = load_dataset(set.name, folder.path());
        EXPECT_EQ(dataset.features, set.features);
        EXPECT_EQ(dataset.x.size(), dataset.label.size() * static_cast<std::size_t>(set.features));
        EXPECT_TRUE(dataset.subject.empty() || dataset.subject.size() == dataset.label.size());
        for (const std::int32_t label : dataset.label) EXPECT_LT(label, dataset.classes);
        EXPECT_TRUE(std::all_of(dataset.x.begin(), dataset.x.end(),
                                [](float x) { return std::isfinite(x); }));
      } catch (const UserError& error) {
        EXPECT_THAT(error.what(), HasSubstr(folder.path().string()));
      }
      folder.write(name, whole);
    }
  }
}

/// Every set in the shared data folder, read in place; skipped where it is not there.
class PublicData : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(data_folder() / GetParam())) {
      GTEST_SKIP() << "no " << (data_folder() / GetParam()).string()
                   << "; set SYLVESTER_DATA to the folder of the public data sets";
    }
  }
};

TEST_P(PublicData, HasTheDocumentedShape) {
  struct Shape {
    int samples, features, classes, subjects, training;
    const char* content;  // content_hash, computed independently with Python from the same files
  };
  const std::map<std::string, Shape> shapes = {
      {"dsads",
       {9120, 405, 19, 8, 0, "5dfda0a3306996a42da773a17f8944f96daac61c40039f7877c0724de9cf7eb2"}},
      {"hapt",
       {10929, 216, 12, 30, 0, "7e9db6284492df9bc54b006027f34b177497577762690aff3111d3e0a2a85289"}},
      {"mnist",
       {70000, 784, 10, 0, 60000,
        "7986bf6c3f55b8aaa817c09f54dcc68f6d86bd8f69b434b1cfbf799ae8bb9639"}},
      {"optdigits",
       {5620, 64, 10, 0, 3823,
        "b2af95c6a7d51dc5a0cf4b67b818f11cc20db800b7623ce0a4cbebe1e598b277"}}};
  const Shape& shape = shapes.at(GetParam());
  const Dataset dataset = load_dataset(GetParam(), data_folder());
  EXPECT_EQ(dataset.samples(), shape.samples);
  EXPECT_EQ(dataset.features, shape.features);
  EXPECT_EQ(dataset.classes, shape.classes);
  EXPECT_EQ(dataset.publisher_training_samples, shape.training);
  EXPECT_EQ(dataset.x.size(),
            static_cast<std::size_t>(shape.samples) * static_cast<std::size_t>(shape.features));
  EXPECT_EQ(content_hash(dataset), shape.content);
  const std::set<std::int32_t> labels(dataset.label.begin(), dataset.label.end());
  EXPECT_EQ(static_cast<int>(labels.size()), shape.classes);
  const std::set<std::int32_t> subjects(dataset.subject.begin(), dataset.subject.end());
  EXPECT_EQ(static_cast<int>(subjects.size()), shape.subjects);
}

TEST_P(PublicData, SplitsForEverySeed) {
  const std::map<std::string, int> test_subjects = {
      {"dsads", 1}, {"hapt", 6}, {"mnist", 0}, {"optdigits", 0}};
  const Dataset dataset = load_dataset(GetParam(), data_folder());
  for (const std::uint64_t seed : {1U, 2U, 42467U, 88801U}) {
    SplitOptions options;
    options.seed = seed;
    const Split split = make_split(dataset, options);
    EXPECT_EQ(static_cast<int>(split.test_subjects.size()), test_subjects.at(GetParam()));
    EXPECT_EQ(split.train.samples() + split.test.samples(), dataset.samples());
    const auto [least, greatest] = std::minmax_element(split.test.x.begin(), split.test.x.end());
    EXPECT_GE(*least, -3.0F);
    EXPECT_LE(*greatest, 3.0F);
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, PublicData, testing::Values("dsads", "hapt", "mnist", "optdigits"),
                         [](const auto& set) { return set.param; });

}  // namespace
}  // namespace sylvester
