// A stream of docs/architecture.md section 1: valid, ready and payload as one channel with a stall
// gate. The producer's and the consumer's process write for the next cycle; what is read is the
// present cycle's state, whatever the order of the processes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <systemc>
#include <utility>

#include "golden/hardware/model.hpp"

namespace sylvester {

/// What the top level sees of a stream, whatever its payload is.
class StreamProbe {
 public:
  StreamProbe() = default;
  StreamProbe(const StreamProbe&) = delete;
  StreamProbe& operator=(const StreamProbe&) = delete;
  virtual ~StreamProbe() = default;

  [[nodiscard]] bool valid() const { return valid_; }
  /// As the producer sees it.
  [[nodiscard]] bool ready() const {
    return ready_ && !stalled_ && (!ready_gate_ || ready_gate_());
  }
  /// Bits of the present payload.
  const Payload& packed() {
    if (packed_version_ != version_) {
      pack(packed_);
      packed_version_ = version_;
    }
    return packed_;
  }
  /// The stall gate of the present cycle; between edges.
  void stall(bool stalled) { stalled_ = stalled; }
  /// Part of a consumer's ready that comes from registers of other blocks (`run`, `open`). Only for
  /// streams of the host, whose ready no other process reads.
  void gate_ready(std::function<bool()> gate) { ready_gate_ = std::move(gate); }

 protected:
  virtual void pack(Payload& out) const = 0;

  bool valid_ = false;
  bool ready_ = false;
  bool stalled_ = false;
  std::uint32_t version_ = 0;  ///< counts payloads

 private:
  std::uint32_t packed_version_ = ~std::uint32_t{0};
  Payload packed_;
  std::function<bool()> ready_gate_;
};

template <typename Beat>
class StreamChannel final : public StreamProbe, public sc_core::sc_prim_channel {
 public:
  using Pack = std::function<void(const Beat&, Payload&)>;

  /// `empty` gives payload buffers their sizes.
  StreamChannel(const char* name, const Beat& empty, Pack pack)
      : sc_prim_channel(name), beats_{empty, empty}, pack_(std::move(pack)) {}

  /// A beat moves at this edge: both sides agree.
  [[nodiscard]] bool fires() const { return valid_ && ready(); }
  /// Producer: its output register is free or becomes free at this edge.
  [[nodiscard]] bool step() const { return !valid_ || ready(); }
  [[nodiscard]] const Beat& payload() const { return beats_[version_ & 1U]; }

  /// Producer: payload of the next cycle, to be filled completely; then offer(true).
  Beat& next_payload() {
    next_version_ = version_ + 1;
    return beats_[next_version_ & 1U];
  }
  /// Producer: valid of the next cycle.
  void offer(bool valid) {
    next_valid_ = valid;
    if (next_valid_ != valid_ || next_version_ != version_) request_update();
  }
  /// Consumer: ready of the next cycle.
  void accept(bool ready) {
    next_ready_ = ready;
    if (next_ready_ != ready_) request_update();
  }

  /// The host as producer or consumer: between edges, for the present cycle.
  void host_offer(bool valid) { valid_ = next_valid_ = valid; }
  Beat& host_payload() {
    next_version_ = ++version_;
    return beats_[version_ & 1U];
  }
  void host_accept(bool ready) { ready_ = next_ready_ = ready; }

 private:
  void update() override {
    valid_ = next_valid_;
    ready_ = next_ready_;
    version_ = next_version_;
  }
  void pack(Payload& out) const override { pack_(payload(), out); }

  std::array<Beat, 2> beats_;
  Pack pack_;
  bool next_valid_ = false;
  bool next_ready_ = false;
  std::uint32_t next_version_ = 0;
};

}  // namespace sylvester
