// The SystemC model against golden (values) and against the closed form (cycles).
//
// SystemC allows new modules only before the first cycle of a process, so all tests of this file
// share one fleet of instances that is made before any of them runs.
#include "sim/systemc/accelerator.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <stdexcept>
#include <vector>

#include "golden/hardware/descriptors.hpp"
#include "golden/numerics/draw.hpp"
#include "golden/support/error.hpp"
#include "sim/cycles/cycles.hpp"
#include "sim/job_driver.hpp"
#include "sim/systemc/faults.hpp"
#include "sim/test_jobs.hpp"

namespace sylvester {
namespace {

constexpr std::uint64_t kFleetSeed = 2107;
constexpr std::size_t kFleetSize = 150;

struct Ship {
  HardwareParameters hardware;
  std::unique_ptr<AcceleratorModel> model;
};

/// Small hardware whose latencies all show in a job that has to wait for its operands.
HardwareParameters base_hardware() {
  HardwareParameters hardware;
  hardware.rows = 4;
  hardware.cols = 3;
  hardware.block_max = 8;
  hardware.random_bits = 8;
  hardware.signs = true;
  hardware.buffers.code_chunk = 8;
  return hardware;
}

struct Fleet {
  std::vector<Ship> random;
  Ship base;
  Ship nibbles;                 ///< base with 8-bit codes
  std::vector<Ship> latencies;  ///< base, one entry of the latency table changed by one
  std::vector<Ship> buffers;    ///< base, one buffer deeper
  std::vector<Ship> feeds;      ///< short tiles, deep read pipeline, feed depth 2, 3, 4
};

Ship launch(const HardwareParameters& hardware, const std::string& name) {
  return {hardware, make_systemc_accelerator(hardware, name)};
}

Fleet& fleet() {
  static auto* const all = [] {
    auto* f = new Fleet;
    HostRandom random(kFleetSeed);
    for (std::size_t i = 0; i < kFleetSize; ++i) {
      f->random.push_back(launch(test::random_hardware(random), "random_" + std::to_string(i)));
    }
    f->base = launch(base_hardware(), "base");
    HardwareParameters nibbles = base_hardware();
    nibbles.modes = {operand_mode("i8xi8")};
    nibbles.policy = AccumulatePolicy::kClamp;
    f->nibbles = launch(nibbles, "nibbles");
    for (const LatencyEntry& entry : latency_entries()) {
      HardwareParameters hardware = base_hardware();
      // Downwards where possible: fewer divider or mixer bits per stage make the longer of the two
      // longer, more of them may leave it as it is.
      hardware.latency.*entry.value += hardware.latency.*entry.value > entry.least ? -1 : 1;
      f->latencies.push_back(launch(hardware, std::string(entry.name)));
    }
    for (const BufferEntry& entry : buffer_entries()) {
      HardwareParameters hardware = base_hardware();
      ++(hardware.buffers.*entry.value);
      f->buffers.push_back(launch(hardware, std::string(entry.name)));
    }
    for (const int depth : {2, 3, 4}) {
      HardwareParameters hardware;
      hardware.rows = 3;
      hardware.cols = 2;
      hardware.latency.code_buffer_read = 4;
      hardware.buffers.code_chunk = 5;
      hardware.buffers.feed = depth;
      f->feeds.push_back(launch(hardware, "feed_" + std::to_string(depth)));
    }
    return f;
  }();
  return *all;
}

class SystemcAccelerator : public testing::Test {
 protected:
  void SetUp() override { fleet(); }
  void TearDown() override { select_systemc_fault(SystemcFault::kNone); }
};

/// Each boundary stalls in one cycle of `one_in`, as a function of (seed, stream, cycle) only.
std::function<std::uint32_t(std::uint64_t)> random_stalls(std::uint32_t seed,
                                                          std::uint32_t one_in) {
  const DrawKey key = draw_key({.seed = seed});
  return [key, one_in](std::uint64_t cycle) {
    std::uint32_t mask = 0;
    for (std::uint32_t s = 0; s < kStreams; ++s) {
      const std::uint32_t r = draw(key, static_cast<std::uint32_t>(cycle) * kStreams + s, 16);
      if (r % one_in == 0) mask |= 1U << s;
    }
    return mask;
  };
}

/// Once high, valid stays with a stable payload until the beat moves.
class ProtocolChecker {
 public:
  void operator()(std::uint64_t cycle, const CycleSample& sample) {
    for (std::size_t s = 0; s < kStreams; ++s) {
      if (waiting_[s]) {
        ASSERT_TRUE(sample.valid[s]) << streams()[s].name << " in cycle " << cycle;
        ASSERT_EQ(sample.data[s], data_[s]) << streams()[s].name << " in cycle " << cycle;
      }
      waiting_[s] = sample.valid[s] && !sample.ready[s];
      if (waiting_[s]) data_[s] = sample.data[s];
    }
  }

