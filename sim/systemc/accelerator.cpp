#include "sim/systemc/accelerator.hpp"

#include <array>
#include <vector>

#include "golden/support/error.hpp"
#include "sim/systemc/code_buffer.hpp"
#include "sim/systemc/corner_turn.hpp"
#include "sim/systemc/edge.hpp"
#include "sim/systemc/quantise.hpp"
#include "sim/systemc/systolic_array.hpp"
#include "sim/systemc/transform.hpp"

// The SystemC library refers to it; this project has an ordinary main().
extern "C" [[gnu::weak]] int sc_main(int, char*[]) { return 0; }

namespace sylvester {
namespace {

Lanes lanes_of(int n) { return Lanes(static_cast<std::size_t>(n), 0); }

FeedBeat feed_of(int n) {
  return {std::vector<std::int8_t>(static_cast<std::size_t>(n), 0), false};
}

PartialRow row_of(int n) {
  const auto size = static_cast<std::size_t>(n);
  return {std::vector<std::int32_t>(size, 0), std::vector<std::int32_t>(size, 0),
          std::vector<std::uint8_t>(size, 0), false};
}

/// Streams of the host keep the host's words.
void pack_words(const Payload& words, Payload& out) { out = words; }

StreamChannel<Lanes>::Pack pack_lanes(int width, int bits) {
  return [width, bits](const Lanes& lanes, Payload& out) {
    out.assign(words_for(width * bits), 0);
    pack_elements(lanes, bits, 0, out);
  };
}

StreamChannel<FeedBeat>::Pack pack_feed(int width, int bits) {
  return [width, bits](const FeedBeat& beat, Payload& out) {
    out.assign(words_for(width * bits + 1), 0);
    pack_elements(beat.codes, bits, 0, out);
    put_bits(out, static_cast<std::size_t>(width * bits), 1, beat.release ? 1 : 0);
  };
}

StreamChannel<PartialRow>::Pack pack_row(const HardwareParameters& hardware) {
  const int bits = payload_bits(hardware, Stream::kPartials);
  return [=, p = partial_bits(hardware), count = count_bits(hardware), cols = hardware.cols](
             const PartialRow& row, Payload& out) {
    out.assign(words_for(bits), 0);
    pack_elements(row.partial, p, 0, out);
    pack_elements(row.limited_macs, count, static_cast<std::size_t>(cols * p), out);
    pack_elements(row.limited, 1, static_cast<std::size_t>(cols * (p + count)), out);
    put_bits(out, static_cast<std::size_t>(bits - 1), 1, row.line_last ? 1 : 0);
  };
}

StreamChannel<DoneFields>::Pack pack_done(std::span<const DescriptorField> fields) {
  return [fields](const DoneFields& values, Payload& out) { out = pack(fields, values); };
}

Payload words_of(const HardwareParameters& hardware, Stream stream) {
  return Payload(words_for(payload_bits(hardware, stream)), 0);
}

constexpr std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

/// The blocks and the streams between them, with the names of golden/hardware/streams.cpp.
class Accelerator final : public sc_core::sc_module {
 public:
  Accelerator(const sc_core::sc_module_name& name, const HardwareParameters& hardware)
      : sc_module(name),
        hardware_(hardware),
        prepare_job_("prepare_job", words_of(hardware, Stream::kPrepareJob), pack_words),
        wide_("wide", words_of(hardware, Stream::kWide), pack_words),
        turned_("turned", lanes_of(hardware.lanes), pack_lanes(hardware.lanes, kMantissaBits)),
        coefficients_("coefficients", lanes_of(hardware.lanes),
                      pack_lanes(hardware.lanes, coefficient_bits(hardware))),
        codes_("codes", lanes_of(hardware.lanes),
               pack_lanes(hardware.lanes, operand_widths(hardware.modes).code)),
        prepare_done_("prepare_done", DoneFields(prepare_done_fields().size(), 0),
                      pack_done(prepare_done_fields())),
        gemm_job_("gemm_job", words_of(hardware, Stream::kGemmJob), pack_words),
        a_codes_("a_codes", words_of(hardware, Stream::kACodes), pack_words),
        b_codes_("b_codes", words_of(hardware, Stream::kBCodes), pack_words),
        a_feed_("a_feed", feed_of(hardware.rows),
                pack_feed(hardware.rows, operand_widths(hardware.modes).a_code)),
        b_feed_("b_feed", feed_of(hardware.cols),
                pack_feed(hardware.cols, operand_widths(hardware.modes).b_code)),
        partials_("partials", row_of(hardware.cols), pack_row(hardware)),
        results_("results", lanes_of(hardware.cols), pack_lanes(hardware.cols, kResultBits)),
        gemm_done_("gemm_done", DoneFields(gemm_done_fields().size(), 0),
                   pack_done(gemm_done_fields())),
        prepare_control_("prepare_control", clock_, prepare_job_, prepare_done_, prepare_result_),
        draw_key_("draw_key", clock_, hardware_, prepare_control_),
        quantise_("quantise", clock_, hardware_, prepare_control_, draw_key_, coefficients_, codes_,
                  prepare_result_),
        transform_("transform", clock_, hardware_, prepare_control_, draw_key_, turned_,
                   coefficients_),
        corner_turn_("corner_turn", clock_, hardware_, prepare_control_, draw_key_, quantise_.open,
                     wide_, turned_),
        gemm_control_("gemm_control", clock_, gemm_job_, gemm_done_, gemm_result_),
        systolic_array_("systolic_array", clock_, hardware_, gemm_control_, a_feed_, b_feed_,
                        partials_),
        code_buffer_a_("code_buffer_a", clock_, CodeBuffer::Operand::kA, hardware_, gemm_control_,
                       systolic_array_.a_release, a_codes_, a_feed_),
        code_buffer_b_("code_buffer_b", clock_, CodeBuffer::Operand::kB, hardware_, gemm_control_,
                       systolic_array_.b_release, b_codes_, b_feed_),
        edge_("edge", clock_, hardware_, gemm_control_, partials_, results_, gemm_result_) {}

