#include "golden/hardware/hardware.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/streams.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Hardware, DefaultsAreLegal) { EXPECT_NO_THROW(check(HardwareParameters{})); }

TEST(Hardware, EveryRangeIsChecked) {
  struct Range {
    std::string name;
    std::function<int&(HardwareParameters&)> value;
    int least, most;
  };
  std::vector<Range> ranges = {
      {"rows", [](HardwareParameters& h) -> int& { return h.rows; }, 1, 64},
      {"cols", [](HardwareParameters& h) -> int& { return h.cols; }, 1, 64},
      {"bits", [](HardwareParameters& h) -> int& { return h.bits; }, 4, 24},
      {"outer_bits", [](HardwareParameters& h) -> int& { return h.outer_bits; }, 8, 32},
      {"tile_max", [](HardwareParameters& h) -> int& { return h.tile_max; }, 1, 65535},
      {"lanes", [](HardwareParameters& h) -> int& { return h.lanes; }, 1, 32},
      {"block_max", [](HardwareParameters& h) -> int& { return h.block_max; }, 2, 1024},
      {"random_bits", [](HardwareParameters& h) -> int& { return h.random_bits; }, 1, 16},
  };
  for (const BufferEntry& entry : buffer_entries()) {
    ranges.push_back({"buffers." + std::string(entry.name),
                      [&entry](HardwareParameters& h) -> int& { return h.buffers.*entry.value; },
                      entry.least, entry.most});
  }
  for (const LatencyEntry& entry : latency_entries()) {
    ranges.push_back({"latency." + std::string(entry.name),
                      [&entry](HardwareParameters& h) -> int& { return h.latency.*entry.value; },
                      entry.least, entry.most});
  }
  for (const Range& range : ranges) {
    SCOPED_TRACE(range.name);
    HardwareParameters hardware;
    for (const int good : {range.least, range.most}) {
      range.value(hardware) = good;
      EXPECT_NO_THROW(check(hardware));
      hardware = {};
    }
    for (const int bad : {range.least - 1, range.most + 1}) {
      range.value(hardware) = bad;
      EXPECT_THAT([&] { check(hardware); },
                  ThrowsMessage<UserError>(
                      AllOf(HasSubstr(range.name + " = "), HasSubstr(std::to_string(bad)))));
      hardware = {};
    }
  }
}

TEST(Hardware, OtherRefusals) {
  HardwareParameters hardware;
  hardware.block_max = 48;
  EXPECT_THAT([&] { check(hardware); }, ThrowsMessage<UserError>(HasSubstr("power of two")));
  hardware = {};
  hardware.modes = {};
  EXPECT_THAT([&] { check(hardware); }, ThrowsMessage<UserError>(HasSubstr("modes")));
}

TEST(Hardware, PassesOverNibblesHaveConditions) {  // I8-1
  HardwareParameters hardware;
  hardware.modes = {operand_mode("i8xi8"), operand_mode("e3xi4")};
  hardware.policy = AccumulatePolicy::kSaturate;
  hardware.bits = 20;
  hardware.buffers.code_chunk = 64;
  const Format& i8 = format("i8");
  EXPECT_EQ(nibbles_refusal(hardware, i8, i8, 32), "");  // 516,128 < 2^19
  EXPECT_THAT(nibbles_refusal(hardware, i8, i8, 33),
              HasSubstr("policy saturate with a tile of 33 needs tile * 127 * 127 < 2^(bits - 1)"));
  hardware.policy = AccumulatePolicy::kWrap;
  EXPECT_THAT(nibbles_refusal(hardware, i8, i8, 33), HasSubstr("policy wrap"));
  hardware.policy = AccumulatePolicy::kClamp;
  EXPECT_EQ(nibbles_refusal(hardware, i8, i8, 64), "");
  EXPECT_THAT(nibbles_refusal(hardware, i8, i8, 65), HasSubstr("tile 65 exceeds code_chunk 64"));
  EXPECT_EQ(nibbles_refusal(hardware, format("u4"), format("i5"), 65), "");
  EXPECT_THAT(nibbles_refusal(hardware, format("e3"), i8, 8),
              HasSubstr("e3xi8 is not built; only integer formats"));
}

