#include "golden/data/cifar.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "golden/data/load.hpp"
#include "golden/data/split.hpp"
#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// A record: its labels, then red, green and blue with one value each.
std::string record(std::string_view labels, int red, int green, int blue) {
  std::string bytes(labels);
  for (const int value : {red, green, blue}) bytes += std::string(1024, static_cast<char>(value));
  return bytes;
}

class Cifar : public testing::Test {
 protected:
  void write_cifar10(const std::string& inner = "") const {
    std::filesystem::create_directories(folder_.path() / inner);
    for (int batch = 1; batch <= 5; ++batch) {
      folder_.write(inner + fmt::format("data_batch_{}.bin", batch),
                    record({"\x00", 1}, batch, 0, 255) + record("\x09", 0, 51, 0));
    }
    folder_.write(inner + "test_batch.bin", record("\x03", 255, 0, 0));
  }
  [[nodiscard]] std::string error(std::string_view set) const {
    return user_error([&] { load_dataset(set, folder_.path()); });
  }

  TestFolder folder_;
};

TEST_F(Cifar, ReadsTheSixBatches) {
  write_cifar10("cifar-10-batches-bin/");
  const Dataset dataset = load_dataset("cifar10", folder_.path());
  EXPECT_EQ(dataset.classes, 10);
  EXPECT_EQ(dataset.features, 3072);
  EXPECT_EQ(dataset.channels, 3);
  EXPECT_EQ(dataset.height, 32);
  EXPECT_EQ(dataset.width, 32);
  EXPECT_EQ(dataset.publisher_training_samples, 10);
  EXPECT_THAT(dataset.label, ElementsAre(0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 3));
  EXPECT_EQ(dataset.x.size(), 11U * 3072);
  EXPECT_EQ(dataset.x[3069], 1 / 255.0F);
  EXPECT_EQ(dataset.x[3070], 0.0F);
  EXPECT_EQ(dataset.x[3071], 1.0F);
  EXPECT_EQ(dataset.x[3072 + 1], 0.2F);
  EXPECT_TRUE(dataset.channel_mean.empty());
}

TEST_F(Cifar, PutsTheColoursOfAPixelSideBySide) {
  write_cifar10();
  std::string bytes = record("\x03", 0, 0, 0);
  bytes[1 + 32 * 5 + 7] = 51;               // red of row 5, column 7
  bytes[1 + 1024 + 32 * 5 + 7] = 102;       // green
  bytes[1 + 2 * 1024 + 32 * 31 + 31] = 51;  // blue of the last pixel
  folder_.write("test_batch.bin", bytes);
  const Dataset dataset = load_dataset("cifar10", folder_.path());
  const float* const x = dataset.x.data() + 10 * 3072;
  EXPECT_EQ(x[3 * (32 * 5 + 7)], 0.2F);
  EXPECT_EQ(x[3 * (32 * 5 + 7) + 1], 0.4F);
  EXPECT_EQ(x[3071], 0.2F);
  EXPECT_EQ(std::count(x, x + 3072, 0.0F), 3069);
}

TEST_F(Cifar, ReadsTheFineLabelsAndStandardisesWithTheConstantsOfTheField) {
  std::string training;
  for (int label = 0; label < 100; ++label) {
    training += record(std::string{'\x13', static_cast<char>(label)}, 0, 0, 0);
  }
  folder_.write("train.bin.gz", gzipped(training));
  folder_.write("test.bin", record("\x13\x63", 255, 0, 255));
  const Dataset dataset = load_dataset("cifar100", folder_.path());
  EXPECT_EQ(dataset.classes, 100);
  EXPECT_EQ(dataset.publisher_training_samples, 100);
  EXPECT_EQ(dataset.label[42], 42);
  EXPECT_EQ(dataset.label[100], 99);
  const Split split = make_split(dataset, {});
  EXPECT_FLOAT_EQ(split.test.x[0], static_cast<float>((1 - 0.5071) / 0.2675));
  EXPECT_FLOAT_EQ(split.test.x[1], static_cast<float>(-0.4867 / 0.2565));
  EXPECT_FLOAT_EQ(split.test.x[3071], static_cast<float>((1 - 0.4408) / 0.2761));
}

TEST_F(Cifar, RefusesDamagedFiles) {
  write_cifar10();
  folder_.write("data_batch_2.bin", record("\x01", 0, 0, 0).substr(1));
  EXPECT_THAT(error("cifar10"),
              AllOf(HasSubstr("data_batch_2.bin: 3072 bytes"), HasSubstr("a multiple of 3073")));
  folder_.write("data_batch_2.bin", record("\x01", 0, 0, 0) + record("\x0a", 0, 0, 0));
  EXPECT_THAT(error("cifar10"), HasSubstr("label of record 2 is 10, allowed is 0 ... 9"));
  folder_.write("data_batch_2.bin", "");
  EXPECT_THAT(error("cifar10"), HasSubstr("data_batch_2.bin: the file is empty"));
  std::filesystem::remove(folder_.path() / "data_batch_2.bin");
  EXPECT_THAT(error("cifar10"), HasSubstr("data_batch_2.bin is missing"));

  folder_.write("train.bin", record("\x01\x64", 0, 0, 0));
  EXPECT_THAT(error("cifar100"), HasSubstr("label of record 1 is 100, allowed is 0 ... 99"));
  folder_.write("train.bin", std::string(3074 * 50001, '\0'));
  EXPECT_THAT(error("cifar100"), HasSubstr("up to 50000 records"));
}

}  // namespace
}  // namespace sylvester
