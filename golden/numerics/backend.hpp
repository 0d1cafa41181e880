// The one interface between a trainer and the realisations of the arithmetic.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// Executes batches of jobs. Jobs of one batch are independent; results come in job order.
/// A job is a pure function: every back end returns the same bits.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  virtual std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) = 0;
  virtual std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) = 0;

  /// The same into results, as many as jobs, whose memory may be used again. The back ends of
  /// models, whose time is spent elsewhere, need not override them.
  virtual void prepare_into(std::span<const PrepareJob> jobs,
                            std::span<PreparedOperand* const> results);
  virtual void gemm_into(std::span<const GemmJob> jobs, std::span<GemmResult> results);
};

/// The golden back end. threads = 0 uses all cores.
std::unique_ptr<Backend> make_golden_backend(int threads = 1);

}  // namespace sylvester
