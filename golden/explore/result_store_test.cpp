#include "golden/explore/result_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <tuple>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Training some_training() {
  Training training;
  training.average_incremental_accuracy = 100.0 / 3;
  training.final_accuracy = 0.1;
  training.forgetting = -1e-300;
  training.limited_tile_share = 1;
  training.backward_bytes = {.codes = std::uint64_t{1} << 40, .masks = 2, .wide = 3, .floats = 5};
  training.steps = 7;
  training.weights_sha256 = "abc";
  training.detail = "{}";
  training.seconds = 1.5;
  return training;
}

std::string refusal(const fs::path& folder) {
  try {
    const ResultStore store(folder);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(ResultStore, GivesBackWhatItGotAlsoWhenOpenedAgain) {
  const TestFolder folder;
  const Config config = Config::load("hdqt");
  const TrainingKey key = training_key(config, "data");
  const Training training = some_training();
  const StepCycles cycles{.cycles = 3, .array_cycles = 2, .macs = 1, .utilization = 0.1};
  for (const bool again : {false, true}) {
    ResultStore store(folder.path() / "new" / "store");
    EXPECT_EQ(store.training(key).has_value(), again);
    const std::string point = store.add_point(config);
    EXPECT_EQ(store.cycles(point, "g").has_value(), again);
    store.add(key, training);
    store.add(point, "g", cycles);
    store.add_run(point, key);
    const auto read = store.training(key);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->average_incremental_accuracy, training.average_incremental_accuracy);
    EXPECT_EQ(read->final_accuracy, training.final_accuracy);
    EXPECT_EQ(read->forgetting, training.forgetting);
    EXPECT_EQ(read->backward_bytes, training.backward_bytes);
    EXPECT_EQ(read->weights_sha256, "abc");
    EXPECT_EQ(read->failure, "");
    EXPECT_EQ(store.cycles(point, "g"), cycles);
    EXPECT_FALSE(store.cycles(point, "other"));
  }
  Database database(folder.path() / "new" / "store" / kDatabaseFile);
  EXPECT_EQ(database.integer("SELECT count(*) FROM result"), 1);
  EXPECT_EQ(database.text("SELECT configuration FROM result"), point_text(config));
  EXPECT_EQ(database.integer("SELECT backward_bytes FROM result"), (std::int64_t{1} << 40) + 10);
  EXPECT_EQ(database.integer("SELECT backward_code_bytes FROM result"), std::int64_t{1} << 40);
  EXPECT_EQ(database.integer("SELECT backward_mask_bytes * 100 + backward_wide_bytes * 10 + "
                             "backward_float_bytes FROM result"),
            235);
}

TEST(ResultStore, AFailureIsAResult) {
  const TestFolder folder;
  ResultStore store(folder.path());
  const TrainingKey key = training_key(Config::load("fp32"), "data");
  Training failed;
  failed.failure = "it diverged";
  store.add(key, failed);
  ASSERT_TRUE(store.training(key));
  EXPECT_EQ(store.training(key)->failure, "it diverged");
  EXPECT_FALSE(store.training(key)->forgetting);
}

// Hardware keys do not change a training, every other one does, and so does what is counted.
TEST(ResultStore, KeysTellWhatATrainingDependsOn) {
  const Config base = Config::load("hdqt");
  const TrainingKey key = training_key(base, "data");
  EXPECT_EQ(training_key(base.with("array.rows", "3"), "data"), key);
  EXPECT_EQ(training_key(base.with("hardware.buffers.feed", "3"), "data"), key);
  EXPECT_EQ(training_key(base.with("train.threads", "3"), "data"), key);
  EXPECT_NE(training_key(base.with("accumulator.bits", "6"), "data"), key);
  EXPECT_NE(training_key(base.with("train.seed", "2"), "data"), key);
  EXPECT_NE(training_key(base.with("hardware.counters", "none"), "data"), key);
  EXPECT_NE(training_key(base, "other"), key);
  EXPECT_NE(point_text(base.with("array.rows", "3")), point_text(base));
  EXPECT_EQ(point_text(base.with("train.seed", "3")), point_text(base));
}

TEST(ResultStore, OneProcessAtATime) {
  const TestFolder folder;
  const ResultStore store(folder.path());
  EXPECT_THAT(refusal(folder.path()), HasSubstr("is used by another process"));
}

TEST(ResultStore, ForeignFoldersStayAsTheyAre) {
  const TestFolder folder;
  folder.write("points.csv", "mine");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("which no earlier run has written"));
  EXPECT_FALSE(fs::exists(folder.path() / kDatabaseFile));
  EXPECT_FALSE(fs::exists(folder.path() / kLockFile));
  EXPECT_THAT(refusal(folder.path() / "points.csv"), HasSubstr("is a file, not a folder"));
  EXPECT_THAT(refusal("/proc/sylvester"), HasSubstr("/proc/sylvester"));
}

