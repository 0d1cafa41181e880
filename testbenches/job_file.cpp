#include "testbenches/job_file.hpp"

#include <charconv>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "golden/hardware/descriptors.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/in_place.hpp"
#include "golden/support/sha256.hpp"
#include "sim/cycles/faults.hpp"
#include "sim/systemc/faults.hpp"
#include "testbenches/faults.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr int kLongest = 65535;  // of a dimension in a job's descriptor

/// A value of the file and where it stands in it.
class Reader {
 public:
  Reader(const Json& json, std::string place) : json_(json), place_(std::move(place)) {}

  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] Reader at(const std::string& key) const {
    const std::string place = place_.empty() ? key : place_ + "." + key;
    if (!json_.is_object() || !json_.contains(key)) throw UserError(place + " is missing");
    return {json_.at(key), place};
  }
  /// Calls `read` for every element of a list.
  template <typename Read>
  void each(Read read) const {
    if (!json_.is_array()) refuse("a list");
    for (std::size_t i = 0; i < json_.size(); ++i) {
      read(Reader(json_[i], place_ + "[" + std::to_string(i) + "]"));
    }
  }
  [[nodiscard]] std::string text() const {
    if (!json_.is_string()) refuse("a text");
    return json_.get<std::string>();
  }
  [[nodiscard]] bool flag() const {
    if (!json_.is_boolean()) refuse("true, false");
    return json_.get<bool>();
  }
  template <typename Integer>
  [[nodiscard]] Integer integer(Integer least = std::numeric_limits<Integer>::min(),
                                Integer most = std::numeric_limits<Integer>::max()) const {
    // Numbers that are not negative are kept as unsigned ones, the others as signed ones.
    if (json_.is_number_unsigned()) {
      return in_range(json_.get<std::uint64_t>(), least, most);
    }
    if (json_.is_number_integer()) return in_range(json_.get<std::int64_t>(), least, most);
    refuse_number(least, most);
  }
  /// A number that stands in the file as a text, because it may be beyond 2^53.
  [[nodiscard]] std::uint64_t long_integer() const {
    const std::string digits = text();
    std::uint64_t value = 0;
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || rest != digits.data() + digits.size()) {
      refuse("the digits of a number below 2^64");
    }
    return value;
  }
  /// What `parse` makes of the text.
  template <typename Parse>
  [[nodiscard]] auto name(Parse parse) const {
    const std::string value = text();
    return in_place(place_, [&] { return parse(value); });
  }
  [[noreturn]] void refuse(const std::string& allowed) const {
    throw UserError(place_ + " is " + shortened(json_.dump(-1, ' ', true, kReplace)) +
                    "; allowed: " + allowed);
  }

 private:
  static constexpr auto kReplace = Json::error_handler_t::replace;

  template <typename Found, typename Integer>
  [[nodiscard]] Integer in_range(Found found, Integer least, Integer most) const {
    if (std::cmp_less(found, least) || std::cmp_greater(found, most)) refuse_number(least, most);
    return static_cast<Integer>(found);
  }
  template <typename Integer>
  [[noreturn]] void refuse_number(Integer least, Integer most) const {
    refuse("integer " + std::to_string(least) + "..." + std::to_string(most));
  }
  static std::string shortened(const std::string& text) {
    constexpr std::size_t kMost = 40;
    return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
  }

  const Json& json_;
  std::string place_;
};

/// Throws UserError if `given` has a key that `known` has not.
void refuse_unknown_keys(const Json& given, const Json& known, const std::string& place) {
  if (given.is_array()) {
    for (std::size_t i = 0; i < given.size() && !given[i].is_primitive(); ++i) {
      refuse_unknown_keys(given[i], known[i], place + "[" + std::to_string(i) + "]");
    }
  }
  if (!given.is_object()) return;
  for (const auto& [key, value] : given.items()) {
    const std::string inner = place.empty() ? key : place + "." + key;
    if (!known.contains(key)) throw UserError(inner + " is unknown");
    refuse_unknown_keys(value, known.at(key), inner);
  }
}

Json to_json(const Scale& scale) {  // as strings: beyond 2^53
  return {{"num", std::to_string(scale.num)},
          {"den", std::to_string(scale.den)},
          {"exponent", scale.exponent}};
}

Scale read_scale(const Reader& reader) {
  return make_scale(reader.at("num").long_integer(), reader.at("den").long_integer(),
                    reader.at("exponent").integer<std::int32_t>());
}

