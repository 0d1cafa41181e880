// Compiled together with the Verilated model of one generated design (prefix Vaccelerator, top
// sylvester_verify_top): reaches every port by name and offers them through rtl_abi.hpp.
// SYLVESTER_FAULTS and SYLVESTER_TRACE are defined by the builds that have those.
#include <memory>
#include <string>

#include "Vaccelerator.h"
#include "rtl_abi.hpp"
#include "verilated.h"
#ifdef SYLVESTER_FAULTS
#include "Vaccelerator___024root.h"
#include "Vaccelerator_sylvester_fault_pkg.h"
#endif
#ifdef SYLVESTER_TRACE
#include "verilated_vcd_c.h"
#endif

namespace {

// Verilator gives a port of up to 8, 16, 32 or 64 bits an integer and a wider one an array of
// words.
void put(CData& port, const std::uint32_t* words) { port = static_cast<CData>(words[0]); }
void put(SData& port, const std::uint32_t* words) { port = static_cast<SData>(words[0]); }
void put(IData& port, const std::uint32_t* words) { port = words[0]; }
void put(QData& port, const std::uint32_t* words) {
  port = static_cast<QData>(words[1]) << 32 | words[0];
}
template <std::size_t N>
void put(VlWide<N>& port, const std::uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) port[i] = words[i];
}

void get(const CData& port, std::uint32_t* words) { words[0] = port; }
void get(const SData& port, std::uint32_t* words) { words[0] = port; }
void get(const IData& port, std::uint32_t* words) { words[0] = port; }
void get(const QData& port, std::uint32_t* words) {
  words[0] = static_cast<std::uint32_t>(port);
  words[1] = static_cast<std::uint32_t>(port >> 32);
}
template <std::size_t N>
void get(const VlWide<N>& port, std::uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) words[i] = port[i];
}

// Streams by number and name: driven by the host, taken by the host, between blocks.
#define INPUT_STREAMS(DO) \
  DO(0, prepare_job) DO(1, wide) DO(6, gemm_job) DO(7, a_codes) DO(8, b_codes)
#define OUTPUT_STREAMS(DO) DO(4, codes) DO(5, prepare_done) DO(12, results) DO(13, gemm_done)
#define INNER_STREAMS(DO) \
  DO(2, turned) DO(3, coefficients) DO(9, a_feed) DO(10, b_feed) DO(11, partials)
#define ALL_STREAMS(DO) INPUT_STREAMS(DO) OUTPUT_STREAMS(DO) INNER_STREAMS(DO)

// The end of the simulation that the Verilog asks for, on its way out of the model.
struct Ended {
  std::string what;
};

[[noreturn]] void end(const char* what, const char* file, int line) {
  throw Ended{std::string(what) + " at " + file + ":" + std::to_string(line)};
}

struct Model {
  VerilatedContext context;
  std::unique_ptr<Vaccelerator> top;
  std::string ended;
#ifdef SYLVESTER_TRACE
  std::unique_ptr<VerilatedVcdC> trace;
#endif

  explicit Model(int seed) {
    context.randReset(2);  // registers and memories start at random values, the same every time
    context.randSeed(seed);
#ifdef SYLVESTER_TRACE
    context.traceEverOn(true);
#endif
    top = std::make_unique<Vaccelerator>(&context, "sylvester");
    clear_inputs();
    top->clk_i = 0;
    top->rst_ni = 0;
    settle();
  }

  ~Model() {
#ifdef SYLVESTER_TRACE
    if (trace) trace->close();
#endif
    if (ended.empty()) run([&] { top->final(); });
  }

  template <typename Action>
  void run(Action action) {
    try {
      action();
    } catch (const Ended& end) {
      ended = end.what;
    }
  }

  void settle() {
    if (!ended.empty()) return;
    run([&] { top->eval(); });
#ifdef SYLVESTER_TRACE
    if (trace) trace->dump(context.time());
#endif
    context.timeInc(1);
  }

