#include "golden/continual/result_json.hpp"

#include <string>

#include <nlohmann/json.hpp>

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

Json head_json(const AccuracyRecord& record) {
  Json head = {{"task_accuracy", record.accuracy},
               {"average_incremental_accuracy", record.average_incremental()},
               {"final_accuracy", record.final()},
               {"forgetting", nullptr}};
  if (const auto forgetting = record.forgetting()) head["forgetting"] = *forgetting;
  return head;
}

Json counters_json(const TrainTotals& totals) {
  Json gemms = Json::object();
  Json operands = Json::object();
  for (int i = 0; i < kGemmKinds; ++i) {
    const GemmTotals& t = totals.gemm[static_cast<std::size_t>(i)];
    gemms[std::string(to_string(static_cast<GemmKind>(i)))] = {
        {"gemms", t.gemms},
        {"macs", t.macs},
        {"tiles", t.tiles},
        {"mac_limited", t.counters.mac_limited},
        {"tile_limited", t.counters.tile_limited},
        {"outer_limited", t.counters.outer_limited},
        {"limited_tile_share", t.limited_tile_share()}};
  }
  for (int i = 0; i < kRoles; ++i) {
    const PrepareTotals& t = totals.prepare[static_cast<std::size_t>(i)];
    if (t.operands == 0) continue;
    operands[std::string(to_string(static_cast<Role>(i)))] = {
        {"operands", t.operands},
        {"codes", t.codes},
        {"codes_at_limit", t.counters.codes_at_limit},
        {"rounded_up", t.counters.rounded_up},
        {"zero_codes", t.counters.zero_codes}};
  }
  // Two of a GEMM's and an operand's names are equal, so they do not share one object.
  return {{"gemms", std::move(gemms)}, {"operands", std::move(operands)}};
}

}  // namespace

Json to_json(const TrainResult& result) {
  Json json = {{"weights_sha256", result.weights_sha256}, {"metric", result.metric}};
  json.update(head_json(result.linear));
  if (!result.linear.class_accuracy.empty()) {
    json["final_by_class"] = result.linear.class_accuracy.back();  // null: no test sample
  }
  if (!result.nearest_mean.accuracy.empty()) json["nearest_mean"] = head_json(result.nearest_mean);
  json["limited_tile_share"] = result.totals.limited_tile_share();
  json["counters"] = counters_json(result.totals);
  if (result.teacher_totals != TrainTotals()) {
    json["teacher_counters"] = counters_json(result.teacher_totals);
  }
  if (!result.details.is_null()) json["constraints"] = result.details;
  json["steps"] = result.steps;
  json["complete"] = result.complete;
  const KeptBytes& kept = result.backward_bytes;
  json["backward_bytes"] = kept.total();
  json["backward_bytes_by_kind"] = {
      {"codes", kept.codes}, {"masks", kept.masks}, {"wide", kept.wide}, {"floats", kept.floats}};
  json["seconds"] = result.seconds;
  return json;
}

}  // namespace sylvester