Json to_json(const PrepareJob& job) {
  const auto& recipe = job.recipe;
  return {{"format", formats()[static_cast<std::size_t>(recipe.format)].name},
          {"block_rule", to_string(recipe.block_rule)},
          {"block", recipe.block},
          {"scale_rule", to_string(recipe.scale)},
          {"rounding", to_string(recipe.rounding)},
          {"random_bits", recipe.random_bits},
          {"sign_role", recipe.sign_role},
          {"max_given", job.max_given},
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

PrepareJob read_prepare_job(const Reader& reader) {
  PrepareJob job;
  auto& recipe = job.recipe;
  recipe.format = reader.at("format").name(format_index);
  recipe.block_rule = reader.at("block_rule").name(block_rule);
  recipe.block = reader.at("block").integer(0, kLongestBlock);
  recipe.scale = reader.at("scale_rule").name(scale_rule);
  recipe.rounding = reader.at("rounding").name(rounding);
  recipe.random_bits = reader.at("random_bits").integer(1, 16);
  recipe.sign_role = reader.at("sign_role").integer<std::uint8_t>();
  job.max_given = reader.at("max_given").integer<std::int32_t>(0);
  recipe.draw.seed = reader.at("seed").integer<std::uint32_t>();
  recipe.draw.step = reader.at("step").integer<std::uint32_t>();
  recipe.draw.layer = reader.at("layer").integer<std::uint16_t>();
  recipe.draw.role = reader.at("role").integer<std::uint8_t>();
  recipe.draw.repetition = reader.at("repetition").integer<std::uint8_t>();
  recipe.index0 = reader.at("index0").integer<std::uint32_t>();
  recipe.stride_line = reader.at("stride_line").integer<std::uint32_t>();
  recipe.stride_k = reader.at("stride_k").integer<std::uint32_t>();
  job.counters = reader.at("counters").name(counter_mode);
  job.input.name = reader.at("name").text();
  job.input.lines = reader.at("lines").integer(1, kLongest);
  job.input.k = reader.at("k").integer(1, kLongest);
  job.input.scale = read_scale(reader.at("scale"));
  reader.at("mantissas").each([&](const Reader& mantissa) {
    job.input.mantissas.push_back(
        static_cast<std::int16_t>(mantissa.integer(-kWideLimit, kWideLimit)));
  });
  return job;
}

Json to_json(const VerifyJob& job) {
  return {{"a", to_json(job.a)},
          {"b", to_json(job.b)},
          {"tile", job.recipe.tile}};  // the rest of the recipe is the hardware's
}

VerifyJob read_verify_job(const Reader& reader, const HardwareParameters& hardware) {
  VerifyJob job;
  job.a = read_prepare_job(reader.at("a"));
  job.b = read_prepare_job(reader.at("b"));
  job.recipe = {hardware.policy, hardware.bits, reader.at("tile").integer(0, kLongest),
                hardware.outer_bits};
  // What would stop the models stops here.
  in_place(reader.place(), [&] {
    for (const PrepareJob* operand : {&job.a, &job.b}) {
      check(*operand);
      describe(hardware, *operand);
    }
    describe_shape(hardware, {.a = std::make_shared<PreparedOperand>(prepared_shape(job.a)),
                              .b = std::make_shared<PreparedOperand>(prepared_shape(job.b)),
                              .recipe = job.recipe,
                              .counters = hardware.counters});
  });
  return job;
}

int read_fault(const Reader& reader, std::size_t faults) {
  return reader.integer(0, static_cast<int>(faults));
}

Json to_json(const JobFile& file) {
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
  return json;
}

JobFile parse_job_file(const std::string& text) {
  const Json json = Json::parse(text);
  const Reader reader(json, "");
  std::ignore = reader.at("schema_version").integer(kSchemaVersion, kSchemaVersion);
  JobFile file;
  file.divergence = reader.at("divergence").text();
  file.batch.configuration = reader.at("configuration").text();
  const HardwareParameters hardware = hardware_from_json(json.value("hardware", Json()));
  file.batch.hardware = hardware;
  const Reader hash = reader.at("hardware_hash");
  if (hash.text() != to_hex(hardware_hash(hardware))) {
    hash.refuse(to_hex(hardware_hash(hardware)) + ", the hash of the file's hardware");
  }
  const Reader stalls = reader.at("stalls");
  file.batch.stalls =
      StallPattern(stalls.at("kind").name(stall_kind), stalls.at("seed").integer<std::uint32_t>());
  const Reader faults = reader.at("faults");
  file.faults.rtl = read_fault(faults.at("rtl"), rtl_faults().size());
  file.faults.systemc = read_fault(faults.at("systemc"), systemc_faults().size());
  file.faults.closed_form = read_fault(faults.at("closed_form"), cycles_faults().size());
  file.rtl_dir = reader.at("rtl_dir").text();
  const Reader jobs = reader.at("jobs");
  jobs.each([&](const Reader& job) { file.batch.jobs.push_back(read_verify_job(job, hardware)); });
  if (file.batch.jobs.empty()) jobs.refuse("at least one job");
  refuse_unknown_keys(json, to_json(file), "");
  return file;
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
               {"signs", hardware.signs},
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
  const Reader reader(json, "hardware");
  HardwareParameters hardware;
  hardware.rows = reader.at("rows").integer<int>();
  hardware.cols = reader.at("cols").integer<int>();
  hardware.bits = reader.at("bits").integer<int>();
  hardware.policy = reader.at("policy").name(accumulate_policy);
  hardware.outer_bits = reader.at("outer_bits").integer<int>();
  hardware.tile_max = reader.at("tile_max").integer<int>();
  hardware.lanes = reader.at("lanes").integer<int>();
  hardware.block_max = reader.at("block_max").integer<int>();
  hardware.random_bits = reader.at("random_bits").integer<int>();
  hardware.signs = reader.at("signs").flag();
  hardware.modes.clear();
  reader.at("modes").each(
      [&](const Reader& mode) { hardware.modes.push_back(mode.name(operand_mode)); });
  hardware.counters = reader.at("counters").name(counter_mode);
  for (const auto& entry : buffer_entries()) {
    hardware.buffers.*entry.value = reader.at("buffers").at(std::string(entry.name)).integer<int>();
  }
  for (const auto& entry : latency_entries()) {
    hardware.latency.*entry.value = reader.at("latency").at(std::string(entry.name)).integer<int>();
  }
  check(hardware);
  return hardware;
}

void write_job_file(const std::filesystem::path& path, const JobFile& file) {
  // Names of the user may be no UTF-8.
  write_file(path, to_json(file).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

JobFile read_job_file(const std::filesystem::path& path) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 26;
  const std::string text = read_file(path, kMostBytes);
  return in_place(path.string() + ": not a job file", [&] {
    try {
      return parse_job_file(text);
    } catch (const Json::parse_error& error) {
      throw UserError("not JSON from byte " + std::to_string(error.byte) + " on");
    } catch (const Json::exception& error) {
      throw UserError(error.what());
    }
  });
}

}  // namespace sylvester
