#include "testbenches/job_file.hpp"

#include <nlohmann/json.hpp>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

Json to_json(const Scale& scale) {  // as strings: beyond 2^53
  return {{"num", std::to_string(scale.num)},
          {"den", std::to_string(scale.den)},
          {"exponent", scale.exponent}};
}

Scale scale_from_json(const Json& json) {
  return make_scale(std::stoull(json.at("num").get<std::string>()),
                    std::stoull(json.at("den").get<std::string>()),
                    json.at("exponent").get<std::int64_t>());
}

Json to_json(const PrepareJob& job) {
  const auto& recipe = job.recipe;
  return {{"format", formats()[static_cast<std::size_t>(recipe.format)].name},
          {"block_rule", to_string(recipe.block_rule)},
          {"block", recipe.block},
          {"scale_rule", to_string(recipe.scale)},
          {"rounding", to_string(recipe.rounding)},
          {"random_bits", recipe.random_bits},
          {"seed", recipe.draw.seed},
          {"step", recipe.draw.step},
          {"layer", recipe.draw.layer},
          {"role", recipe.draw.role},
          {"repetition", recipe.draw.repetition},
          {"index0", recipe.index0},
          {"stride_line", recipe.stride_line},
          {"stride_k", recipe.stride_k},
          {"counters", to_string(job.counters)},
          {"name", job.input.name},
          {"lines", job.input.lines},
          {"k", job.input.k},
          {"scale", to_json(job.input.scale)},
          {"mantissas", job.input.mantissas}};
}

PrepareJob prepare_job_from_json(const Json& json) {
  PrepareJob job;
  auto& recipe = job.recipe;
  recipe.format = format_index(json.at("format").get<std::string>());
  recipe.block_rule = block_rule(json.at("block_rule").get<std::string>());
  json.at("block").get_to(recipe.block);
  recipe.scale = scale_rule(json.at("scale_rule").get<std::string>());
  recipe.rounding = rounding(json.at("rounding").get<std::string>());
  json.at("random_bits").get_to(recipe.random_bits);
  json.at("seed").get_to(recipe.draw.seed);
  json.at("step").get_to(recipe.draw.step);
  json.at("layer").get_to(recipe.draw.layer);
  json.at("role").get_to(recipe.draw.role);
  json.at("repetition").get_to(recipe.draw.repetition);
  json.at("index0").get_to(recipe.index0);
  json.at("stride_line").get_to(recipe.stride_line);
  json.at("stride_k").get_to(recipe.stride_k);
  job.counters = counter_mode(json.at("counters").get<std::string>());
  json.at("name").get_to(job.input.name);
  json.at("lines").get_to(job.input.lines);
  json.at("k").get_to(job.input.k);
  job.input.scale = scale_from_json(json.at("scale"));
  json.at("mantissas").get_to(job.input.mantissas);
  return job;
}

Json to_json(const VerifyJob& job) {
  return {{"a", to_json(job.a)},
          {"b", to_json(job.b)},
          {"tile", job.recipe.tile}};  // the rest of the recipe is the hardware's
}

}  // namespace

Json to_json(const HardwareParameters& hardware) {
  std::vector<std::string> mode_names;
  for (const OperandMode& mode : hardware.modes) mode_names.push_back(to_string(mode));
  Json json = {{"rows", hardware.rows},
               {"cols", hardware.cols},
               {"bits", hardware.bits},
               {"policy", to_string(hardware.policy)},
               {"outer_bits", hardware.outer_bits},
               {"tile_max", hardware.tile_max},
               {"lanes", hardware.lanes},
               {"block_max", hardware.block_max},
               {"random_bits", hardware.random_bits},
               {"modes", mode_names},
               {"counters", to_string(hardware.counters)}};
  for (const auto& entry : buffer_entries()) {
    json["buffers"][std::string(entry.name)] = hardware.buffers.*entry.value;
  }
  for (const auto& entry : latency_entries()) {
    json["latency"][std::string(entry.name)] = hardware.latency.*entry.value;
  }
  return json;
}

