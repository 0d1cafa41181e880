#include "golden/data/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "golden/data/test_files.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// `subjects` persons x 3 classes x 4 samples; x = {sample number, constant 0.1, outlier}.
Dataset small_set(int subjects) {
  Dataset dataset;
  dataset.name = "small";
  dataset.set_shape(1, 1, 3);
  dataset.classes = 3;
  for (int subject = 1; subject <= subjects; ++subject) {
    for (int i = 0; i < 12; ++i) {
      const auto number = static_cast<float>(dataset.samples());
      dataset.x.insert(dataset.x.end(), {number, 0.1F, i == 0 ? 1000.0F : 0.25F});
      dataset.label.push_back(i % 3);
      dataset.subject.push_back(subject);
    }
  }
  return dataset;
}

TEST(Split, DefaultsToOneFifthOfThePersons) {
  EXPECT_EQ(default_test_subjects(8), 1);   // DSADS
  EXPECT_EQ(default_test_subjects(30), 6);  // HAPT
  EXPECT_EQ(default_test_subjects(10), 2);  // embedded
  EXPECT_EQ(default_test_subjects(28), 5);  // HAPT as in the HDQT runs: 23/5
  EXPECT_EQ(default_test_subjects(2), 1);
  EXPECT_EQ(default_test_subjects(6), 1);  // PAMAP2 as in the HDQT runs: 5/1
}

TEST(Split, KeepsPersonsApartAndLosesNothing) {
  const Dataset dataset = small_set(8);
  const Split split = subject_split(dataset, 3, 7);
  EXPECT_EQ(split.test_subjects.size(), 3U);
  EXPECT_EQ(split.train.samples(), 5 * 12);
  EXPECT_EQ(split.test.samples(), 3 * 12);
  for (const std::int32_t subject : split.train.subject) {
    EXPECT_FALSE(
        std::binary_search(split.test_subjects.begin(), split.test_subjects.end(), subject));
  }
  for (const std::int32_t subject : split.test.subject) {
    EXPECT_TRUE(
        std::binary_search(split.test_subjects.begin(), split.test_subjects.end(), subject));
  }
}

TEST(Split, DependsOnlyOnTheSeed) {
  const Dataset dataset = small_set(8);
  const Split first = subject_split(dataset, 1, 5);
  const Split again = subject_split(dataset, 1, 5);
  EXPECT_EQ(first.test_subjects, again.test_subjects);
  EXPECT_EQ(first.class_order, again.class_order);
  EXPECT_EQ(first.train.x, again.train.x);

  std::set<std::int32_t> chosen;
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Split split = subject_split(dataset, 1, seed);
    chosen.insert(split.test_subjects.front());
    orders.insert(split.class_order);
  }
  EXPECT_EQ(chosen.size(), 8U);  // each person is the test subject of some seed
  EXPECT_EQ(orders.size(), 6U);  // all orders of three classes
}

/// Pinned: a change here changes every published result.
TEST(Split, DrawsThePinnedSubjectsAndOrder) {
  const Split split = subject_split(small_set(8), 2, 1);
  EXPECT_THAT(split.test_subjects, ElementsAre(5, 6));
  EXPECT_THAT(split.class_order, ElementsAre(1, 0, 2));
}

TEST(Split, RenumbersLabelsByTheClassOrder) {
  const Dataset dataset = small_set(4);
  SplitOptions options;
  options.normalisation = Normalisation::none;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    options.seed = seed;
    const Split split = make_split(dataset, options);
    for (const Dataset* part : {&split.train, &split.test}) {
      for (int i = 0; i < part->samples(); ++i) {
        // Column 0 is the number of the sample in the whole set.
        const auto number = static_cast<std::size_t>(part->x[static_cast<std::size_t>(i) * 3]);
        const auto position = static_cast<std::size_t>(part->label[static_cast<std::size_t>(i)]);
        EXPECT_EQ(split.class_order[position], dataset.label[number]);
      }
    }
  }
  options.shuffle_classes = false;
  EXPECT_THAT(make_split(dataset, options).class_order, ElementsAre(0, 1, 2));
}

