// code_buffer: two banks of code beats in front of the array; keeps chunks that are used again.
#pragma once

#include <array>

#include "sim/systemc/job_control.hpp"
#include "sim/systemc/registers.hpp"

namespace sylvester {

class CodeBuffer final : public ClockedBlock {
 public:
  enum class Operand { kA, kB };

  /// `release`: pulse of the array, the last beat of the oldest bank has been used.
  CodeBuffer(const sc_core::sc_module_name& name, const ClockAndReset& clock, Operand operand,
             const HardwareParameters& hardware, const GemmControl& control,
             const sc_core::sc_signal<bool>& release, StreamChannel<Payload>& codes,
             StreamChannel<FeedBeat>& feed);

 private:
  struct Token {
    FeedBeat beat;
    bool valid = false;
  };

  void reset() override;
  void rising_edge() override;
  void clear();
  void write();
  void read(FeedBeat& out);
  void release_oldest();
  /// True if a tile was read again from its first beat: a pass over nibbles that is not its last.
  bool repeats_tile();
  [[nodiscard]] std::uint32_t chunk_length(std::uint32_t chunk) const;
  [[nodiscard]] std::uint64_t transfers() const;
  /// Times that a chunk is read before its bank is released.
  [[nodiscard]] std::uint32_t uses() const;
  [[nodiscard]] std::int8_t* beat_of(std::size_t bank, std::uint32_t beat);

  Operand operand_;
  const GemmControl& control_;
  const sc_core::sc_signal<bool>& release_;
  StreamChannel<Payload>& codes_;
  StreamChannel<FeedBeat>& feed_;
  std::uint32_t depth_;  ///< CHUNK
  std::size_t width_;    ///< codes of a beat: R or C
  int bits_;             ///< of a code

  std::vector<std::int8_t> memory_;  ///< [bank][beat][code]
  std::vector<std::int8_t> incoming_;
  std::array<bool, 2> occupied_{};
  std::array<bool, 2> readable_{};
  std::size_t write_bank_ = 0;
  std::uint32_t write_beat_ = 0;
  std::uint32_t write_chunk_ = 0;
  std::uint64_t written_ = 0;  ///< transfers
  bool write_done_ = false;
  std::size_t read_bank_ = 0;
  std::uint32_t read_beat_ = 0;
  std::uint32_t read_in_tile_ = 0;  ///< beats of the present pass over the present tile
  int read_pass_ = 0;
  std::uint32_t read_chunk_ = 0;
  std::uint32_t read_use_ = 0;
  std::uint64_t read_ = 0;  ///< transfers that have been read for the last time
  bool read_done_ = false;
  std::size_t oldest_bank_ = 0;
  std::uint64_t releases_ = 0;
  Pipeline<Token> pipeline_;
};

}  // namespace sylvester