  void clear_inputs() {
    static constexpr std::uint32_t kZeros[64] = {};
#define CLEAR(number, name) \
  top->name##_valid_i = 0;  \
  put(top->name##_data_i, kZeros);
    INPUT_STREAMS(CLEAR)
#undef CLEAR
#define CLEAR(number, name) top->name##_ready_i = 0;
    OUTPUT_STREAMS(CLEAR)
#undef CLEAR
    top->stall_i = 0;
  }

  void edge() {
    top->clk_i = 1;
    settle();
    top->clk_i = 0;  // takes effect with the next sample
  }
};

Model& model_of(void* model) { return *static_cast<Model*>(model); }

void* create(int seed) { return new Model(seed); }
void destroy(void* model) { delete &model_of(model); }

std::uint64_t hardware_hash(void* model) { return model_of(model).top->hardware_hash_o; }

template <typename Port>
constexpr int words_of() {
  return static_cast<int>((sizeof(Port) + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t));
}

int words(int stream) {
  switch (stream) {
#define WORDS(number, name) \
  case number:              \
    return words_of<decltype(Vaccelerator::probe_##name##_data_o)>();
    ALL_STREAMS(WORDS)
#undef WORDS
    default:
      return 0;
  }
}

void reset(void* handle, int cycles) {
  Model& model = model_of(handle);
  model.clear_inputs();
  model.top->rst_ni = 0;
  for (int i = 0; i < cycles; ++i) {
    model.settle();
    model.edge();
  }
  model.top->rst_ni = 1;
}

void sample(void* handle, RtlPorts* ports) {
  Model& model = model_of(handle);
  Vaccelerator& top = *model.top;
  top.stall_i = static_cast<SData>(ports->stall);
#define DRIVE(number, name)                                  \
  top.name##_valid_i = (ports->host_valid >> (number)) & 1U; \
  put(top.name##_data_i, ports->host_data[number]);
  INPUT_STREAMS(DRIVE)
#undef DRIVE
#define DRIVE(number, name) top.name##_ready_i = (ports->host_ready >> (number)) & 1U;
  OUTPUT_STREAMS(DRIVE)
#undef DRIVE
  model.settle();
  ports->probe_valid = 0;
  ports->probe_ready = 0;
#define OBSERVE(number, name)                                                               \
  ports->probe_valid |= static_cast<std::uint32_t>(top.probe_##name##_valid_o) << (number); \
  ports->probe_ready |= static_cast<std::uint32_t>(top.probe_##name##_ready_o) << (number); \
  get(top.probe_##name##_data_o, ports->probe_data[number]);
  ALL_STREAMS(OBSERVE)
#undef OBSERVE
}

void edge(void* model) { model_of(model).edge(); }

const char* ended(void* model) {
  const std::string& what = model_of(model).ended;
  return what.empty() ? nullptr : what.c_str();
}

int select_fault(void* handle, int fault) {
#ifdef SYLVESTER_FAULTS
  model_of(handle).top->rootp->__PVT__sylvester_fault_pkg->selector =
      static_cast<std::uint32_t>(fault);
  return 1;
#else
  (void)handle;
  return fault == 0;
#endif
}

int open_trace(void* handle, const char* path) {
#ifdef SYLVESTER_TRACE
  Model& model = model_of(handle);
  model.trace = std::make_unique<VerilatedVcdC>();
  model.top->trace(model.trace.get(), 99);
  model.trace->open(path);
  return 1;
#else
  (void)handle;
  (void)path;
  return 0;
#endif
}

}  // namespace

// Verilator's own versions of these print and end the process.
void vl_finish(const char* file, int line, const char*) { end("$finish", file, line); }
void vl_stop(const char* file, int line, const char*) { end("$stop", file, line); }
void vl_fatal(const char* file, int line, const char*, const char* message) {
  end(message, file, line);
}

extern "C" __attribute__((visibility("default"))) const RtlInterface sylvester_rtl = {
    kRtlAbiVersion, create, destroy, hardware_hash, words,      reset,
    sample,         edge,   ended,   select_fault,  open_trace,
};
