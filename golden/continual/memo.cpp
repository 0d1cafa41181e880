// MEMO (Zhou et al., "A Model or 603 Exemplars: Towards Memory-Efficient Class-Incremental
// Learning", ICLR 2023): the first layers are shared by all tasks and stay as the first task leaves
// them, every task has its own last layers.
#include <fmt/format.h>

#include "golden/continual/expanding.hpp"
#include "golden/continual/settings.hpp"
#include "golden/support/error.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

class Memo final : public Expanding {
 public:
  explicit Memo(const TrainSettings& settings) : Expanding(settings) {
    const auto entries = static_cast<int>(settings.layers.size());
    if (settings.shared_layers >= entries) {
      throw UserError(
          fmt::format("continual.shared_layers: value {}; allowed: less than the {} entries of "
                      "network.layers, so that each task has layers of its own",
                      settings.shared_layers, entries));
    }
  }

  Network make(const Shape& input, const Task& task, HostRandom& random) override {
    Network network = make_input(input);
    shared_ = append_layers(network, 0, shared(), settings().bias, random);
    const int first = static_cast<int>(network.nodes.size());
    const int features = append_layers(network, shared_, own(), settings().bias, random);
    add_head(network, features, task.classes, settings().bias, random);
    begin_with(first, network);
    return network;
  }

  void extend(const Task& task, Network& network, HostRandom& random) override {
    append_part(task, shared_, own(), network, random);
  }

 private:
  [[nodiscard]] std::span<const std::string> shared() const {
    return std::span(settings().layers).first(static_cast<std::size_t>(settings().shared_layers));
  }
  [[nodiscard]] std::span<const std::string> own() const {
    return std::span(settings().layers).subspan(static_cast<std::size_t>(settings().shared_layers));
  }

  int shared_ = 0;  // number of the last shared node
};

}  // namespace

std::unique_ptr<Method> make_memo(const TrainSettings& settings) {
  return std::make_unique<Memo>(settings);
}

}  // namespace sylvester
