#include "golden/train/weights_file.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/npz.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

using ArrayShape = std::vector<std::size_t>;

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

ArrayShape weight_shape(const Node& node) {
  if (node.kind == NodeKind::kPosition) {
    return {as_size(node.shape.positions()), as_size(node.shape.channels)};
  }
  if (node.k == 0) return {node.weight.size()};
  if (node.kind != NodeKind::kConv) return {as_size(node.outputs()), as_size(node.k)};
  const Extent& kernel = node.window.kernel;
  return {as_size(node.outputs()), as_size(kernel.height), as_size(kernel.width),
          as_size(node.k / kernel.area())};
}

std::string shape_text(const ArrayShape& shape) {
  return fmt::format("{}", fmt::join(shape, " x "));
}

// Calls use(name, shape, values) for every tensor of the network; one list for both directions.
template <typename AnyNetwork, typename Use>
void for_arrays(AnyNetwork& network, const Use& use) {
  int layers = 0, norms = 0, positions = 0;
  for (auto& node : network.nodes) {
    if (node.weight.empty()) continue;
    const std::string name = node.k > 0 ? fmt::format("layer-{}", layers++)
                             : node.kind == NodeKind::kPosition
                                 ? fmt::format("position-{}", positions++)
                                 : fmt::format("norm-{}", norms++);
    const auto add = [&](const char* part, ArrayShape shape, auto& values) {
      if (!values.empty()) use(fmt::format("{}-{}", name, part), std::move(shape), values);
    };
    add("weight", weight_shape(node), node.weight);
    add("bias", {node.bias.size()}, node.bias);
    add("mean", {node.running_mean.size()}, node.running_mean);
    add("variance", {node.running_variance.size()}, node.running_variance);
  }
}

}  // namespace

std::string weights_npz(const Network& network) {
  std::vector<std::pair<std::string, std::string>> files;
  for_arrays(network, [&](std::string name, ArrayShape shape, const std::vector<float>& values) {
    files.emplace_back(std::move(name), npy_bytes({.name = {},
                                                   .is_float = true,
                                                   .shape = std::move(shape),
                                                   .integers = {},
                                                   .floats = {values.begin(), values.end()}},
                                                  NpyType::kFloat32));
  });
  return npz_bytes(files);
}

std::shared_ptr<const InitialWeights> InitialWeights::read(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  auto weights = std::make_shared<InitialWeights>();
  weights->file_ = path.string();
  weights->sha256_ = sha256_hex(bytes);
  const Npz npz = Npz::parse(std::move(bytes), weights->file_);
  for (const std::string& name : npz.names()) {
    const auto refuse = [&](const std::string& what) {
      throw UserError(fmt::format("{}: {}", weights->file_, what));
    };
    NpyArray read;
    try {
      read = npz.array(name);
    } catch (const UserError& error) {
      refuse(error.what());
    }
    if (!read.is_float) refuse(fmt::format("array '{}' has integers; allowed: floats", name));
    Array array{.shape = std::move(read.shape), .values = {}};
    array.values.reserve(read.floats.size());
    for (const double value : read.floats) {
      if (!(std::fabs(value) <= static_cast<double>(std::numeric_limits<float>::max()))) {
        refuse(fmt::format("array '{}' holds {}; allowed: finite float32 numbers", name, value));
      }
      array.values.push_back(static_cast<float>(value));
    }
    weights->arrays_.emplace(name, std::move(array));
  }
  return weights;
}

void InitialWeights::put_into(Network& network) const {
  std::size_t used = 0;
  const auto refuse = [&](const std::string& what) {
    throw UserError(fmt::format("{}: is not of this network: {}", file_, what));
  };
  for_arrays(network,
             [&](const std::string& name, const ArrayShape& shape, std::vector<float>& values) {
               const auto found = arrays_.find(name);
               if (found == arrays_.end()) refuse(fmt::format("array '{}' is missing", name));
               const Array& array = found->second;
               if (array.shape != shape) {
                 refuse(fmt::format("array '{}' has the shape {}; allowed: {}", name,
                                    shape_text(array.shape), shape_text(shape)));
               }
               values = array.values;
               ++used;
             });
  if (used == arrays_.size()) return;
  std::map<std::string, Array> left = arrays_;
  for_arrays(network, [&](const std::string& name, const ArrayShape&, std::vector<float>&) {
    left.erase(name);
  });
  refuse(fmt::format("array '{}' has no place in it", left.begin()->first));
}

}  // namespace sylvester
