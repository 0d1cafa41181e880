// The committed test vectors: small jobs that reach every rule, every format and every edge.
#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>

#include "golden/numerics/job_io.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMost32 = 0xFFFFFFFFU;

std::uint32_t word(HostRandom& random) { return static_cast<std::uint32_t>(random.next() >> 32); }

int between(HostRandom& random, int least, int most) {
  return least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)));
}

template <typename T, std::size_t N>
T pick(HostRandom& random, const std::array<T, N>& choices) {
  return choices[random.below(N)];
}

DrawContext random_context(HostRandom& random) {
  return {.seed = word(random),
          .step = random.below(4) == 0 ? word(random) : random.below(100000),
          .layer = static_cast<std::uint16_t>(random.below(8)),
          .role = static_cast<std::uint8_t>(random.below(7)),
          .repetition = static_cast<std::uint8_t>(random.below(3))};
}

// Parts of up to `bits` bits.
Scale random_scale(HostRandom& random, int bits) {
  return make_scale(1 + random.below(random.below(2) == 0 ? 1 : 1U << bits),
                    1 + random.below(random.below(2) == 0 ? 1 : 1U << bits),
                    between(random, -40, 10));
}

json file_of(const std::string& rule, const std::string& kind, std::vector<json> cases) {
  for (json& vector_case : cases) vector_case["kind"] = kind;
  json file = {{"rule", rule}, {"made_by", "golden"}, {"cases", std::move(cases)}};
  fill_vectors(file);
  return file;
}

json draw_file(HostRandom& random) {
  std::vector<json> cases;
  for (int i = 0; i < 64; ++i) {
    DrawContext context = random_context(random);
    if (i == 0) context = {};
    if (i == 1)
      context = {.seed = kMost32, .step = kMost32, .layer = 65535, .role = 255, .repetition = 255};
    std::vector<std::uint32_t> index = {0, 1, 2, 65535, 65536, kMost32};
    for (int j = 0; j < 10; ++j) index.push_back(word(random));
    cases.push_back({{"seed", context.seed},
                     {"step", context.step},
                     {"layer", context.layer},
                     {"role", context.role},
                     {"repetition", context.repetition},
                     {"random_bits", 1 + i % 16},
                     {"index", index}});
  }
  return file_of("RND-5", "draw", std::move(cases));
}

json wht_file(HostRandom& random) {
  std::vector<json> cases;
  const auto add = [&](std::string_view rule, int block, int k) {
    std::vector<int> line;
    for (int i = 0; i < k; ++i) line.push_back(between(random, -kWideLimit, kWideLimit));
    cases.push_back({{"rule", rule}, {"block", block}, {"k", k}, {"line", line}});
  };
  for (const int k : {1, 2, 3, 4, 5, 6, 7, 8, 12, 31, 32, 33, 96, 128, 405}) {
    add("none", 0, k);
    for (const int block : {0, 1, 4, 32}) add("paper", block, k);
    for (const int block : {1, 2, 8, 32, 128}) add("pad", block, k);
  }
  add("paper", 0, 1024);
  // Every coefficient of the first row at its largest: 26 bits.
  cases.push_back(
      {{"rule", "paper"}, {"block", 0}, {"k", 1024}, {"line", std::vector<int>(1024, kWideLimit)}});
  return file_of("WHT-3", "wht", std::move(cases));
}

json wide_file(HostRandom& random) {
  std::vector<json> cases;
  const auto add = [&](std::vector<std::uint32_t> bits) {
    cases.push_back({{"x_bits", std::move(bits)}});
  };
  const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
  add({bits(1.0F), bits(-0.75F), bits(0x1p-15F)});
  add({bits(1.99999F), bits(0x1p-15F), bits(0x3p-15F), bits(-0x3p-15F)});
  add({0, 0x80000000U});                  // zeros of both signs
  add({1, 0x80000001U, 2, 0x007FFFFFU});  // subnormals only
  add({1, 0x00800000U, 0x00FFFFFFU});     // around the least normal number
  add({0x7F7FFFFFU, 0xFF7FFFFFU, 1});     // largest number beside the least
  for (int i = 0; i < 60; ++i) {
    std::vector<std::uint32_t> pattern;
    const auto top = random.below(254);
    for (int j = 0; j < 24; ++j) {
      // Exponents within 24 of the largest, so that every way of rounding occurs.
      const std::uint32_t exponent = top - std::min(top, random.below(24));
      pattern.push_back((word(random) & 0x807FFFFFU) | exponent << 23);
    }
    add(std::move(pattern));
  }
  return file_of("WIDE-2", "wide", std::move(cases));
}

