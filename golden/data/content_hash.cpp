#include "golden/data/content_hash.hpp"

#include <cstdint>
#include <limits>

#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

static_assert(std::numeric_limits<float>::is_iec559, "the hash is over IEEE 754 binary32 words");

}  // namespace

std::string content_hash(const Dataset& dataset) {
  Sha256 hash;
  update_words(hash, std::span(dataset.x));
  update_words(hash, std::span(dataset.label));
  update_words(hash, std::span(dataset.subject));
  return to_hex(hash.digest());
}

}  // namespace sylvester