  [[nodiscard]] const HardwareParameters& hardware() const { return hardware_; }

  void reset() {
    clock_.reset = true;
    tick();
    clock_.reset = false;
    was_reset_ = true;
  }

  void sample(const CycleInputs& inputs, CycleSample& out) {
    if (!was_reset_) reset();
    for (std::size_t s = 0; s < kStreams; ++s) probes_[s]->stall((inputs.stall >> s & 1U) != 0);
    for (const Stream stream : kSources) {
      const std::size_t s = index(stream);
      StreamChannel<Payload>& channel = source(stream);
      channel.host_offer(inputs.valid[s]);
      if (inputs.valid[s] && channel.payload() != inputs.data[s]) {
        channel.host_payload() = inputs.data[s];
      }
    }
    codes_.host_accept(inputs.ready[index(Stream::kCodes)]);
    prepare_done_.host_accept(inputs.ready[index(Stream::kPrepareDone)]);
    results_.host_accept(inputs.ready[index(Stream::kResults)]);
    gemm_done_.host_accept(inputs.ready[index(Stream::kGemmDone)]);
    for (std::size_t s = 0; s < kStreams; ++s) {
      out.valid[s] = probes_[s]->valid();
      out.ready[s] = probes_[s]->ready();
      if (out.valid[s]) {
        out.data[s] = probes_[s]->packed();
      } else {
        out.data[s].clear();
      }
    }
  }

  /// One rising edge of this instance's clock.
  void tick() {
    clock_.rising_edge.notify(kHalfPeriod);
    sc_core::sc_start(kHalfPeriod + kHalfPeriod);
  }

 private:
  static constexpr std::array kSources = {Stream::kPrepareJob, Stream::kWide, Stream::kGemmJob,
                                          Stream::kACodes, Stream::kBCodes};

  StreamChannel<Payload>& source(Stream stream) {
    switch (stream) {
      case Stream::kPrepareJob:
        return prepare_job_;
      case Stream::kWide:
        return wide_;
      case Stream::kGemmJob:
        return gemm_job_;
      case Stream::kACodes:
        return a_codes_;
      default:
        return b_codes_;
    }
  }

