#include "testbenches/vcd.hpp"

#include <ostream>

#include "golden/support/atomic_file.hpp"

namespace sylvester {
namespace {

/// Short identifier of variable `index`: digits of base 94 in printable characters.
std::string identifier(std::size_t index) {
  std::string text;
  do {
    text += static_cast<char>('!' + index % 94);
    index /= 94;
  } while (index > 0);
  return text;
}

class VcdWriter {
 public:
  explicit VcdWriter(std::ostream& out) : out_(out) {}

  std::size_t declare(const std::string& name, int bits) {
    const std::size_t index = last_.size();
    last_.emplace_back();
    bits_.push_back(bits);
    out_ << "$var wire " << bits << ' ' << identifier(index) << ' ' << name << " $end\n";
    return index;
  }

  /// Writes a value if it has changed. An empty payload is unknown.
  void change(std::size_t variable, const Payload& value) {
    std::string text;
    for (int bit = bits_[variable] - 1; bit >= 0; --bit) {
      const auto word = static_cast<std::size_t>(bit / 32);
      text += word >= value.size() ? 'x' : ((value[word] >> (bit % 32) & 1U) != 0 ? '1' : '0');
    }
    if (text == last_[variable]) return;
    last_[variable] = text;
    if (bits_[variable] == 1) {
      out_ << text << identifier(variable) << '\n';
    } else {
      out_ << 'b' << text << ' ' << identifier(variable) << '\n';
    }
  }

 private:
  std::ostream& out_;
  std::vector<std::string> last_;
  std::vector<int> bits_;
};

constexpr int kUnitsPerCycle = 10;

struct StreamVariables {
  std::size_t valid, ready, data;
};

}  // namespace

void write_vcd(const std::filesystem::path& path, const HardwareParameters& hardware,
               const std::vector<std::string>& models, const std::deque<Frame>& frames) {
  AtomicFile file(path);
  std::ostream& out = file.stream();
  VcdWriter writer(out);
  out << "$timescale 1ns $end\n$scope module sylvester $end\n";
  const std::size_t clock = writer.declare("clk", 1);
  const std::size_t cycle = writer.declare("cycle", 32);
  std::vector<std::size_t> stalls;
  for (const auto& stream : streams()) {
    stalls.push_back(writer.declare("stall_" + std::string(stream.name), 1));
  }
  std::vector<std::vector<StreamVariables>> variables;
  for (const auto& model : models) {
    out << "$scope module " << model << " $end\n";
    auto& of_model = variables.emplace_back();
    for (const auto& stream : streams()) {
      const std::string name(stream.name);
      of_model.push_back({writer.declare(name + "_valid", 1), writer.declare(name + "_ready", 1),
                          writer.declare(name + "_data", payload_bits(hardware, stream.stream))});
    }
    out << "$upscope $end\n";
  }
  out << "$upscope $end\n$enddefinitions $end\n";
  for (const auto& frame : frames) {
    out << '#' << frame.cycle * kUnitsPerCycle << '\n';
    writer.change(clock, {0});
    writer.change(cycle, {static_cast<std::uint32_t>(frame.cycle)});
    for (std::size_t s = 0; s < kStreams; ++s) {
      writer.change(stalls[s], {frame.stall >> s & 1U});
      for (std::size_t m = 0; m < models.size(); ++m) {
        const CycleSample& sample = frame.samples[m];
        writer.change(variables[m][s].valid, {std::uint32_t{sample.valid[s]}});
        writer.change(variables[m][s].ready, {std::uint32_t{sample.ready[s]}});
        writer.change(variables[m][s].data, sample.valid[s] ? sample.data[s] : Payload{});
      }
    }
    out << '#' << frame.cycle * kUnitsPerCycle + kUnitsPerCycle / 2 << '\n';
    writer.change(clock, {1});
  }
  file.commit();
}

}  // namespace sylvester
