// DER (Yan, Xie, He, "DER: Dynamically Expandable Representation for Class Incremental Learning",
// CVPR 2021): every task has a backbone of its own, which begins with the weights of the one
// before. Without the paper's channel masks, as in the published HDQT code.
#include "golden/continual/expanding.hpp"
#include "golden/continual/settings.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

class Der final : public Expanding {
 public:
  explicit Der(const TrainSettings& settings) : Expanding(settings) {
    if (settings.layers.empty()) {
      throw UserError(
          "network.layers: value []; allowed with continual.method der: at least one layer, for "
          "each "
          "task has layers of its own");
    }
  }

  Network make(const Shape& input, const Task& task, HostRandom& random) override {
    Network network = Method::make(input, task, random);
    begin_with(1, network);
    return network;
  }

  void extend(const Task& task, Network& network, HostRandom& random) override {
    append_part(task, 0, settings().layers, network, random);
  }
};

}  // namespace

std::unique_ptr<Method> make_der(const TrainSettings& settings) {
  return std::make_unique<Der>(settings);
}

}  // namespace sylvester