TEST(Hardware, AChunkHoldsWholeTilesOfNibbles) {
  HardwareParameters hardware;
  hardware.modes = {operand_mode("i8xi8")};
  hardware.policy = AccumulatePolicy::kClamp;
  hardware.buffers.code_chunk = 64;
  const auto operand = [](const char* name) {
    auto prepared = std::make_shared<PreparedOperand>();
    prepared->format = format_index(name);
    prepared->lines = 3;
    prepared->k = prepared->k_padded = 100;
    prepared->codes.assign(300, 1);
    return prepared;
  };
  GemmJob job{operand("i8"),
              operand("i8"),
              {hardware.policy, hardware.bits, 24, hardware.outer_bits},
              hardware.counters};
  const GemmDescriptor passes = describe(hardware, job);
  EXPECT_EQ(passes.nibbles, 1U);
  EXPECT_EQ(passes.k_chunk, 48U);
  EXPECT_EQ(passes.k_chunks, 3U);
  EXPECT_EQ(passes.k_last, 4U);
  job.a = job.b = operand("i4");
  const GemmDescriptor one_pass = describe(hardware, job);
  EXPECT_EQ(one_pass.nibbles, 0U);
  EXPECT_EQ(one_pass.k_chunk, 64U);
  EXPECT_EQ(one_pass.k_chunks, 2U);
}

PrepareJob given_job(ScaleRule rule, std::vector<std::int16_t> mantissas) {
  PrepareJob job;
  job.recipe.format = format_index("i4");
  job.recipe.scale = rule;
  job.input.name = "x";
  job.input.lines = 1;
  job.input.k = static_cast<int>(mantissas.size());
  job.input.mantissas = std::move(mantissas);
  return job;
}

TEST(Hardware, AGivenDivisorComesFromTheJob) {  // HND-1, SAWB-1
  HardwareParameters hardware;
  PrepareJob hindsight = given_job(ScaleRule::kHindsight, {1, 2});
  hindsight.max_given = 200;
  const PrepareDescriptor of_maximum = describe(hardware, hindsight);
  EXPECT_TRUE(of_maximum.has_rule(DivisorRule::kGiven));
  EXPECT_EQ(of_maximum.passes(), 1);
  EXPECT_EQ(of_maximum.given_divisor, 200U);
  EXPECT_EQ(of_maximum.given_fine, 0U);
  const PrepareDescriptor of_clip =
      describe(hardware, given_job(ScaleRule::kSawb, {100, 200, -300}));
  EXPECT_TRUE(of_clip.has_rule(DivisorRule::kGiven));
  EXPECT_EQ(of_clip.given_divisor, 44514U);
  EXPECT_EQ(of_clip.given_fine, 1U);
  // Without a clip, the largest magnitude is measured.
  EXPECT_EQ(describe(hardware, given_job(ScaleRule::kSawb, {5, 5})).passes(), 2);
  EXPECT_EQ(describe(hardware, given_job(ScaleRule::kLuq, {5, 5})).passes(), 2);
}

TEST(Hardware, AClipFitsTheDivisor) {
  // A few coefficients at the limit, the others 0: three times the largest magnitude for block 1.
  for (const int block : {1, 2, 8, 1024}) {
    HardwareParameters hardware;
    hardware.block_max = std::max(2, block);
    std::vector<std::int16_t> mantissas(static_cast<std::size_t>(block) * 4, 0);
    std::fill_n(mantissas.begin(), block < 4 ? block : 4 * block, std::int16_t{32767});
    PrepareJob job = given_job(ScaleRule::kSawb, std::move(mantissas));
    job.recipe.block_rule = block == 1 ? BlockRule::kNone : BlockRule::kPad;
    job.recipe.block = block;
    const PrepareDescriptor d = describe(hardware, job);
    ASSERT_EQ(d.passes(), 1) << block;
    EXPECT_LT(d.given_divisor, 1U << given_divisor_bits(hardware)) << block;
    EXPECT_GT(d.given_divisor, 32767U * static_cast<unsigned>(block) / 4) << block;
  }
}