TEST(Split, StandardisesWithTheTrainingPersonsOnly) {
  Dataset dataset = small_set(4);
  SplitOptions options;
  options.clip = 100;
  const Split reference = make_split(dataset, options);
  ASSERT_EQ(reference.test_subjects.size(), 1U);

  double sum = 0, squares = 0;
  const auto samples = static_cast<std::size_t>(reference.train.samples());
  for (std::size_t i = 0; i < samples; ++i) {
    sum += reference.train.x[i * 3];
    squares += static_cast<double>(reference.train.x[i * 3]) * reference.train.x[i * 3];
  }
  EXPECT_NEAR(sum / static_cast<double>(samples), 0.0, 1e-6);
  EXPECT_NEAR(squares / static_cast<double>(samples), 1.0, 1e-6);

  // Whatever the test person's data are, the training part stays the same.
  for (std::size_t i = 0; i < dataset.label.size(); ++i) {
    if (dataset.subject[i] == reference.test_subjects.front()) dataset.x[i * 3] = 1e6F;
  }
  const Split changed = make_split(dataset, options);
  EXPECT_EQ(changed.train.x, reference.train.x);
  EXPECT_EQ(changed.mean, reference.mean);
  EXPECT_EQ(changed.deviation, reference.deviation);
}

TEST(Split, MakesConstantFeaturesZeroAndClips) {
  const Split split = subject_split(small_set(4), 1, 1);
  EXPECT_EQ(split.deviation[1], 0.0);  // exactly, although 0.1 is not exact in binary
  for (const Dataset* part : {&split.train, &split.test}) {
    float greatest = 0;
    for (std::size_t i = 0; i < part->x.size(); ++i) {
      if (i % 3 == 1) {
        EXPECT_EQ(part->x[i], 0.0F);
      }
      if (i % 3 == 2) greatest = std::max(greatest, part->x[i]);
    }
    EXPECT_EQ(greatest, 3.0F);  // the outlier lies at sqrt(11) = 3.3 deviations
  }
}

TEST(Split, UsesThePublishersSplit) {
  Dataset dataset = small_set(2);
  dataset.subject.clear();
  dataset.publisher_training_samples = 15;
  SplitOptions options;
  options.normalisation = Normalisation::none;
  const Split split = make_split(dataset, options);
  EXPECT_EQ(split.train.samples(), 15);
  EXPECT_EQ(split.test.samples(), 9);
  EXPECT_EQ(split.train.x.size(), 45U);
  EXPECT_EQ(split.test.x.front(), 15.0F);  // sample number, untouched
  EXPECT_THAT(split.mean, IsEmpty());
  EXPECT_THAT(split.test_subjects, IsEmpty());
}

/// Two images of 1 x 2 pixels of 2 channels for training, one for testing.
Dataset images() {
  Dataset dataset;
  dataset.name = "images";
  dataset.set_shape(1, 2, 2);
  dataset.classes = 1;
  dataset.x = {0, 5, 1, 5, 1, 5, 2, 5, 100, 6, 1, 5};
  dataset.label = {0, 0, 0};
  dataset.publisher_training_samples = 2;
  return dataset;
}

TEST(Split, StandardisesImagesByChannelWithoutLimit) {
  const Split split = make_split(images(), {});
  EXPECT_THAT(split.mean, ElementsAre(1.0, 5.0));
  EXPECT_THAT(split.deviation, ElementsAre(std::sqrt(0.5), 0.0));
  const auto one = static_cast<float>(std::sqrt(2.0));
  EXPECT_THAT(split.train.x, ElementsAre(-one, 0, 0, 0, 0, 0, one, 0));
  EXPECT_THAT(split.test.x, ElementsAre(static_cast<float>(99 / std::sqrt(0.5)), 0, 0, 0));
  EXPECT_EQ(split.test.channels, 2);
  EXPECT_EQ(split.test.height, 1);
  EXPECT_EQ(split.test.width, 2);
}

TEST(Split, StandardisesImagesWithTheConstantsOfTheField) {
  Dataset dataset = images();
  dataset.channel_mean = {1.0, 4.0};
  dataset.channel_deviation = {2.0, 0.5};
  const Split split = make_split(dataset, {});
  EXPECT_EQ(split.mean, dataset.channel_mean);
  EXPECT_THAT(split.test.x, ElementsAre(49.5F, 4.0F, 0.0F, 2.0F));
}

