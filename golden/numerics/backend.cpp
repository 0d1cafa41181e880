#include "golden/numerics/backend.hpp"

#include <cstddef>
#include <functional>
#include <utility>

#include "golden/numerics/parallel.hpp"

namespace sylvester {
namespace {

class GoldenBackend final : public Backend {
 public:
  explicit GoldenBackend(int threads) : threads_(resolve_threads(threads)) {}

  [[nodiscard]] std::string_view name() const override { return "golden"; }

  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override {
    std::vector<PreparedOperand> results(jobs.size());
    std::vector<PreparedOperand*> pointers;
    for (PreparedOperand& result : results) pointers.push_back(&result);
    prepare_into(jobs, pointers);
    return results;
  }

  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override {
    std::vector<GemmResult> results(jobs.size());
    gemm_into(jobs, results);
    return results;
  }

  void prepare_into(std::span<const PrepareJob> jobs,
                    std::span<PreparedOperand* const> results) override {
    run(jobs.size(),
        [&](std::size_t i, int threads) { sylvester::prepare(jobs[i], threads, *results[i]); });
  }

  void gemm_into(std::span<const GemmJob> jobs, std::span<GemmResult> results) override {
    run(jobs.size(),
        [&](std::size_t i, int threads) { sylvester::gemm(jobs[i], threads, results[i]); });
  }

 private:
  // Whole jobs side by side if there are enough of them, else the parts of each job.
  template <typename Job>
  void run(std::size_t count, const Job& job) const {
    const bool by_job = count >= static_cast<std::size_t>(threads_);
    const auto body = [&](std::size_t i) { job(i, by_job ? 1 : threads_); };
    parallel_for(count, by_job ? threads_ : 1, std::ref(body));
  }

  int threads_;
};

}  // namespace

void Backend::prepare_into(std::span<const PrepareJob> jobs,
                           std::span<PreparedOperand* const> results) {
  std::vector<PreparedOperand> made = prepare(jobs);
  for (std::size_t i = 0; i < made.size(); ++i) *results[i] = std::move(made[i]);
}

void Backend::gemm_into(std::span<const GemmJob> jobs, std::span<GemmResult> results) {
  std::vector<GemmResult> made = gemm(jobs);
  for (std::size_t i = 0; i < made.size(); ++i) results[i] = std::move(made[i]);
}

std::unique_ptr<Backend> make_golden_backend(int threads) {
  return std::make_unique<GoldenBackend>(threads);
}

}  // namespace sylvester
