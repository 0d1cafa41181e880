#include "golden/numerics/parallel.hpp"

#include <hwy/cache_control.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// One loop. Every worker has a range of indices of its own, so that loops over the same things
/// find them in the cache of the core that touched them last; who is done takes from the others.
class Loop {
 public:
  Loop(std::size_t count, std::size_t workers, const std::function<void(std::size_t)>& body)
      : ranges_(std::min(workers, kMostRanges)), body_(body) {
    for (std::size_t i = 0; i < ranges_; ++i) {
      next_[i].value = count * i / ranges_;
      end_[i] = count * (i + 1) / ranges_;
    }
  }

  /// Of worker number `worker`, from 0.
  void work(std::size_t worker) {
    for (std::size_t i = 0; i < ranges_; ++i) work_on((worker + i) % ranges_);
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kMostRanges = 64;
  struct alignas(64) Next {
    std::atomic<std::size_t> value;
  };

  void work_on(std::size_t range) {
    for (std::size_t i = next_[range].value++; i < end_[range]; i = next_[range].value++) {
      try {
        body_(i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (failed_at_ == kNone || i < failed_at_) {
          failed_at_ = i;
          failure_ = std::current_exception();
        }
      }
    }
  }

  std::size_t ranges_;
  std::array<Next, kMostRanges> next_;
  std::array<std::size_t, kMostRanges> end_{};
  const std::function<void(std::size_t)>& body_;
  std::mutex mutex_;
  std::size_t failed_at_ = kNone;
  std::exception_ptr failure_;
};

/// Waits until `value` is no longer `old`. Awake for a while at first: the loops of a GEMM follow
/// each other closely, and waking a thread takes longer than the gap between them.
template <typename T>
void wait_for_change(const std::atomic<T>& value, T old) {
  constexpr auto patience = std::chrono::microseconds(50);
  const auto begin = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 64; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      hwy::Pause();
    }
  } while (std::chrono::steady_clock::now() - begin < patience);
  value.wait(old, std::memory_order_acquire);
}

/// Threads that stay: to start one costs more than a small GEMM. They serve one loop at a time; a
/// loop inside a loop, or of a second caller meanwhile, runs on its caller alone.
class Pool {
 public:
  /// The process's pool. It is never destroyed, so that threads may outlive static objects. A
  /// forked process has none of the threads, so it gets a pool of its own.
  static Pool& instance() {
    static Pool* pool = [] {
      pthread_atfork(nullptr, nullptr, [] { pool = new Pool; });
      return new Pool;
    }();
    return *pool;
  }

  /// False if the pool is busy.
  bool run(Loop& loop, std::size_t helpers) {
    helpers = std::min<std::size_t>(helpers, kMostHelpers - 1);
    if (busy_.test_and_set(std::memory_order_acquire)) return false;
    helpers = grow(helpers);
    loop_ = &loop;
    left_.store(helpers, std::memory_order_relaxed);
    const std::uint64_t number = round_.load(std::memory_order_relaxed) / kMostHelpers + 1;
    round_.store(number * kMostHelpers + helpers, std::memory_order_release);
    round_.notify_all();
    loop.work(0);
    for (std::size_t left = left_; left != 0; left = left_) wait_for_change(left_, left);
    busy_.clear(std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::uint64_t kMostHelpers = 1 << 16;

  /// Starts threads up to this number; how many of that number there are. The system may have no
  /// more.
  std::size_t grow(std::size_t helpers) {
    try {
      while (threads_ < helpers) {
        const std::uint64_t seen = round_.load(std::memory_order_relaxed);
        std::thread([this, number = threads_, seen] { serve(number, seen); }).detach();
        ++threads_;
      }
    } catch (const std::system_error&) {
      helpers = threads_;
    }
    return helpers;
  }

  void serve(std::size_t number, std::uint64_t seen) {
    for (;;) {
      wait_for_change(round_, seen);
      seen = round_.load(std::memory_order_acquire);
      // Who does not help is not waited for, and must not look at what the next round changes.
      if (number >= seen % kMostHelpers) continue;
      loop_->work(number + 1);
      if (left_.fetch_sub(1, std::memory_order_release) == 1) left_.notify_one();
    }
  }

  std::atomic_flag busy_;
  std::size_t threads_ = 0;              // used by the thread that holds busy_
  Loop* loop_ = nullptr;                 // written by that thread, read by the helpers of a round
  std::atomic<std::size_t> left_{0};     ///< helpers that have not finished
  std::atomic<std::uint64_t> round_{0};  ///< number of the round, and of its helpers
};

}  // namespace

int resolve_threads(int threads) {
  if (threads < 0) {
    throw UserError("threads = " + std::to_string(threads) +
                    " is negative; allowed are 1 and more, and 0 for all cores");
  }
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  const std::size_t workers = std::min(count, static_cast<std::size_t>(resolve_threads(threads)));
  if (workers <= 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  Loop loop(count, workers, body);
  if (!Pool::instance().run(loop, workers - 1)) loop.work(0);
  loop.rethrow();
}

}  // namespace sylvester
