// Payloads of the streams inside the accelerator as numbers, and their bits.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/hardware/bits.hpp"
#include "golden/hardware/model.hpp"

namespace sylvester {

/// One number per lane.
using Lanes = std::vector<std::int32_t>;

/// `a_feed`, `b_feed`: one k of R or C lines.
struct FeedBeat {
  std::vector<std::int8_t> codes;
  bool release = false;
};

/// `partials`: one row of a finished tile.
struct PartialRow {
  std::vector<std::int32_t> partial;
  std::vector<std::int32_t> limited_macs;
  std::vector<std::uint8_t> limited;
  bool line_last = false;
};

/// Values of a done payload in the order of its fields; prepare_done has 4, gemm_done 3.
using DoneFields = std::vector<std::uint64_t>;

/// Elements of `bits` bits, two's complement, from `position` on.
template <typename Element>
void pack_elements(const std::vector<Element>& elements, int bits, std::size_t position,
                   Payload& out) {
  for (const Element element : elements) {
    put_bits(out, position, bits, static_cast<std::uint32_t>(std::int32_t{element}));
    position += static_cast<std::size_t>(bits);
  }
}

template <typename Element>
void unpack_elements(const Payload& in, int bits, std::vector<Element>& elements) {
  std::size_t position = 0;
  for (Element& element : elements) {
    element = static_cast<Element>(get_signed_bits(in, position, bits));
    position += static_cast<std::size_t>(bits);
  }
}

}  // namespace sylvester