  const sc_core::sc_time kHalfPeriod{0.5, sc_core::SC_NS};
  const HardwareParameters hardware_;
  ClockAndReset clock_;
  bool was_reset_ = false;

  StreamChannel<Payload> prepare_job_;
  StreamChannel<Payload> wide_;
  StreamChannel<Lanes> turned_;
  StreamChannel<Lanes> coefficients_;
  StreamChannel<Lanes> codes_;
  StreamChannel<DoneFields> prepare_done_;
  StreamChannel<Payload> gemm_job_;
  StreamChannel<Payload> a_codes_;
  StreamChannel<Payload> b_codes_;
  StreamChannel<FeedBeat> a_feed_;
  StreamChannel<FeedBeat> b_feed_;
  StreamChannel<PartialRow> partials_;
  StreamChannel<Lanes> results_;
  StreamChannel<DoneFields> gemm_done_;
  JobResult prepare_result_{"prepare_finished"};
  JobResult gemm_result_{"gemm_finished"};

  PrepareControl prepare_control_;
  DrawKeySchedule draw_key_;
  Quantise quantise_;
  Transform transform_;
  CornerTurn corner_turn_;
  GemmControl gemm_control_;
  SystolicArray systolic_array_;
  CodeBuffer code_buffer_a_;
  CodeBuffer code_buffer_b_;
  Edge edge_;

  /// In the order of Stream.
  const std::array<StreamProbe*, kStreams> probes_ = {
      &prepare_job_, &wide_,    &turned_, &coefficients_, &codes_,    &prepare_done_, &gemm_job_,
      &a_codes_,     &b_codes_, &a_feed_, &b_feed_,       &partials_, &results_,      &gemm_done_};
};

/// All instances of the process. The kernel keeps pointers to modules until the end of the process,
/// so that none is ever deleted.
struct Instance {
  std::unique_ptr<Accelerator> accelerator;
  bool in_use = false;
};

std::vector<std::unique_ptr<Instance>>& instances() {
  static auto* all = new std::vector<std::unique_ptr<Instance>>;
  return *all;
}

class SystemcModel final : public AcceleratorModel {
 public:
  explicit SystemcModel(Instance& instance) : instance_(instance) { instance_.in_use = true; }
  SystemcModel(const SystemcModel&) = delete;
  SystemcModel& operator=(const SystemcModel&) = delete;
  ~SystemcModel() override { instance_.in_use = false; }

  void reset() override { instance_.accelerator->reset(); }
  void sample(const CycleInputs& inputs, CycleSample& out) override {
    instance_.accelerator->sample(inputs, out);
  }
  void edge() override { instance_.accelerator->tick(); }

 private:
  Instance& instance_;
};

bool simulation_has_begun() {
  return sc_core::sc_get_curr_simcontext()->elaboration_done() || sc_core::sc_is_running();
}

}  // namespace

std::unique_ptr<AcceleratorModel> make_systemc_accelerator(const HardwareParameters& hardware,
                                                           const std::string& instance_name) {
  check(hardware);
  const std::string text = canonical_text(hardware);
  for (auto& instance : instances()) {
    if (instance->in_use || canonical_text(instance->accelerator->hardware()) != text) continue;
    auto model = std::make_unique<SystemcModel>(*instance);
    if (simulation_has_begun()) model->reset();
    return model;
  }
  if (simulation_has_begun()) {
    throw EnvironmentError("SystemC instance '" + instance_name +
                           "' comes too late: all instances of a process must be made before the "
                           "first cycle of any; use another process");
  }
  const char* name = instance_name.c_str();
  const bool taken = sc_core::sc_find_object(name) != nullptr;
  auto instance = std::make_unique<Instance>();
  instance->accelerator =
      std::make_unique<Accelerator>(taken ? sc_core::sc_gen_unique_name(name) : name, hardware);
  instances().push_back(std::move(instance));
  return std::make_unique<SystemcModel>(*instances().back());
}

}  // namespace sylvester
