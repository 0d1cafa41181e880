#include "testbenches/backends.hpp"

#include <string>

#include "golden/hardware/host.hpp"
#include "golden/support/error.hpp"
#include "sim/systemc/accelerator.hpp"
#include "testbenches/host_driver.hpp"
#include "testbenches/rtl_model.hpp"

namespace sylvester {
namespace {

/// Without stalls the longest silence is a key schedule or an empty pipeline: far fewer cycles.
constexpr std::uint64_t kDeadlockCycles = 100000;

class ModelBackend : public Backend {
 public:
  ModelBackend(std::string name, const HardwareParameters& hardware, AcceleratorModel& model)
      : name_(std::move(name)), hardware_(hardware), model_(&model) {
    model_->reset();
  }
  ModelBackend(std::string name, const HardwareParameters& hardware,
               std::unique_ptr<AcceleratorModel> model)
      : ModelBackend(std::move(name), hardware, *model) {
    owned_ = std::move(model);
  }

  [[nodiscard]] std::string_view name() const override { return name_; }

  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override {
    std::vector<const PrepareJob*> list;
    for (const auto& job : jobs) {
      check_counters(job.counters);
      list.push_back(&job);
    }
    HostDriver driver(hardware_, list, {});
    run(driver);
    std::vector<PreparedOperand> results;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const JobOutput& output = driver.prepare_outputs()[i];
      results.push_back(decode_prepared(hardware_, jobs[i], output.beats, output.done));
      results.back().counters = reported(results.back().counters, jobs[i].counters);
    }
    return results;
  }

  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override {
    std::vector<const GemmJob*> list;
    for (const auto& job : jobs) {
      check_counters(job.counters);
      list.push_back(&job);
    }
    HostDriver driver(hardware_, {}, list);
    run(driver);
    std::vector<GemmResult> results;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const JobOutput& output = driver.gemm_outputs()[i];
      results.push_back(decode_gemm(hardware_, jobs[i], output.beats, output.done));
      results.back().counters = reported(results.back().counters, jobs[i].counters);
    }
    return results;
  }

 private:
  /// Hardware that counts less cannot report more.
  void check_counters(CounterMode wanted) const {
    if (static_cast<int>(wanted) <= static_cast<int>(hardware_.counters)) return;
    throw UserError("a job asks for counters '" + std::string(to_string(wanted)) +
                    "', the hardware is built with '" + std::string(to_string(hardware_.counters)) +
                    "'");
  }

  void run(HostDriver& driver) {
    std::uint64_t last_move = 0;
    for (std::uint64_t cycle = 0; !driver.finished(); ++cycle) {
      model_->sample(driver.drive(cycle), sample_);
      for (std::size_t s = 0; s < kStreams; ++s) {
        if (sample_.fires(static_cast<Stream>(s))) last_move = cycle;
      }
      driver.observe(cycle, sample_);
      model_->edge();
      if (cycle - last_move > kDeadlockCycles) {
        throw std::logic_error("the " + name_ + " back end is deadlocked at cycle " +
                               std::to_string(cycle));
      }
    }
  }

  std::string name_;
  HardwareParameters hardware_;
  AcceleratorModel* model_;
  std::unique_ptr<AcceleratorModel> owned_;
  CycleSample sample_;
};

}  // namespace

std::unique_ptr<Backend> make_systemc_backend(const HardwareParameters& hardware) {
  return std::make_unique<ModelBackend>("systemc", hardware,
                                        make_systemc_accelerator(hardware, "systemc_backend"));
}

std::unique_ptr<Backend> make_model_backend(const std::string& name,
                                            const HardwareParameters& hardware,
                                            AcceleratorModel& model) {
  return std::make_unique<ModelBackend>(name, hardware, model);
}

std::unique_ptr<Backend> make_rtl_backend(const HardwareParameters& hardware,
                                          const RtlBuildOptions& options) {
  return std::make_unique<ModelBackend>("rtl", hardware, make_rtl_accelerator(hardware, options));
}

}  // namespace sylvester
