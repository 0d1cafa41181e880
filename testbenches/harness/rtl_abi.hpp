// The C interface between a Verilated accelerator (a shared object) and the program that loads it.
// Both sides include this file; kRtlAbiVersion names its state.
#pragma once

#include <cstdint>

inline constexpr int kRtlAbiVersion = 2;
inline constexpr int kRtlStreams = 14;

extern "C" {

/// All boundaries of one cycle. Bit s of a mask and entry s of an array belong to stream s of
/// docs/architecture.md section 2; payload words are 32 bits, lowest first.
struct RtlPorts {
  std::uint32_t stall;                          ///< in
  std::uint32_t host_valid;                     ///< in, streams that the host drives
  std::uint32_t host_ready;                     ///< in, streams that the host takes
  std::uint32_t probe_valid;                    ///< out
  std::uint32_t probe_ready;                    ///< out
  const std::uint32_t* host_data[kRtlStreams];  ///< in; read where the host drives
  std::uint32_t* probe_data[kRtlStreams];       ///< out
};

/// What the shared object exports, under the name `sylvester_rtl`.
struct RtlInterface {
  int version;
  /// A new model; `seed` decides what registers and memories hold before the reset.
  void* (*create)(int seed);
  void (*destroy)(void* model);
  /// 64-bit parameter of the top level that names the hardware.
  std::uint64_t (*hardware_hash)(void* model);
  /// Payload words of a stream.
  int (*words)(int stream);
  /// Clock cycles with the reset low and all inputs zero.
  void (*reset)(void* model, int cycles);
  /// Settles the inputs of this cycle; the outputs are those just before the rising edge.
  void (*sample)(void* model, RtlPorts* ports);
  void (*edge)(void* model);
  /// "$finish at file:line" if the Verilog has ended its simulation, else null. Nothing moves then.
  const char* (*ended)(void* model);
  /// Selects a fault of the faults build, 0 = none; returns 0 if this build has no faults.
  int (*select_fault)(void* model, int fault);
  /// Writes a VCD of all signals from now on; returns 0 if this build cannot.
  int (*open_trace)(void* model, const char* path);
};
}