json to_float_file(HostRandom& random) {
  std::vector<json> cases;
  const auto add = [&](const Scale& scale) {
    json vector_case = to_json(scale);
    std::vector<std::int32_t> values = {
        0, 1, -1, 16777217, -16777219, 2147483647, std::numeric_limits<std::int32_t>::min()};
    for (int j = 0; j < 4; ++j) values.push_back(static_cast<std::int32_t>(word(random)));
    vector_case["value"] = values;
    cases.push_back(std::move(vector_case));
  };
  add({});
  for (const int exponent :
       {-200, -151, -150, -149, -148, -127, -126, 0, 104, 126, 127, 128, 300}) {
    add(make_scale(1, 1, exponent));
    add(make_scale(3, 1, exponent));                             // ties among subnormals
    add(make_scale((std::uint64_t{1} << 25) - 1, 1, exponent));  // rounds up to a power of two
    add(make_scale((std::uint64_t{1} << 63) - 1, (std::uint64_t{1} << 62) + 1, exponent));
  }
  for (int i = 0; i < 80; ++i) {
    add(make_scale((random.next() >> (1 + random.below(62))) | 1,
                   (random.next() >> (1 + random.below(62))) | 1, between(random, -160, 130)));
  }
  return file_of("SCL-3", "to_float", std::move(cases));
}

PrepareJob random_prepare(HostRandom& random, int format, int lines, int k, int scale_bits) {
  const Format& row = formats()[static_cast<std::size_t>(format)];
  PrepareJob job;
  PrepareRecipe& recipe = job.recipe;
  recipe.format = format;
  recipe.block_rule = row.is_signed ? pick(random, std::array{BlockRule::kNone, BlockRule::kPaper,
                                                              BlockRule::kPad, BlockRule::kPad})
                                    : BlockRule::kNone;
  recipe.block = recipe.block_rule == BlockRule::kNone ? 0 : 1 << between(random, 0, 6);
  recipe.scale = pick(random, std::array{ScaleRule::kMax, ScaleRule::kClip, ScaleRule::kPow2});
  recipe.rounding = pick(random, std::array{Rounding::kNearest, Rounding::kStochastic});
  recipe.random_bits = between(random, 1, 16);
  recipe.draw = random_context(random);
  recipe.index0 = random.below(3) == 0 ? word(random) : 0;
  recipe.stride_line = random.below(2) == 0 ? static_cast<std::uint32_t>(k) : 1;
  recipe.stride_k = recipe.stride_line == 1 ? static_cast<std::uint32_t>(lines) : 1;
  job.input.name = "vector";
  job.input.lines = lines;
  job.input.k = k;
  job.input.scale = random_scale(random, scale_bits);
  const int most = 1 << between(random, 1, 15);
  for (int i = 0; i < lines * k; ++i) {
    const int magnitude = std::min(between(random, 0, most), kWideLimit);
    job.input.mantissas.push_back(
        static_cast<std::int16_t>(row.is_signed && random.below(2) == 0 ? -magnitude : magnitude));
  }
  return job;
}

json prepare_file(HostRandom& random) {
  std::vector<json> cases;
  const auto rows = static_cast<int>(formats().size());
  for (int format = 0; format < rows; ++format) {
    const bool listed = !formats()[static_cast<std::size_t>(format)].uniform;
    for (int i = 0; i < (listed ? 60 : 20); ++i) {
      cases.push_back(to_json(
          random_prepare(random, format, between(random, 1, 4), between(random, 1, 40), 20)));
    }
  }
  for (const int largest : {0, 1, 2, 3, 7, 8, 100, 32767}) {
    for (const auto rule : {ScaleRule::kMax, ScaleRule::kClip, ScaleRule::kPow2}) {
      for (const auto mode : {Rounding::kNearest, Rounding::kStochastic}) {
        // All magnitudes up to 30, then the largest: ties and exact multiples.
        PrepareJob job = random_prepare(random, format_index("i4"), 2, 20, 20);
        job.recipe.block_rule = BlockRule::kNone;
        job.recipe.scale = rule;
        job.recipe.rounding = mode;
        for (int i = 0; i < 40; ++i) {
          const int magnitude = std::min(largest, i);
          job.input.mantissas[static_cast<std::size_t>(i)] =
              static_cast<std::int16_t>(i % 2 == 0 ? magnitude : -magnitude);
        }
        job.input.mantissas.back() = static_cast<std::int16_t>(-largest);
        cases.push_back(to_json(job));
      }
    }
  }
  for (const char* format : {"i4", "i8", "e3"}) {  // the longest block, the most random bits
    PrepareJob job = random_prepare(random, format_index(format), 1, 1000, 20);
    job.recipe.block_rule = BlockRule::kPad;
    job.recipe.block = 1024;
    job.recipe.rounding = Rounding::kStochastic;
    job.recipe.random_bits = 16;
    cases.push_back(to_json(job));
  }
  return file_of("PRE-1", "prepare", std::move(cases));
}

enum class Codes { kRandom, kMaxima, kAlternating, kPrefix };