 private:
  std::array<bool, kStreams> waiting_{};
  std::array<Payload, kStreams> data_;
};

void expect_golden(const HardwareParameters& hardware, const DriveResult& result,
                   const PrepareJob& prepare_job, const GemmJob& gemm_job) {
  const PreparedOperand prepared = prepare_reference(prepare_job);
  EXPECT_EQ(result.prepared->codes, prepared.codes);
  EXPECT_EQ(result.prepared->scale, prepared.scale);
  EXPECT_EQ(result.prepared->max_magnitude, prepared.max_magnitude);
  EXPECT_EQ(result.prepared->counters, prepared.counters);
  const GemmResult gemm = gemm_reference(gemm_job);
  EXPECT_EQ(result.gemm->values, gemm.values) << canonical_text(hardware);
  EXPECT_EQ(result.gemm->scale, gemm.scale);
  EXPECT_EQ(result.gemm->counters, gemm.counters);
}

TEST_F(SystemcAccelerator, ValuesEqualGoldenWithAndWithoutStalls) {
  HostRandom random(1);
  for (auto& [hardware, model] : fleet().random) {
    const test::Jobs jobs = test::random_jobs(hardware, random);
    for (const std::uint32_t one_in : {0U, 2U, 5U}) {
      const auto seed = static_cast<std::uint32_t>(random.next());
      SCOPED_TRACE("stall seed " + std::to_string(seed) + ", one in " + std::to_string(one_in));
      DriveOptions options;
      options.observe = ProtocolChecker();
      if (one_in > 0) {
        options.stall = random_stalls(seed, one_in);
        options.pause = random_stalls(seed + 1, one_in);
      }
      const DriveResult result = drive_jobs(*model, hardware, &jobs.a, &jobs.gemm, options);
      expect_golden(hardware, result, jobs.a, jobs.gemm);
      if (HasFailure()) return;
    }
  }
}

TEST_F(SystemcAccelerator, CyclesEqualTheClosedForm) {
  HostRandom random(2);
  int pairs = 0;
  for (auto& [hardware, model] : fleet().random) {
    for (int i = 0; i < 5; ++i, ++pairs) {
      const test::Jobs jobs = test::random_jobs(hardware, random);
      const PrepareJob& prepare_job = i % 2 == 0 ? jobs.a : jobs.b;
      const DriveResult result = drive_jobs(*model, hardware, &prepare_job, &jobs.gemm);
      ASSERT_EQ(result.prepare_cycles, prepare_cycles(hardware, prepare_job))
          << "pair " << pairs << "\n"
          << canonical_text(hardware);
      ASSERT_EQ(result.gemm_cycles, gemm_cycles(hardware, jobs.gemm))
          << "pair " << pairs << ", " << jobs.gemm.a->lines << " x " << jobs.gemm.b->lines << " x "
          << jobs.gemm.a->k_padded << ", tile " << jobs.gemm.recipe.tile << "\n"
          << canonical_text(hardware);
    }
  }
  EXPECT_GE(pairs, 300);
}

/// A job on the base hardware that waits for operands and for the array.
test::Jobs base_jobs(std::uint64_t seed) {
  HostRandom random(seed);
  test::Jobs jobs;
  const HardwareParameters hardware = base_hardware();
  jobs.a = test::random_prepare(hardware, random, 6, 29, BlockRule::kPad, 8, {format_index("i4")});
  jobs.b = test::random_prepare(hardware, random, 5, 29, BlockRule::kPad, 8, {format_index("i4")});
  jobs.a.recipe.format = jobs.b.recipe.format = format_index("i4");
  jobs.a.recipe.scale = ScaleRule::kClip;
  jobs.b.recipe.scale = ScaleRule::kMax;
  jobs.a.recipe.rounding = Rounding::kStochastic;
  jobs.gemm = {std::make_shared<PreparedOperand>(prepare(jobs.a)),
               std::make_shared<PreparedOperand>(prepare(jobs.b)),
               {AccumulatePolicy::kSaturate, 8, 7, 24},
               CounterMode::kFull};
  return jobs;
}

TEST_F(SystemcAccelerator, EveryLatencyMovesTheCount) {
  const test::Jobs jobs = base_jobs(3);
  const auto count = [&jobs](Ship& ship) {
    const DriveResult result = drive_jobs(*ship.model, ship.hardware, &jobs.a, &jobs.gemm);
    EXPECT_EQ(result.prepare_cycles, prepare_cycles(ship.hardware, jobs.a));
    EXPECT_EQ(result.gemm_cycles, gemm_cycles(ship.hardware, jobs.gemm));
    return std::pair(result.prepare_cycles, result.gemm_cycles);
  };
  const auto base = count(fleet().base);
  const std::set<std::string_view> of_prepare = {"transform_registers", "scale_setup",
                                                 "divide_bits", "mix_rounds"};
  for (std::size_t i = 0; i < latency_entries().size(); ++i) {
    const std::string_view name = latency_entries()[i].name;
    const auto moved = count(fleet().latencies[i]);
    const bool prepares = of_prepare.contains(name);
    EXPECT_EQ(moved.first != base.first, prepares) << name;
    EXPECT_EQ(moved.second != base.second, !prepares) << name;
  }
}

TEST_F(SystemcAccelerator, DepthsAreCounted) {
  const test::Jobs jobs = base_jobs(4);
  for (auto& [hardware, model] : fleet().buffers) {
    const DriveResult result = drive_jobs(*model, hardware, &jobs.a, &jobs.gemm);
    expect_golden(hardware, result, jobs.a, jobs.gemm);
    EXPECT_EQ(result.prepare_cycles, prepare_cycles(hardware, jobs.a));
    EXPECT_EQ(result.gemm_cycles, gemm_cycles(hardware, jobs.gemm));
  }
}

// A read pipeline that freezes with bubbles in it, because the array waits for a tile end, starves
// the array afterwards unless the FIFO behind it holds enough: the one way in which a depth shows.
TEST_F(SystemcAccelerator, AShallowFeedCostsACycle) {
  HostRandom random(8);
  std::vector<std::uint64_t> counts;
  for (auto& [hardware, model] : fleet().feeds) {
    test::Jobs jobs;
    jobs.a =
        test::random_prepare(hardware, random, 3, 13, BlockRule::kNone, 1, {format_index("i4")});
    jobs.b =
        test::random_prepare(hardware, random, 2, 13, BlockRule::kNone, 1, {format_index("i4")});
    jobs.gemm = {std::make_shared<PreparedOperand>(prepare(jobs.a)),
                 std::make_shared<PreparedOperand>(prepare(jobs.b)),
                 {AccumulatePolicy::kSaturate, 8, 2, 24},
                 CounterMode::kFull};
    const DriveResult result = drive_jobs(*model, hardware, nullptr, &jobs.gemm);
    EXPECT_EQ(result.gemm_cycles, gemm_cycles(hardware, jobs.gemm));
    counts.push_back(result.gemm_cycles);
  }
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{41, 40, 40}));
}