TEST(Split, DropsSubjectsAndClassesByThePublishersNumbers) {
  Dataset dataset = small_set(4);
  dataset.class_number = {1, 12, 24};
  SplitOptions options;
  options.normalisation = Normalisation::none;
  options.drop_subjects = {2, 3};
  options.drop_classes = {12};
  const Split split = make_split(dataset, options);
  EXPECT_EQ(split.train.classes, 2);
  EXPECT_EQ(split.train.samples(), 8);
  EXPECT_EQ(split.test.samples(), 8);
  EXPECT_THAT(split.class_order, UnorderedElementsAre(0, 2));
  for (const Dataset* part : {&split.train, &split.test}) {
    EXPECT_THAT(part->subject, Each(AnyOf(1, 4)));
    for (int i = 0; i < part->samples(); ++i) {
      const auto label = static_cast<std::size_t>(part->label[static_cast<std::size_t>(i)]);
      const auto number = static_cast<std::size_t>(part->x[static_cast<std::size_t>(i) * 3]);
      EXPECT_EQ(split.class_order[label], dataset.label[number]);
      EXPECT_EQ(part->class_number[label],
                dataset.class_number[static_cast<std::size_t>(dataset.label[number])]);
    }
  }
}

TEST(Split, LimitsTheTrainingSamplesOfEachClass) {
  const Dataset dataset = small_set(4);
  SplitOptions options;
  options.normalisation = Normalisation::none;
  const Split all = make_split(dataset, options);
  options.samples_per_class = 2;
  const Split split = make_split(dataset, options);
  EXPECT_EQ(split.train.samples(), 6);
  EXPECT_TRUE(std::equal(split.train.x.begin(), split.train.x.end(), all.train.x.begin()));
  EXPECT_EQ(split.test.x, all.test.x);
  options.samples_per_class = 1000;
  EXPECT_EQ(make_split(dataset, options).train.x, all.train.x);
}

TEST(Split, RefusesImpossibleRequests) {
  EXPECT_THAT(user_error([] { subject_split(small_set(4), 4, 1); }),
              HasSubstr("data.test_subjects: value 4; allowed with data set 'small': 1...3"));
  EXPECT_THAT(user_error([] { subject_split(small_set(4), -1, 1); }), HasSubstr("1...3"));
  EXPECT_THAT(user_error([] { subject_split(small_set(1), 1, 1); }), HasSubstr("2 or more"));
  SplitOptions options;
  options.clip = 0;
  EXPECT_THAT(user_error([&] { make_split(small_set(4), options); }), HasSubstr("clip = 0"));
  Dataset published = small_set(2);
  published.publisher_training_samples = 15;
  options = {};
  options.test_subjects = 1;
  EXPECT_THAT(user_error([&] { make_split(published, options); }),
              HasSubstr("data.test_subjects: value 1; allowed with data set 'small', which has no "
                        "subjects: 0"));
  options = {};
  options.drop_classes = {3};
  EXPECT_THAT(user_error([&] { make_split(small_set(4), options); }),
              HasSubstr("data.drop_classes: value 3; allowed with data set 'small': its classes "
                        "0, 1, 2"));
  options.drop_classes = {0, 1, 2};
  EXPECT_THAT(user_error([&] { make_split(small_set(4), options); }),
              HasSubstr("names all classes"));
  options.drop_classes = {};
  options.drop_subjects = {5};
  EXPECT_THAT(user_error([&] { make_split(small_set(4), options); }),
              HasSubstr("its subjects 1, 2, 3, 4"));
  EXPECT_THAT(user_error([&] { make_split(images(), options); }),
              HasSubstr("data.drop_subjects: value 5; allowed with data set 'images', which has "
                        "no subjects: []"));
  Dataset lonely = small_set(4);
  lonely.classes = 4;
  EXPECT_THAT(user_error([&] { subject_split(lonely, 1, 1); }),
              HasSubstr("no training sample of class 3"));
}

}  // namespace
}  // namespace sylvester