std::shared_ptr<PreparedOperand> operand_of(HostRandom& random, int format, int lines, int k,
                                            Codes codes, bool is_a) {
  const Format& row = formats()[static_cast<std::size_t>(format)];
  const int most = row.largest_code();
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = format;
  operand->lines = lines;
  operand->k = k;
  operand->k_padded = k;
  operand->scale = random_scale(random, 20);
  for (int line = 0; line < lines; ++line) {
    for (int i = 0; i < k; ++i) {
      int code = between(random, row.is_signed ? -most : 0, most);
      if (codes == Codes::kMaxima) code = most;
      if (codes == Codes::kAlternating) code = row.is_signed && i % 2 == 1 ? -most : most;
      // The first half of the sum overflows, the second half takes it back.
      if (codes == Codes::kPrefix) code = row.is_signed && !is_a && i >= k / 2 ? -most : most;
      operand->codes.push_back(static_cast<Code>(code));
    }
  }
  return operand;
}

json gemm_file(HostRandom& random) {
  std::vector<json> cases;
  constexpr std::array<std::pair<const char*, const char*>, 8> pairs = {{{"i4", "i4"},
                                                                         {"u4", "i4"},
                                                                         {"i8", "i8"},
                                                                         {"u8", "i8"},
                                                                         {"i4", "e3"},
                                                                         {"e3", "e3"},
                                                                         {"u8", "u8"},
                                                                         {"i2", "i2"}}};
  for (const auto policy :
       {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp}) {
    for (const int bits : {4, 5, 8, 12, 15, 16, 17, 24}) {
      for (const auto codes :
           {Codes::kRandom, Codes::kMaxima, Codes::kAlternating, Codes::kPrefix}) {
        for (int i = 0; i < 3; ++i) {
          const auto [a_format, b_format] = i == 0 ? pairs[random.below(2)] : pick(random, pairs);
          const int k = between(random, 1, 70);
          GemmJob job;
          job.a = operand_of(random, format_index(a_format), between(random, 1, 3), k, codes, true);
          job.b =
              operand_of(random, format_index(b_format), between(random, 1, 4), k, codes, false);
          job.recipe = {
              .policy = policy,
              .bits = bits,
              .tile = pick(random, std::array{0, 1, 3, 8, 32, 32, 100}),
              .outer_bits = pick(random, std::array{bits, std::min(bits + 2, 32), 24, 32})};
          cases.push_back(to_json(job));
        }
      }
    }
  }
  // The examples of ACC-6: all products 105.
  for (const int k : {32, 33, 64}) {
    GemmJob job;
    job.a = operand_of(random, format_index("u4"), 1, k, Codes::kMaxima, true);
    job.b = operand_of(random, format_index("i4"), 1, k, Codes::kMaxima, false);
    job.recipe = {.policy = AccumulatePolicy::kClamp, .bits = 8, .tile = 32, .outer_bits = 24};
    cases.push_back(to_json(job));
  }
  return file_of("GEMM-1", "gemm", std::move(cases));
}

json job_file(HostRandom& random) {
  std::vector<json> cases;
  for (int i = 0; i < 100; ++i) {
    const int k = between(random, 1, 70);
    const char* a_format = i % 3 == 0 ? "u4" : i % 7 == 0 ? "e3" : "i4";
    // A scale of a prepared operand has up to 27 bits more (39·M); the product must fit in 63.
    PrepareJob a = random_prepare(random, format_index(a_format), between(random, 1, 4), k, 4);
    PrepareJob b = random_prepare(random, format_index("i4"), between(random, 1, 5), k, 4);
    b.recipe.block_rule = a.recipe.block_rule;
    b.recipe.block = a.recipe.block;
    const int bits = between(random, 4, 24);
    cases.push_back({{"a", to_json(a)},
                     {"b", to_json(b)},
                     {"policy", pick(random, std::array{"saturate", "saturate", "wrap", "clamp"})},
                     {"bits", i % 2 == 0 ? 8 : bits},
                     {"tile", pick(random, std::array{0, 1, 7, 32, 32})},
                     {"outer_bits", between(random, i % 2 == 0 ? 8 : bits, 32)}});
  }
  return file_of("GEMM-1", "job", std::move(cases));
}

}  // namespace

std::map<std::string, json> make_vectors(std::uint64_t seed) {
  const HostRandom root(seed);
  std::uint64_t stream = 0;
  std::map<std::string, json> files;
  const auto add = [&](const char* name, json (*make)(HostRandom&)) {
    HostRandom random = root.fork(stream++);
    files[name] = make(random);
  };
  add("draw.json", draw_file);
  add("wht.json", wht_file);
  add("wide.json", wide_file);
  add("to_float.json", to_float_file);
  add("prepare.json", prepare_file);
  add("gemm.json", gemm_file);
  add("job.json", job_file);
  return files;
}

}  // namespace sylvester
