// The bench of the tests of single cells: a table of vectors drives a cell in Icarus Verilog and
// checks it in every cycle. The parameters are overridden at elaboration.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "golden/numerics/accumulate.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/random.hpp"
#include "golden/support/test_folder.hpp"
#include "rtl_gen/library.hpp"

namespace sylvester::cell_test {

inline constexpr int kLeastBits = 4;
inline constexpr int kMostBits = 24;
inline constexpr std::array kPolicies = {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap,
                                         AccumulatePolicy::kClamp};
enum Counters { kNone, kSticky, kFull };  // the parameter's values

// A word of a vector file is {expected, mask, inputs}. Outputs are compared in every cycle just
// before the edge, with the inputs of the cycle already applied.
inline constexpr const char* kDriver = R"VERILOG(
module driver #(
  parameter integer InBits = 1,
  parameter integer OutBits = 1,
  parameter integer Vectors = 1,
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter         Name = "lane"
) (
  output reg                clk_o,
  output wire [InBits-1:0]  in_o,
  input  wire [OutBits-1:0] out_i,
  output reg                done_o
);
  reg [InBits+2*OutBits-1:0] vectors [0:Vectors-1];
  reg [InBits+2*OutBits-1:0] word;
  integer                    cycle;
  string                     policy;
  wire [OutBits-1:0] mask = word[InBits +: OutBits];
  wire [OutBits-1:0] expected = word[InBits+OutBits +: OutBits];
  assign in_o = word[InBits-1:0];
  initial begin
    $readmemh({Name, ".hex"}, vectors);
    if (Policy == 0) policy = "saturate";
    else if (Policy == 1) policy = "wrap";
    else policy = "clamp";
    clk_o = 1'b0;
    done_o = 1'b0;
    for (cycle = 0; cycle < Vectors; cycle = cycle + 1) begin
      word = vectors[cycle];
      #1;
      if (((out_i ^ expected) & mask) !== {OutBits{1'b0}}) begin
        $display("MISMATCH P=%0d policy=%0s %0s cycle=%0d: outputs %h, expected %h (inputs %h)",
                 AccBits, policy, Name, cycle,
                 out_i & mask, expected & mask, in_o);
        $finish;
      end
      clk_o = 1'b1;
      #1;
      clk_o = 1'b0;
    end
    done_o = 1'b1;
  end
endmodule
)VERILOG";

struct Field {
  std::int64_t value;
  int bits;
  bool checked = true;  ///< outputs only
};
using Fields = std::vector<Field>;  ///< lowest first

/// The vector file of one lane.
class Vectors {
 public:
  void add(const Fields& inputs, const Fields& outputs) {
    bits_.clear();
    for (const Field& field : inputs) put(field.value, field.bits);
    for (const Field& field : outputs) put(field.checked ? -1 : 0, field.bits);
    for (const Field& field : outputs) put(field.value, field.bits);
    while (bits_.size() % 4 != 0) bits_.push_back(0);
    for (std::size_t i = bits_.size(); i > 0; i -= 4) {
      text_.push_back("0123456789abcdef"[8 * bits_[i - 1] + 4 * bits_[i - 2] + 2 * bits_[i - 3] +
                                         bits_[i - 4]]);
    }
    text_.push_back('\n');
    ++count_;
  }
  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void put(std::int64_t value, int bits) {
    for (int i = 0; i < bits; ++i) bits_.push_back(static_cast<char>((value >> i) & 1));
  }
  std::vector<char> bits_;
  std::string text_;
  int count_ = 0;
};

struct Bench {
  std::string module;
  std::string text;
  std::vector<std::pair<std::string, Vectors>> lanes;  ///< in the order of Vectors0, Vectors1, ...
  std::map<std::string, int> parameters;               ///< besides AccBits, Policy, Vectors*
};

inline std::int64_t half(int bits) { return std::int64_t{1} << (bits - 1); }
inline std::int64_t pick(HostRandom& random, const std::vector<std::int64_t>& values) {
  return values[random.below(static_cast<std::uint32_t>(values.size()))];
}
/// Two's complement, uniform.
inline std::int64_t any(HostRandom& random, int bits) {
  return static_cast<std::int64_t>(random.next()) >> (64 - bits);
}
inline bool chance(HostRandom& random, std::uint32_t n, std::uint32_t of) {
  return random.below(of) < n;
}

class CellFolder {
 public:
  CellFolder() {
    for (const char* cell :
         {"processing_element.v", "operand_product.v", "accumulate_saturate.v", "accumulate_wrap.v",
          "accumulate_clamp.v", "edge_accumulators.v", "outer_add.v", "stream_fifo.v",
          "block_walk.v", "tally.v", "add_tree.v", "delay_line.v", "delay_line_reset.v"}) {
      restore(cell);
    }
    folder_.write("driver.v", kDriver);
  }

  void restore(const std::string& cell) const { folder_.write(cell, verilog_library().at(cell)); }
  /// The cell with one place changed.
  void mutate(const std::string& cell, const std::string& from, const std::string& to) const {
    std::string text = verilog_library().at(cell);
    const std::size_t place = text.find(from);
    ASSERT_NE(place, std::string::npos) << cell << " no longer contains: " << from;
    folder_.write(cell, text.replace(place, from.size(), to));
  }

  /// What the simulation prints.
  [[nodiscard]] std::string run(const Bench& bench, AccumulatePolicy policy, int bits) const {
    folder_.write(bench.module + ".v", bench.text);
    std::string command = "iverilog -g2012 -s " + bench.module + " -o bench.vvp";
    const auto parameter = [&](const std::string& name, int value) {
      command += " -P" + bench.module + "." + name + "=" + std::to_string(value);
    };
    parameter("AccBits", bits);
    parameter("Policy", static_cast<int>(policy));
    for (const auto& [name, value] : bench.parameters) parameter(name, value);
    for (std::size_t i = 0; i < bench.lanes.size(); ++i) {
      const auto& [name, vectors] = bench.lanes[i];
      folder_.write(name + ".hex", vectors.text());
      parameter("Vectors" + std::to_string(i), vectors.count());
    }
    command += " driver.v " + bench.module + ".v -y . && vvp -n bench.vvp";
    const std::filesystem::path log = folder_.path() / "log.txt";
    const int status = std::system(("cd '" + folder_.path().string() + "' && { " + command +
                                    "; } > '" + log.string() + "' 2>&1 < /dev/null")
                                       .c_str());
    const std::string output = read_file(log);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "failed: " + command + "\n" + output;
    return output;
  }

 private:
  TestFolder folder_;
};

inline bool icarus_installed() {
  return std::system("command -v iverilog > /dev/null 2>&1 && command -v vvp > /dev/null 2>&1") ==
         0;
}
#define REQUIRE_ICARUS() \
  if (!icarus_installed()) GTEST_SKIP() << "iverilog is not installed"

inline std::string pass_line(AccumulatePolicy policy, int bits) {
  return "PASS P=" + std::to_string(bits) + " policy " + std::to_string(static_cast<int>(policy)) +
         "\n";
}

using MakeBench = Bench (*)(AccumulatePolicy policy, int bits, std::uint64_t seed);

inline std::uint64_t seed_of(AccumulatePolicy policy, int bits) {
  return 1000 * static_cast<std::uint64_t>(bits) + 100 * static_cast<std::uint64_t>(policy);
}

inline void every_width_and_policy(MakeBench make) {
  const CellFolder folder;
  for (int bits = kLeastBits; bits <= kMostBits; ++bits) {
    for (const AccumulatePolicy policy : kPolicies) {
      const std::uint64_t seed = seed_of(policy, bits);
      SCOPED_TRACE("P " + std::to_string(bits) + ", " + std::string(to_string(policy)) + ", seed " +
                   std::to_string(seed));
      EXPECT_EQ(folder.run(make(policy, bits, seed), policy, bits), pass_line(policy, bits));
    }
  }
}

/// A change of one cell that one lane of a bench must find.
struct Fault {
  MakeBench make;
  AccumulatePolicy policy;
  std::string cell, from, to;
  std::string lane;  ///< the only one checked, the others get one blind cycle
};

/// Negative control: each fault is found, at the ends and in the middle of P's range.
inline void expect_found(const std::vector<Fault>& faults) {
  const CellFolder folder;
  for (const Fault& fault : faults) {
    ASSERT_NO_FATAL_FAILURE(folder.mutate(fault.cell, fault.from, fault.to));
    for (const int bits : {kLeastBits, 13, kMostBits}) {
      Bench bench = fault.make(fault.policy, bits, seed_of(fault.policy, bits));
      for (auto& [name, vectors] : bench.lanes) {
        if (name == fault.lane) continue;
        vectors = {};
        vectors.add({{0, 1}}, {});
      }
      const std::string output = folder.run(bench, fault.policy, bits);
      EXPECT_THAT(output, ::testing::HasSubstr("MISMATCH P=" + std::to_string(bits) +
                                               " policy=" + std::string(to_string(fault.policy)) +
                                               " " + fault.lane))
          << fault.cell << ": " << fault.to;
      EXPECT_EQ(output.find("PASS"), std::string::npos) << fault.cell << ": " << fault.to;
    }
    folder.restore(fault.cell);
  }
}

}  // namespace sylvester::cell_test
