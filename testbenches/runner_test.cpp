// The runner on the SystemC model alone: golden and the closed form, and that each kind of
// divergence is found when a wrapper spoils what the model shows.
#include "testbenches/runner.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "sim/systemc/accelerator.hpp"
#include "testbenches/test_hardware.hpp"

namespace sylvester {
namespace {

using ::testing::HasSubstr;

constexpr auto kWide = static_cast<std::size_t>(Stream::kWide);
constexpr auto kTurned = static_cast<std::size_t>(Stream::kTurned);
constexpr auto kResults = static_cast<std::size_t>(Stream::kResults);
constexpr auto kCodes = static_cast<std::size_t>(Stream::kCodes);

/// A model whose samples are changed before they are seen.
class Spoiled : public AcceleratorModel {
 public:
  using Spoil = std::function<void(std::uint64_t cycle, CycleSample&)>;
  Spoiled(AcceleratorModel& model, Spoil spoil) : model_(model), spoil_(std::move(spoil)) {}
  void reset() override {
    model_.reset();
    cycle_ = 0;
  }
  void sample(const CycleInputs& inputs, CycleSample& out) override {
    CycleInputs changed = inputs;
    if (cycle_ >= stall_from) changed.stall = (1U << kStreams) - 1;
    model_.sample(changed, out);
    spoil_(cycle_, out);
  }
  void edge() override {
    model_.edge();
    ++cycle_;
  }

  std::uint64_t stall_from = ~std::uint64_t{0};  ///< every boundary stalls for ever

 private:
  AcceleratorModel& model_;
  Spoil spoil_;
  std::uint64_t cycle_ = 0;
};

class Runner : public ::testing::Test {
 protected:
  Runner()
      : model_(make_systemc_accelerator(tiny_hardware(), "first")),
        twin_(make_systemc_accelerator(tiny_hardware(), "second")) {}

  RunResult run(const Batch& batch, const std::vector<NamedModel>& models) {
    const auto expected = golden_results(batch);
    return run_batch(batch, expected, models);
  }

  /// Both models, the second one spoiled.
  Divergence diverges(const Spoiled::Spoil& spoil) {
    Spoiled spoiled(*twin_, spoil);
    const auto result = run(random_batch(tiny_hardware(), 3, {}),
                            {{"systemc", model_.get()}, {"spoiled", &spoiled}});
    EXPECT_TRUE(result.divergence);
    return result.divergence.value_or(Divergence{});
  }

  /// One model, spoiled.
  Divergence alone(const Spoiled::Spoil& spoil) {
    Spoiled spoiled(*model_, spoil);
    const auto result = run(random_batch(tiny_hardware(), 3, {}), {{"spoiled", &spoiled}});
    EXPECT_TRUE(result.divergence);
    return result.divergence.value_or(Divergence{});
  }

  std::unique_ptr<AcceleratorModel> model_;
  std::unique_ptr<AcceleratorModel> twin_;
};

TEST_F(Runner, SystemcAgreesWithGoldenAndTheClosedForm) {
  for (int kind = 0; kind < kStallKinds; ++kind) {
    const StallPattern stalls(static_cast<StallKind>(kind), 3);
    const auto batch =
        random_batch(tiny_hardware(), 17, stalls, 17 * static_cast<std::size_t>(kind));
    const auto result = run(batch, {{"systemc", model_.get()}});
    EXPECT_FALSE(result.divergence) << result.divergence->sentence();
    EXPECT_EQ(result.statistics.jobs, 17U);
    EXPECT_EQ(result.statistics.cycle_counts, kind == 0 ? 51U : 0U);
    EXPECT_EQ(result.statistics.stalled_cycles > 0, kind != 0);
  }
}

TEST_F(Runner, TwoEqualModelsAgreeInEveryBit) {
  const auto result = run(random_batch(tiny_hardware(), 5, StallPattern(StallKind::kRandom, 1)),
                          {{"systemc", model_.get()}, {"twin", twin_.get()}});
  EXPECT_FALSE(result.divergence) << result.divergence->sentence();
  EXPECT_GT(result.statistics.bits_compared, 28 * result.statistics.cycles_compared);
}

TEST_F(Runner, AClosedFormFaultIsNamed) {
  const auto batch = random_batch(tiny_hardware(), 2, {});
  const auto expected = golden_results(batch);
  const std::vector<NamedModel> models = {{"systemc", model_.get()}};
  RunOptions options;
  options.closed_form_fault = 1;
  const auto result = run_batch(batch, expected, models, options);
  ASSERT_TRUE(result.divergence);
  EXPECT_EQ(result.divergence->kind, "cycles");
  EXPECT_EQ(result.divergence->block, "closed form of prepare");
}

TEST_F(Runner, ValidNamesTheProducer) {
  const auto d = diverges([](std::uint64_t cycle, CycleSample& s) {
    if (cycle == 40) s.valid[kTurned] = !s.valid[kTurned];
  });
  EXPECT_EQ(d.kind, "valid");
  EXPECT_EQ(d.block, "corner_turn");
  EXPECT_EQ(d.cycle, 40U);
}

TEST_F(Runner, ReadyNamesTheConsumer) {
  const auto d = diverges([](std::uint64_t cycle, CycleSample& s) {
    if (cycle == 9) s.ready[kTurned] = !s.ready[kTurned];
  });
  EXPECT_EQ(d.kind, "ready");
  EXPECT_EQ(d.block, "transform");
  EXPECT_EQ(d.cycle, 9U);
}

TEST_F(Runner, APayloadNamesElementAndBothValues) {
  const auto d = diverges([](std::uint64_t, CycleSample& s) {
    if (s.valid[kResults]) s.data[kResults][1] ^= 1U;
  });
  EXPECT_EQ(d.kind, "payload");
  EXPECT_EQ(d.block, "edge");
  EXPECT_EQ(d.part, "gemm");
  EXPECT_EQ(d.field, "result");
  EXPECT_THAT(d.element, HasSubstr("lane 1"));
  EXPECT_NE(d.expected, d.found);
  EXPECT_THAT(d.sentence(), HasSubstr("systemc and spoiled"));
}

TEST_F(Runner, AValueIsComparedWithGolden) {
  const auto d = alone([](std::uint64_t, CycleSample& s) {
    if (s.valid[kCodes]) s.data[kCodes][0] ^= 1U;
  });
  EXPECT_EQ(d.kind, "value");
  EXPECT_EQ(d.block, "quantise");
  EXPECT_THAT(d.between, HasSubstr("golden"));
}

TEST_F(Runner, AWithdrawnBeatIsAProtocolError) {
  bool waiting = false;
  const auto d = alone([&](std::uint64_t, CycleSample& s) {
    const bool withdraw = waiting && s.valid[kWide];
    waiting = s.valid[kWide] && !s.ready[kWide];
    if (withdraw) s.valid[kWide] = false;
  });
  EXPECT_EQ(d.kind, "protocol");
  EXPECT_EQ(d.stream, "wide");
}

TEST_F(Runner, AStuckStreamIsADeadlockThatSaysWhoWaits) {
  Spoiled stuck(*model_, [](std::uint64_t, CycleSample&) {});
  stuck.stall_from = 30;
  const auto result = run(random_batch(tiny_hardware(), 3, {}), {{"stuck", &stuck}});
  ASSERT_TRUE(result.divergence);
  const Divergence& d = *result.divergence;
  EXPECT_EQ(d.kind, "deadlock");
  EXPECT_THAT(d.found, HasSubstr("waiting at"));
}

}  // namespace
}  // namespace sylvester
