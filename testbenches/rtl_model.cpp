#include "testbenches/rtl_model.hpp"

#include <dlfcn.h>

#include <array>
#include <string>

#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "testbenches/delivered_rtl.hpp"
#include "testbenches/harness/rtl_abi.hpp"

namespace sylvester {
namespace {

static_assert(kRtlStreams == kStreams);

constexpr int kResetCycles = 2;
/// Decides what memories and registers hold before the reset.
constexpr int kInitialState = 20011;

/// A loaded shared object.
class SharedObject {
 public:
  SharedObject(const std::filesystem::path& file, const std::filesystem::path& rtl_dir)
      : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ != nullptr) return;
    const std::string reason = std::string(" cannot be loaded: ") + dlerror();
    // Given Verilog may name functions of a program that is not here (DPI).
    if (!rtl_dir.empty()) throw UserError("the RTL in " + rtl_dir.string() + reason);
    throw EnvironmentError("the RTL" + reason + "; empty the cache folder");
  }
  ~SharedObject() { dlclose(handle_); }
  SharedObject(const SharedObject&) = delete;
  SharedObject& operator=(const SharedObject&) = delete;

  [[nodiscard]] const RtlInterface& interface() const {
    const auto* found = static_cast<const RtlInterface*>(dlsym(handle_, "sylvester_rtl"));
    if (found == nullptr || found->version != kRtlAbiVersion) {
      throw EnvironmentError("the cached RTL has another interface: empty the cache folder");
    }
    return *found;
  }

 private:
  void* handle_;
};

class LoadedRtl : public RtlAccelerator {
 public:
  LoadedRtl(const HardwareParameters& hardware, const RtlBuildOptions& options)
      : object_(build_rtl(hardware, options), options.rtl_dir),
        interface_(object_.interface()),
        model_(interface_.create(kInitialState), interface_.destroy) {
    if (!options.rtl_dir.empty()) {
      observed_ = read_delivered_rtl(hardware, options.rtl_dir).observed;
    }
    const std::uint64_t expected = sylvester::hardware_hash(hardware);
    const std::uint64_t found = interface_.hardware_hash(model_.get());
    // What has ended at once has not set its outputs: the run reports that.
    if (found != expected && ended().empty()) {
      throw UserError("the RTL" +
                      (options.rtl_dir.empty() ? "" : " in " + options.rtl_dir.string()) +
                      " is of hardware " + to_hex(found) + ", the configuration of hardware " +
                      to_hex(expected) + ": generate it again");
    }
    for (int s = 0; s < kStreams; ++s) {
      const int bits = payload_bits(hardware, static_cast<Stream>(s));
      const auto words = static_cast<std::size_t>((bits + 31) / 32);
      const auto index = static_cast<std::size_t>(s);
      if (static_cast<int>(words) != interface_.words(s)) {
        throw UserError("the RTL's stream " + std::string(streams()[index].name) + " has " +
                        std::to_string(interface_.words(s)) + " words, " + std::to_string(words) +
                        " are expected");
      }
      outputs_[index].assign(words, 0);
      zeros_[index].assign(words, 0);
      ports_.probe_data[s] = outputs_[index].data();
    }
  }

  void reset() override { interface_.reset(model_.get(), kResetCycles); }

  void sample(const CycleInputs& inputs, CycleSample& out) override {
    ports_.stall = inputs.stall;
    ports_.host_valid = 0;
    ports_.host_ready = 0;
    for (std::size_t s = 0; s < kStreams; ++s) {
      ports_.host_valid |= std::uint32_t{inputs.valid[s]} << s;
      ports_.host_ready |= std::uint32_t{inputs.ready[s]} << s;
      const bool given = inputs.data[s].size() == zeros_[s].size();
      ports_.host_data[s] = given ? inputs.data[s].data() : zeros_[s].data();
    }
    interface_.sample(model_.get(), &ports_);
    for (std::size_t s = 0; s < kStreams; ++s) {
      out.valid[s] = (ports_.probe_valid >> s & 1U) != 0;
      out.ready[s] = (ports_.probe_ready >> s & 1U) != 0;
      if (out.valid[s]) out.data[s] = outputs_[s];
    }
  }

  void edge() override { interface_.edge(model_.get()); }

  [[nodiscard]] std::string ended() const override {
    const char* what = interface_.ended(model_.get());
    return what == nullptr ? "" : what;
  }

  [[nodiscard]] std::uint32_t observed() const override { return observed_; }

  void select_fault(int fault) override {
    if (interface_.select_fault(model_.get(), fault) == 0) {
      throw std::logic_error("this build of the RTL has no faults");
    }
  }

  void open_trace(const std::filesystem::path& file) override {
    if (interface_.open_trace(model_.get(), file.c_str()) == 0) {
      throw std::logic_error("this build of the RTL writes no trace");
    }
  }

 private:
  SharedObject object_;
  const RtlInterface& interface_;
  std::unique_ptr<void, void (*)(void*)> model_;
  std::uint32_t observed_ = (1U << kStreams) - 1;
  RtlPorts ports_{};
  std::array<Payload, kStreams> outputs_;
  std::array<Payload, kStreams> zeros_;
};

}  // namespace

std::unique_ptr<RtlAccelerator> make_rtl_accelerator(const HardwareParameters& hardware,
                                                     const RtlBuildOptions& options) {
  check(hardware);
  return std::make_unique<LoadedRtl>(hardware, options);
}

}  // namespace sylvester
