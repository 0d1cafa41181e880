#include "golden/numerics/backend.hpp"

#include <cstddef>

#include "golden/numerics/parallel.hpp"

namespace sylvester {
namespace {

class GoldenBackend final : public Backend {
 public:
  explicit GoldenBackend(int threads) : threads_(resolve_threads(threads)) {}

  [[nodiscard]] std::string_view name() const override { return "golden"; }

  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override {
    std::vector<PreparedOperand> results(jobs.size());
    parallel_for(jobs.size(), threads_,
                 [&](std::size_t i) { results[i] = sylvester::prepare(jobs[i]); });
    return results;
  }

  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override {
    std::vector<GemmResult> results(jobs.size());
    // Whole jobs side by side if there are enough of them, else the rows of each job.
    const bool by_job = jobs.size() >= static_cast<std::size_t>(threads_);
    parallel_for(jobs.size(), by_job ? threads_ : 1, [&](std::size_t i) {
      results[i] = sylvester::gemm(jobs[i], by_job ? 1 : threads_);
    });
    return results;
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Backend> make_golden_backend(int threads) {
  return std::make_unique<GoldenBackend>(threads);
}

}  // namespace sylvester