HardwareParameters hardware_from_json(const Json& json) {
  HardwareParameters hardware;
  json.at("rows").get_to(hardware.rows);
  json.at("cols").get_to(hardware.cols);
  json.at("bits").get_to(hardware.bits);
  hardware.policy = accumulate_policy(json.at("policy").get<std::string>());
  json.at("outer_bits").get_to(hardware.outer_bits);
  json.at("tile_max").get_to(hardware.tile_max);
  json.at("lanes").get_to(hardware.lanes);
  json.at("block_max").get_to(hardware.block_max);
  json.at("random_bits").get_to(hardware.random_bits);
  hardware.modes.clear();
  for (const auto& mode : json.at("modes")) {
    hardware.modes.push_back(operand_mode(mode.get<std::string>()));
  }
  hardware.counters = counter_mode(json.at("counters").get<std::string>());
  for (const auto& entry : buffer_entries()) {
    json.at("buffers").at(std::string(entry.name)).get_to(hardware.buffers.*entry.value);
  }
  for (const auto& entry : latency_entries()) {
    json.at("latency").at(std::string(entry.name)).get_to(hardware.latency.*entry.value);
  }
  check(hardware);
  return hardware;
}

void write_job_file(const std::filesystem::path& path, const JobFile& file) {
  const Batch& batch = file.batch;
  Json json = {
      {"schema_version", kSchemaVersion},
      {"divergence", file.divergence},
      {"configuration", batch.configuration},
      {"hardware_hash", to_hex(hardware_hash(batch.hardware))},
      {"hardware", to_json(batch.hardware)},
      {"stalls", {{"kind", to_string(batch.stalls.kind())}, {"seed", batch.stalls.seed()}}},
      {"faults",
       {{"rtl", file.faults.rtl},
        {"systemc", file.faults.systemc},
        {"closed_form", file.faults.closed_form}}},
      {"rtl_dir", file.rtl_dir.string()},
      {"jobs", Json::array()}};
  for (const auto& job : batch.jobs) json["jobs"].push_back(to_json(job));
  write_file(path, json.dump() + "\n");
}

JobFile read_job_file(const std::filesystem::path& path) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 28;
  const std::string text = read_file(path, kMostBytes);
  try {
    const Json json = Json::parse(text);
    const int version = json.at("schema_version").get<int>();
    if (version != kSchemaVersion) {
      throw UserError(path.string() + ": schema_version is " + std::to_string(version) +
                      ", allowed is " + std::to_string(kSchemaVersion));
    }
    JobFile file;
    json.at("divergence").get_to(file.divergence);
    json.at("configuration").get_to(file.batch.configuration);
    file.batch.hardware = hardware_from_json(json.at("hardware"));
    file.batch.stalls = StallPattern(stall_kind(json.at("stalls").at("kind").get<std::string>()),
                                     json.at("stalls").at("seed").get<std::uint32_t>());
    json.at("faults").at("rtl").get_to(file.faults.rtl);
    json.at("faults").at("systemc").get_to(file.faults.systemc);
    json.at("faults").at("closed_form").get_to(file.faults.closed_form);
    file.rtl_dir = json.at("rtl_dir").get<std::string>();
    const auto& hardware = file.batch.hardware;
    for (const auto& entry : json.at("jobs")) {
      VerifyJob job;
      job.a = prepare_job_from_json(entry.at("a"));
      job.b = prepare_job_from_json(entry.at("b"));
      job.recipe = {hardware.policy, hardware.bits, entry.at("tile").get<int>(),
                    hardware.outer_bits};
      file.batch.jobs.push_back(std::move(job));
    }
    if (file.batch.jobs.empty()) throw UserError(path.string() + ": holds no job");
    return file;
  } catch (const nlohmann::json::exception& error) {
    throw UserError(path.string() + ": not a job file: " + error.what());
  } catch (const std::logic_error& error) {  // std::stoull
    throw UserError(path.string() + ": not a job file: " + error.what());
  }
}

}  // namespace sylvester