/// 8-bit codes in tiles of 3: two tiles per chunk of 8, and a rest.
test::Jobs nibble_jobs(std::uint64_t seed) {
  HostRandom random(seed);
  const HardwareParameters& hardware = fleet().nibbles.hardware;
  test::Jobs jobs;
  jobs.a = test::random_prepare(hardware, random, 6, 20, BlockRule::kNone, 1, {format_index("i8")});
  jobs.b = test::random_prepare(hardware, random, 5, 20, BlockRule::kNone, 1, {format_index("i8")});
  jobs.gemm = {std::make_shared<PreparedOperand>(prepare(jobs.a)),
               std::make_shared<PreparedOperand>(prepare(jobs.b)),
               {hardware.policy, hardware.bits, 3, hardware.outer_bits},
               hardware.counters};
  return jobs;
}

TEST_F(SystemcAccelerator, EightBitCodesTakeFourPasses) {
  Ship& ship = fleet().nibbles;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const test::Jobs jobs = nibble_jobs(seed);
    const DriveResult result = drive_jobs(*ship.model, ship.hardware, &jobs.a, &jobs.gemm);
    expect_golden(ship.hardware, result, jobs.a, jobs.gemm);
    EXPECT_EQ(result.gemm_cycles, gemm_cycles(ship.hardware, jobs.gemm));
  }
}

