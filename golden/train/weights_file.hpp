// Weights of a network as a .npz file: what a run leaves, and what another one begins with.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "golden/train/network.hpp"

namespace sylvester {

/// Arrays of float32, numbered in the order of the nodes: layer-<l>-weight (outputs x inputs, of a
/// convolution outputs x kernel rows x kernel columns x channels) and -bias, of normalisations
/// norm-<n>-weight, -bias, -mean and -variance, position-<p>-weight (positions x channels).
std::string weights_npz(const Network& network);

/// Such a file, read to begin with.
class InitialWeights {
 public:
  /// Throws UserError: no archive, arrays that are not of finite floats.
  static std::shared_ptr<const InitialWeights> read(const std::filesystem::path& path);

  /// Puts the numbers into a network that has exactly these arrays. Throws UserError naming the
  /// file, the array and what the network needs.
  void put_into(Network& network) const;

  /// Of the file.
  [[nodiscard]] const std::string& sha256() const { return sha256_; }

 private:
  struct Array {
    std::vector<std::size_t> shape;
    std::vector<float> values;
  };

  std::string file_;
  std::string sha256_;
  std::map<std::string, Array> arrays_;
};

}  // namespace sylvester
