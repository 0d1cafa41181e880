// Parts of a class-incremental run as parts of a state file. Reading throws
// nlohmann::json::exception or UserError if a part does not fit.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "golden/continual/exemplar_memory.hpp"
#include "golden/continual/metrics.hpp"
#include "golden/pdqat/trainer.hpp"
#include "golden/train/network.hpp"
#include "golden/train/sgd.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

/// The numbers of all nodes; the graph itself is not part of it.
nlohmann::json to_state(const Network& network);
/// Into a network of the same graph.
void from_state(const nlohmann::json& state, Network& network);

nlohmann::json to_state(const Sgd::Velocity& velocity);
/// Into the velocity of a network of the same shape.
void from_state(const nlohmann::json& state, Sgd::Velocity& velocity);

nlohmann::json to_state(const ExemplarMemory& memory);
/// by_class: the training samples of every class, of which the exemplars must be.
void from_state(const nlohmann::json& state, const std::vector<std::vector<int>>& by_class,
                ExemplarMemory& memory);

nlohmann::json to_state(const AccuracyRecord& record);
void from_state(const nlohmann::json& state, AccuracyRecord& record);

nlohmann::json to_state(PdqatTrainer& trainer);
/// Into a trainer of the same settings that has begun with the same network.
void from_state(const nlohmann::json& state, PdqatTrainer& trainer);

nlohmann::json to_state(const TrainTotals& totals);
void from_state(const nlohmann::json& state, TrainTotals& totals);

}  // namespace sylvester