TEST(Hardware, RefusesAMaximumBeyondTheDivisorAndSignsThatItHasNot) {
  HardwareParameters hardware;
  hardware.block_max = 4;
  PrepareJob job = given_job(ScaleRule::kHindsight, {1, 2});
  job.max_given = (1 << 23) - 1;
  EXPECT_EQ(describe(hardware, job).given_divisor, (1U << 23) - 1);
  job.max_given = 1 << 23;
  EXPECT_THROW(describe(hardware, job), UserError);
  PrepareJob signs = given_job(ScaleRule::kMax, {1, 2});
  signs.recipe.sign_role = 8;
  signs.recipe.draw.layer = 3;
  EXPECT_THROW(describe(hardware, signs), UserError);
  hardware.signs = true;
  EXPECT_EQ(describe(hardware, signs).signs, 1U);
  EXPECT_EQ(describe(hardware, signs).sign_word, 3U << 16 | 8U << 8);
}

TEST(Hardware, EveryParameterChangesTheHash) {
  using Change = void (*)(HardwareParameters&);
  const std::vector<Change> changes = {
      [](HardwareParameters& h) { ++h.rows; },
      [](HardwareParameters& h) { ++h.cols; },
      [](HardwareParameters& h) { ++h.bits; },
      [](HardwareParameters& h) { h.policy = AccumulatePolicy::kWrap; },
      [](HardwareParameters& h) { ++h.outer_bits; },
      [](HardwareParameters& h) { ++h.tile_max; },
      [](HardwareParameters& h) { ++h.lanes; },
      [](HardwareParameters& h) { h.block_max *= 2; },
      [](HardwareParameters& h) { ++h.random_bits; },
      [](HardwareParameters& h) { h.signs = true; },
      [](HardwareParameters& h) { h.modes = {operand_mode("u4xi4")}; },
      [](HardwareParameters& h) { h.modes = {operand_mode("i4xi4")}; },
      [](HardwareParameters& h) { h.counters = CounterMode::kNone; },
  };
  std::set<std::uint64_t> hashes = {hardware_hash({})};
  std::size_t variants = 1;
  for (const Change change : changes) {
    HardwareParameters hardware;
    change(hardware);
    hashes.insert(hardware_hash(hardware));
    ++variants;
  }
  for (const BufferEntry& entry : buffer_entries()) {
    HardwareParameters hardware;
    ++(hardware.buffers.*entry.value);
    hashes.insert(hardware_hash(hardware));
    ++variants;
  }
  for (const LatencyEntry& entry : latency_entries()) {
    HardwareParameters hardware;
    ++(hardware.latency.*entry.value);
    hashes.insert(hardware_hash(hardware));
    ++variants;
  }
  EXPECT_EQ(hashes.size(), variants);
  EXPECT_EQ(hardware_hash({}), hardware_hash({}));
}

TEST(Hardware, CanonicalTextHasOneLinePerParameter) {
  const std::string text = canonical_text({});
  EXPECT_THAT(text, HasSubstr("rows = 16\n"));
  EXPECT_THAT(text, HasSubstr("policy = saturate\n"));
  EXPECT_THAT(text, HasSubstr("latency.divide_bits = 2\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'),
            16 + static_cast<long>(buffer_entries().size() + latency_entries().size()));
  EXPECT_THAT(text, HasSubstr("gemm_job = k_len:16 tile:16 "));
}

TEST(Hardware, EightBitCodesNeedARegisterForTheirProducts) {
  HardwareParameters hardware;
  hardware.modes = {operand_mode("i8xi8")};
  for (const auto policy : {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap}) {
    hardware.policy = policy;
    hardware.bits = 14;
    EXPECT_THAT([&] { check(hardware); }, ThrowsMessage<UserError>(HasSubstr("bits 15 or more")));
    hardware.bits = 15;
    EXPECT_NO_THROW(check(hardware));
  }
  hardware.policy = AccumulatePolicy::kClamp;
  hardware.bits = 4;
  EXPECT_NO_THROW(check(hardware));
}

}  // namespace
}  // namespace sylvester
