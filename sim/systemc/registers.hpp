// Storage inside blocks: FIFOs and pipelines that freeze (docs/architecture.md section 1).
#pragma once

#include <cstddef>
#include <vector>

namespace sylvester {

/// FIFO whose entries are allocated once. `ready` and `valid` are functions of the count, which the
/// owner reads before it pops and pushes at an edge.
template <typename Beat>
class Fifo {
 public:
  Fifo(int depth, const Beat& empty) : entries_(static_cast<std::size_t>(depth), empty) {}

  void clear() { head_ = count_ = 0; }
  [[nodiscard]] bool ready() const { return count_ < entries_.size(); }
  [[nodiscard]] bool valid() const { return count_ > 0; }
  [[nodiscard]] const Beat& front() const { return entries_[head_]; }
  void push(const Beat& beat) {
    entries_[(head_ + count_) % entries_.size()] = beat;
    ++count_;
  }
  void pop() {
    head_ = (head_ + 1) % entries_.size();
    --count_;
  }

 private:
  std::vector<Beat> entries_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

/// A row of `length` registers that move on a step. Token has a member `valid`.
template <typename Token>
class Pipeline {
 public:
  Pipeline(int length, const Token& empty) : registers_(static_cast<std::size_t>(length), empty) {}

  void clear() {
    for (auto& token : registers_) token.valid = false;
  }
  [[nodiscard]] const Token& last() const { return registers_[oldest_]; }
  /// One step: the last token leaves, and the returned register is the new first one.
  Token& step() {
    Token& first = registers_[oldest_];
    oldest_ = oldest_ + 1 == registers_.size() ? 0 : oldest_ + 1;
    return first;
  }

 private:
  std::vector<Token> registers_;
  std::size_t oldest_ = 0;
};

}  // namespace sylvester