TEST(ResultStore, ForeignDatabasesAreRefused) {
  const TestFolder folder;
  const fs::path file = folder.path() / kDatabaseFile;
  {
    Database other(file);
    other.execute("CREATE TABLE mine (a)");
  }
  const std::string before = read_file(file);
  EXPECT_THAT(refusal(folder.path()), HasSubstr("is a database of another program"));
  EXPECT_EQ(read_file(file), before);
  write_file(file, "text");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("is no database"));
  fs::remove(file);
  { const ResultStore store(folder.path()); }
  Database(file).execute("PRAGMA user_version = 77");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("has tables of version 77, not 2"));
}

// Bytes overwritten, cut or zeroed: refused with one sentence, or read as if nothing had happened.
TEST(ResultStore, DamagedDatabasesAreRefused) {
  const TestFolder folder;
  const fs::path file = folder.path() / kDatabaseFile;
  const Config config = Config::load("hdqt");
  const TrainingKey key = training_key(config, "data");
  {
    ResultStore store(folder.path());
    Training training = some_training();
    training.detail = std::string(20'000, 'x');
    store.add(key, training);
    store.add_run(store.add_point(config), key);
  }
  const std::string whole = read_file(file);
  constexpr unsigned kSeed = 1;
  std::mt19937 random(kSeed);
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    std::string bytes = whole;
    const std::size_t at = random() % bytes.size();
    switch (random() % 3) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.replace(at, 512, std::string(std::min<std::size_t>(512, bytes.size() - at), '\0'));
        break;
      default:
        bytes[at] = static_cast<char>(random());
    }
    write_file(file, bytes);
    for (const char* beside : {"-wal", "-shm", "-journal"}) fs::remove(file.string() + beside);
    try {
      ResultStore store(folder.path());
      std::ignore = store.training(key);
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr(kDatabaseFile)) << "seed " << kSeed << ", " << round;
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
}

// Killed before the first table was there.
TEST(ResultStore, AnEmptyFileIsANewDatabase) {
  const TestFolder folder;
  folder.write(kDatabaseFile, "");
  folder.write(kLockFile, "");
  EXPECT_EQ(refusal(folder.path()), "");
}

// A process that tells after each training that it is stored is killed at a random moment, while it
// makes the tables or after it has told something: the next one finds all that it told.
TEST(ResultStore, KeepsWhatItHasWhenItsProcessIsKilled) {
  const TestFolder folder;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  { const ResultStore store(folder.path() / "measured"); }
  const auto opening = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  for (int round = 0; round < 30; ++round) {
    const fs::path out = folder.path() / std::to_string(round);
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        ResultStore store(out);
        for (std::uint32_t i = 0;; ++i) {
          store.add(TrainingKey{"n", "full", i, "d"}, some_training());
          if (write(ends[1], "x", 1) != 1) _exit(1);
        }
      } catch (...) {
        _exit(1);
      }
    }
    close(ends[1]);
    std::uint32_t told = 0;
    const auto hear = [&] {
      char c = 0;
      const bool heard = read(ends[0], &c, 1) == 1;
      told += heard ? 1 : 0;
      return heard;
    };
    if (round % 3 == 0) {
      while (told < 1 + random() % 4) ASSERT_TRUE(hear());
    } else {
      std::this_thread::sleep_for(opening * static_cast<int>(random() % 100) / 100);
    }
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (hear()) {
    }
    close(ends[0]);
    ResultStore store(out);
    for (std::uint32_t i = 0; i < told; ++i) {
      ASSERT_TRUE(store.training(TrainingKey{"n", "full", i, "d"})) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace sylvester
