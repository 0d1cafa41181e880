#include "golden/continual/run_state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "golden/support/error.hpp"
#include "golden/support/state_file.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::json;

// Into a vector that has its size already.
void read_values(const Json& state, std::vector<float>& values) {
  std::vector<float> read = from_binary<float>(state);
  if (read.size() != values.size()) {
    throw UserError("the saved state belongs to a network of another shape");
  }
  values = std::move(read);
}

void require_size(const Json& list, std::size_t size) {
  if (!list.is_array() || list.size() != size) {
    throw UserError("the saved state belongs to a network of another shape");
  }
}

}  // namespace

Json to_state(const Network& network) {
  Json nodes = Json::array();
  for (const Node& node : network.nodes) {
    Json tensors = Json::array();
    for (const std::vector<float>* tensor : tensors_of(node)) tensors.push_back(to_binary(*tensor));
    nodes.push_back(std::move(tensors));
  }
  return nodes;
}

void from_state(const Json& state, Network& network) {
  require_size(state, network.nodes.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const auto tensors = tensors_of(network.nodes[n]);
    require_size(state[n], tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) read_values(state[n][i], *tensors[i]);
  }
}

Json to_state(const Sgd::Velocity& velocity) {
  Json nodes = Json::array();
  for (const Sgd::NodeVelocity& node : velocity) {
    nodes.push_back({to_binary(node.weight), to_binary(node.bias)});
  }
  return nodes;
}

void from_state(const Json& state, Sgd::Velocity& velocity) {
  require_size(state, velocity.size());
  for (std::size_t n = 0; n < velocity.size(); ++n) {
    require_size(state[n], 2);
    read_values(state[n][0], velocity[n].weight);
    read_values(state[n][1], velocity[n].bias);
  }
}

Json to_state(const ExemplarMemory& memory) {
  Json exemplars = Json::array();
  Json means = Json::array();
  for (const auto& list : memory.exemplars()) exemplars.push_back(to_binary(list));
  for (const auto& mean : memory.means()) means.push_back(to_binary(mean));
  return {{"exemplars", std::move(exemplars)}, {"means", std::move(means)}};
}

void from_state(const Json& state, const std::vector<std::vector<int>>& by_class,
                ExemplarMemory& memory) {
  std::vector<std::vector<int>> exemplars;
  std::vector<std::vector<double>> means;
  for (const Json& list : state.at("exemplars")) exemplars.push_back(from_binary<int>(list));
  for (const Json& mean : state.at("means")) means.push_back(from_binary<double>(mean));
  bool fits = exemplars.size() <= by_class.size() && means.size() == exemplars.size();
  for (std::size_t c = 0; fits && c < exemplars.size(); ++c) {
    for (const int sample : exemplars[c]) {
      fits = fits && std::binary_search(by_class[c].begin(), by_class[c].end(), sample);
    }
  }
  if (!fits) throw UserError("the saved state belongs to a run with other samples");
  memory.restore(std::move(exemplars), std::move(means));
}

Json to_state(const AccuracyRecord& record) {
  return {{"accuracy", record.accuracy}, {"class_accuracy", record.class_accuracy}};
}

void from_state(const Json& state, AccuracyRecord& record) {
  state.at("accuracy").get_to(record.accuracy);
  state.at("class_accuracy").get_to(record.class_accuracy);
}

Json to_state(PdqatTrainer& trainer) {
  const Duals& duals = trainer.duals();
  return {{"layer_duals", to_binary(duals.layers)},
          {"output_dual", to_binary(std::vector<double>{duals.output})},
          {"accumulator_duals", to_binary(duals.accumulators)},
          {"high_network", to_state(trainer.high_network())},
          {"high_velocity", to_state(trainer.high_sgd().velocity())}};
}

void from_state(const Json& state, PdqatTrainer& trainer) {
  const std::size_t layers = trainer.duals().layers.size();
  Duals duals{.layers = from_binary<double>(state.at("layer_duals")),
              .output = 0.0,
              .accumulators = from_binary<double>(state.at("accumulator_duals"))};
  const std::vector<double> output = from_binary<double>(state.at("output_dual"));
  if (duals.layers.size() != layers || duals.accumulators.size() != layers || output.size() != 1) {
    throw UserError("the saved state belongs to a network with other constraints");
  }
  duals.output = output.front();
  trainer.set_duals(std::move(duals));
  from_state(state.at("high_network"), trainer.high_network());
  Sgd::Velocity velocity = trainer.high_sgd().velocity();
  from_state(state.at("high_velocity"), velocity);
  trainer.high_sgd().restore(std::move(velocity));
}

Json to_state(const TrainTotals& totals) {
  Json gemms = Json::array();
  for (const GemmTotals& t : totals.gemm) {
    gemms.push_back({t.gemms, t.macs, t.tiles, t.counters.mac_limited, t.counters.tile_limited,
                     t.counters.outer_limited});
  }
  Json operands = Json::array();
  for (const PrepareTotals& t : totals.prepare) {
    operands.push_back({t.operands, t.codes, t.counters.codes_at_limit, t.counters.rounded_up,
                        t.counters.zero_codes});
  }
  return {{"gemms", std::move(gemms)}, {"operands", std::move(operands)}};
}

void from_state(const Json& state, TrainTotals& totals) {
  for (std::size_t i = 0; i < totals.gemm.size(); ++i) {
    GemmTotals& t = totals.gemm[i];
    std::uint64_t* const fields[] = {&t.gemms,
                                     &t.macs,
                                     &t.tiles,
                                     &t.counters.mac_limited,
                                     &t.counters.tile_limited,
                                     &t.counters.outer_limited};
    for (std::size_t f = 0; f < std::size(fields); ++f) {
      state.at("gemms").at(i).at(f).get_to(*fields[f]);
    }
  }
  for (std::size_t i = 0; i < totals.prepare.size(); ++i) {
    PrepareTotals& t = totals.prepare[i];
    std::uint64_t* const fields[] = {&t.operands, &t.codes, &t.counters.codes_at_limit,
                                     &t.counters.rounded_up, &t.counters.zero_codes};
    for (std::size_t f = 0; f < std::size(fields); ++f) {
      state.at("operands").at(i).at(f).get_to(*fields[f]);
    }
  }
}

}  // namespace sylvester