TEST_F(SystemcAccelerator, EveryFaultIsVisible) {
  // Sums of squares saturate, and the last group of lines has dead lanes.
  test::Jobs one_pass = base_jobs(5);
  one_pass.gemm.b = one_pass.gemm.a;
  one_pass.gemm.recipe.tile = 0;
  const test::Jobs passes = nibble_jobs(5);
  test::Jobs given = one_pass;  // with signs, and M is not the last step's
  given.a.recipe.scale = ScaleRule::kHindsight;
  given.a.recipe.sign_role = 9;
  given.a.max_given = prepare_reference(one_pass.a).max_magnitude / 2;
  given.gemm.a = std::make_shared<PreparedOperand>(prepare(given.a));
  for (const auto& info : systemc_faults()) {
    Ship& ship = info.passes ? fleet().nibbles : fleet().base;
    const auto differs_with = [&](const test::Jobs& jobs) {
      try {
        DriveOptions options;
        options.patience = 300;
        const DriveResult result =
            drive_jobs(*ship.model, ship.hardware, &jobs.a, &jobs.gemm, options);
        const PreparedOperand prepared = prepare_reference(jobs.a);
        const GemmResult gemm = gemm_reference(jobs.gemm);
        return result.prepared->codes != prepared.codes ||
               result.prepared->counters != prepared.counters ||
               result.prepared->max_magnitude != prepared.max_magnitude ||
               result.gemm->values != gemm.values || result.gemm->counters != gemm.counters ||
               result.prepare_cycles != prepare_cycles(ship.hardware, jobs.a) ||
               result.gemm_cycles != gemm_cycles(ship.hardware, jobs.gemm);
      } catch (const std::runtime_error&) {
        return true;  // it no longer moves
      }
    };
    const auto differs = [&] {
      return info.passes ? differs_with(passes) : differs_with(one_pass) || differs_with(given);
    };
    EXPECT_FALSE(differs()) << "without " << info.what;
    select_systemc_fault(info.fault);
    EXPECT_TRUE(differs()) << info.what;
    select_systemc_fault(SystemcFault::kNone);
  }
}

TEST_F(SystemcAccelerator, InstancesRunIndependently) {
  const test::Jobs jobs = base_jobs(6);
  Ship& base = fleet().base;
  Ship& other = fleet().buffers.front();
  // The other instance is moved on in the middle of every cycle of the first.
  other.model->reset();
  DriveOptions options;
  CycleSample sample;
  options.observe = [&](std::uint64_t, const CycleSample&) {
    other.model->sample({}, sample);
    other.model->edge();
  };
  const DriveResult result = drive_jobs(*base.model, base.hardware, &jobs.a, &jobs.gemm, options);
  expect_golden(base.hardware, result, jobs.a, jobs.gemm);
  EXPECT_EQ(result.gemm_cycles, gemm_cycles(base.hardware, jobs.gemm));
}

TEST_F(SystemcAccelerator, AnInstanceThatComesTooLateIsRefused) {
  fleet().base.model->reset();
  HardwareParameters hardware = base_hardware();
  hardware.rows = 7;
  EXPECT_THROW(make_systemc_accelerator(hardware, "late"), EnvironmentError);
}

TEST_F(SystemcAccelerator, AReleasedInstanceIsUsedAgain) {
  Ship& base = fleet().base;
  base.model->reset();
  base.model.reset();
  base.model = make_systemc_accelerator(base.hardware, "again");
  const test::Jobs jobs = base_jobs(7);
  const DriveResult result = drive_jobs(*base.model, base.hardware, &jobs.a, &jobs.gemm);
  expect_golden(base.hardware, result, jobs.a, jobs.gemm);
}

}  // namespace
}  // namespace sylvester
