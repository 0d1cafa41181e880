#include "golden/hardware/host.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "golden/hardware/bits.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

TEST(Bits, FieldsMayCrossWords) {
  Payload words(2, 0);
  put_bits(words, 30, 5, 0xFFFFFFF5U);  // only five bits are taken
  EXPECT_EQ(words[0], 0x40000000U);
  EXPECT_EQ(words[1], 0x5U);
  EXPECT_EQ(get_bits(words, 30, 5), 0x15U);
  EXPECT_EQ(get_signed_bits(words, 30, 5), -11);
  put_bits(words, 0, 30, 7);
  EXPECT_EQ(get_bits(words, 0, 32), 0x40000007U);
}

HardwareParameters two_by_two() {
  HardwareParameters hardware;
  hardware.rows = 2;
  hardware.cols = 2;
  hardware.lanes = 2;
  hardware.buffers.code_chunk = 4;
  return hardware;
}

PrepareJob three_lines() {
  PrepareJob job;
  job.recipe.format = format_index("i4");
  job.input.name = "test";
  job.input.lines = 3;
  job.input.k = 3;
  job.input.mantissas = {1, 2, 3, 4, 5, 6, -7, -8, -9};
  return job;
}

TEST(Host, WideBeatsAreShortRunsOfOneLine) {
  const auto beats = wide_beats(two_by_two(), three_lines());
  // Per pass and group: k 0-1 of both lines, then k 2 of both lines; line 3 does not exist.
  const std::vector<Payload> once = {{0x00020001}, {0x00050004}, {0x00000003}, {0x00000006},
                                     {0xFFF8FFF9}, {0},          {0x0000FFF7}, {0}};
  std::vector<Payload> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_EQ(beats, twice);
  PrepareJob given = three_lines();
  given.recipe.scale = ScaleRule::kHindsight;
  EXPECT_EQ(wide_beats(two_by_two(), given), once);
}

std::shared_ptr<const PreparedOperand> operand(int lines, int k) {
  auto result = std::make_shared<PreparedOperand>();
  result->format = format_index("i4");
  result->lines = lines;
  result->k = result->k_padded = k;
  for (int i = 0; i < lines * k; ++i) result->codes.push_back(static_cast<Code>(i % 15 - 7));
  return result;
}

TEST(Host, ChunksThatAreKeptComeOnce) {
  const HardwareParameters hardware = two_by_two();
  const auto sent = [&hardware](int m, int n, int k) {
    const GemmJob job{operand(m, k), operand(n, k), {}, CounterMode::kFull};
    return std::pair(a_code_beats(hardware, job).size(), b_code_beats(hardware, job).size());
  };
  using Sizes = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(sent(3, 2, 4), Sizes(2 * 4, 4));          // B once for the whole job
  EXPECT_EQ(sent(3, 3, 4), Sizes(2 * 4, 2 * 2 * 4));  // A once per m-block
  EXPECT_EQ(sent(3, 3, 5), Sizes(2 * 2 * 5, 2 * 2 * 5));
}

TEST(Host, PreparedOperandIsDecoded) {
  const HardwareParameters hardware = two_by_two();
  const PrepareJob job = three_lines();
  const PreparedOperand golden = prepare_reference(job);
  constexpr int kCodeBits = 5;
  std::vector<Payload> codes;
  for (int group = 0; group < 2; ++group) {
    for (int k = 0; k < 3; ++k) {
      Payload beat(1, 0);
      for (int lane = 0; lane < 2 && group * 2 + lane < 3; ++lane) {
        const auto at = static_cast<std::size_t>((group * 2 + lane) * 3 + k);
        put_bits(beat, static_cast<std::size_t>(lane * kCodeBits), kCodeBits,
                 static_cast<std::uint32_t>(golden.codes[at]));
      }
      codes.push_back(beat);
    }
  }
  const std::vector<std::uint64_t> fields = {
      static_cast<std::uint64_t>(golden.max_magnitude), golden.counters.codes_at_limit,
      golden.counters.rounded_up, golden.counters.zero_codes};
  const Payload done = pack(prepare_done_fields(), fields);
  const PreparedOperand decoded = decode_prepared(hardware, job, codes, done);
  EXPECT_EQ(decoded.codes, golden.codes);
  EXPECT_EQ(decoded.scale, golden.scale);
  EXPECT_EQ(decoded.max_magnitude, golden.max_magnitude);
  EXPECT_EQ(decoded.counters, golden.counters);
  codes.pop_back();
  EXPECT_THROW(decode_prepared(hardware, job, codes, done), UserError);
}

TEST(Host, ResultsComeFromTheLastRowToTheFirst) {
  const HardwareParameters hardware = two_by_two();
  const GemmJob job{operand(3, 4), operand(3, 4), {}, CounterMode::kFull};
  // Beats (m-block, n-block, row): (0,0,1) (0,0,0) (0,1,1) (0,1,0) (1,0,0) (1,1,0).
  const std::vector<Payload> results = {{10, 11}, {0, 1},           {12, 99},
                                        {2, 99},  {20, 0xFFFFFFEB}, {22, 99}};
  const Payload done = pack(gemm_done_fields(), std::vector<std::uint64_t>{5, 6, 1ULL << 40});
  const GemmResult decoded = decode_gemm(hardware, job, results, done);
  EXPECT_EQ(decoded.values, (std::vector<std::int32_t>{0, 1, 2, 10, 11, 12, 20, -21, 22}));
  EXPECT_EQ(decoded.counters, (GemmCounters{5, 6, 1ULL << 40}));
}

}  // namespace
}  // namespace sylvester
