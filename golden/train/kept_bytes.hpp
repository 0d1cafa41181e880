// What a training step keeps from the forward to the backward pass.
#pragma once

#include <cstdint>

namespace sylvester {

/// What the backward pass asks of a layer.
struct LayerGradients {
  bool dx = false;  ///< of its input
  bool dw = false;  ///< of its weights
};

/// In bytes, by kind; every tensor begins with a new byte.
struct KeptBytes {
  std::uint64_t codes = 0;   ///< operands in their format's bits
  std::uint64_t masks = 0;   ///< signs of ReLUs, and which value was a window's largest
  std::uint64_t wide = 0;    ///< 16-bit mantissas
  std::uint64_t floats = 0;  ///< float32

  [[nodiscard]] std::uint64_t total() const { return codes + masks + wide + floats; }
  KeptBytes& operator+=(const KeptBytes& other) {
    codes += other.codes;
    masks += other.masks;
    wide += other.wide;
    floats += other.floats;
    return *this;
  }
  friend bool operator==(const KeptBytes&, const KeptBytes&) = default;
};

}  // namespace sylvester
