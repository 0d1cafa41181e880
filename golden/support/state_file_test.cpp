#include "golden/support/state_file.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <nlohmann/json.hpp>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"
#include "golden/support/sha256.hpp"
#include "golden/support/test_folder.hpp"

namespace sylvester {
namespace {

TEST(StateFile, KeepsEveryBit) {
  const TestFolder folder;
  const std::vector<float> floats = {0.0F, -0.0F, 1e-45F, std::numeric_limits<float>::infinity()};
  const std::vector<double> doubles = {0.1, -1e300};
  write_state_file(folder.path() / "s", "state",
                   {{"step", std::uint64_t{1} << 63},
                    {"floats", to_binary(floats)},
                    {"doubles", to_binary(doubles)},
                    {"none", to_binary(std::vector<int>())},
                    {"accuracy", {0.1, 100.0 / 3}}});
  const nlohmann::json state = read_state_file(folder.path() / "s", "state");
  EXPECT_EQ(state.at("step").get<std::uint64_t>(), std::uint64_t{1} << 63);
  EXPECT_EQ(from_binary<double>(state.at("doubles")), doubles);
  EXPECT_TRUE(from_binary<int>(state.at("none")).empty());
  EXPECT_EQ(state.at("accuracy").get<std::vector<double>>(), (std::vector<double>{0.1, 100.0 / 3}));
  const std::vector<float> read = from_binary<float>(state.at("floats"));
  ASSERT_EQ(read.size(), floats.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(read[i]), std::bit_cast<std::uint32_t>(floats[i]));
  }
  EXPECT_THROW(from_binary<double>(nlohmann::json::binary({1, 2, 3})), nlohmann::json::exception);
}

TEST(StateFile, RefusesWhatIsNotAsItWasWritten) {
  const TestFolder folder;
  const auto path = folder.path() / "s";
  write_state_file(path, "state", {{"values", to_binary(std::vector<int>{1, 2, 3})}});
  const std::string good = read_file(path);
  EXPECT_THROW(read_state_file(path, "other"), UserError);
  EXPECT_THROW(read_state_file(folder.path() / "absent", "state"), UserError);
  for (std::size_t size = 0; size < good.size(); ++size) {
    folder.write("s", std::string_view(good).substr(0, size));
    EXPECT_THROW(read_state_file(path, "state"), UserError) << size;
  }
  constexpr std::uint64_t seed = 3;
  HostRandom random(seed);
  for (int i = 0; i < 200; ++i) {
    std::string bad = good;
    const std::uint32_t at = random.below(static_cast<std::uint32_t>(bad.size()));
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
    folder.write("s", bad);
    EXPECT_THROW(read_state_file(path, "state"), UserError) << "seed " << seed << ", byte " << at;
  }
  folder.write("s", good + "x");
  EXPECT_THROW(read_state_file(path, "state"), UserError);
}

// With a good checksum, so that nothing but its content can be refused.
TEST(StateFile, RefusesDeepNesting) {
  const TestFolder folder;
  const auto path = folder.path() / "s";
  for (const auto& [depth, is_good] : {std::pair(10, true), {100, false}, {10'000'000, false}}) {
    for (const char* nested : {"\x81", "\xA1\x61x", "\x9F"}) {  // lists, objects, open lists
      std::string body = "\xA1\x61x";                           // {"x": ...
      for (int i = 0; i < depth; ++i) body += nested;
      body += '\0';
      if (nested[0] == '\x9F') body += std::string(static_cast<std::size_t>(depth), '\xFF');
      write_file(path, "sylvester state 1\n" + sha256_hex(body) + "\n" + body);
      if (is_good) {
        EXPECT_TRUE(read_state_file(path, "state").contains("x"));
      } else {
        EXPECT_THROW(read_state_file(path, "state"), UserError) << depth;
      }
    }
  }
}

}  // namespace
}  // namespace sylvester
