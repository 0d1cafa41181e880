#include "rtl_gen/top.hpp"

#include <span>

#include <fmt/core.h>

#include "golden/hardware/descriptors.hpp"
#include "rtl_gen/naming.hpp"

namespace sylvester::rtl {
namespace {

// CountBits of the top, written out where constants of the body cannot stand (port widths).
constexpr const char* kCountBits = "((Counters == 2) ? $clog2(TileMax + 1) : 1)";

const StreamInfo& info(Stream stream) { return streams()[static_cast<std::size_t>(stream)]; }
bool from_host(const StreamInfo& stream) { return stream.producer == "host"; }
bool to_host(const StreamInfo& stream) { return stream.consumer == "host"; }

// PartialBits likewise: a pass over nibbles may leave the array in more than P bits.
constexpr const char* kPartialBits = "((PassBits > AccBits) ? PassBits : AccBits)";
// The sum of a tile's passes, exact before `clamp` limits it.
constexpr const char* kSumBits =
    "((Policy == 2 && $clog2(TileMax * 16129 + 1) + 1 > AccBits) ? "
    "$clog2(TileMax * 16129 + 1) + 1 : AccBits)";

class TopBuilder {
 public:
  TopBuilder(const HardwareParameters& hardware, bool verification) : verification_(verification) {
    module_.name = verification ? kVerifyTopName : kTopName;
    module_.purpose =
        "Sylvester accelerator: a prepare unit (wide matrices to operand codes) and a GEMM unit\n"
        "(codes to integer results), each behind a stream of jobs.";
    if (verification) {
      module_.purpose +=
          " Verification build: bit s of stall_i\n"
          "stalls stream s; the probes show every stream as its producer sees it.";
    }
    module_.purpose +=
        "\nEvery stream moves a beat when valid and ready are high. Job and done payloads are\n"
        "packed lowest field first: see the slices below. Generated; parameters may be "
        "overridden,\n"
        "then HardwareHash no longer names the hardware.";
    module_.parameters = top_parameters(hardware);
  }

  Module build() {
    ports();
    module_.constants = {{"CountBits", kCountBits},
                         {"PartialBits", kPartialBits},
                         {"SumBits", kSumBits},
                         {"PrepareJobBits", total_bits(prepare_job_fields())},
                         {"PrepareDoneBits", total_bits(prepare_done_fields())},
                         {"GemmJobBits", total_bits(gemm_job_fields())},
                         {"GemmDoneBits", total_bits(gemm_done_fields())}};
    module_.requirements = {
        {"Nibbles == 1 || AValueBits >= ABits && BValueBits >= BBits",
         "illegal_value_narrower_than_its_code"},
        {"Nibbles == 0 || ABits == 8 && BBits == 8 && CodeBits == 8 && QuotientBits == 8 && "
         "AValueBits >= 5 && BValueBits >= 5 && LargestProduct >= 225 && Multiply == 1",
         "illegal_width_for_nibbles"},
        {"Nibbles == 0 || Policy != 2 || PassBits == $clog2(TileMax * 225 + 1) + 1",
         "illegal_PassBits_not_those_of_a_pass"},
        {"PassBits == 0 || Nibbles == 1 && Policy == 2", "illegal_PassBits_without_exact_passes"},
        {"ABits <= CodeBits && BBits <= CodeBits", "illegal_CodeBits_below_a_code"},
        {"CodeBits == 5 || CodeBits == 8 && QuotientBits == 8", "illegal_CodeBits_not_5_or_8"},
        {"LargestProduct >= (1 << AValueBits - 2) * (1 << BValueBits - 2)",
         "illegal_LargestProduct_below_the_values_product"},
        {"QuotientBits >= AValueBits - 1 && QuotientBits >= BValueBits - 1",
         "illegal_QuotientBits_below_the_values_bits"},
        {"Multiply == 1 || Shift == 1 && AListed + BListed > 0", "illegal_no_product"},
        {"OuterBits >= AccBits", "illegal_OuterBits_below_AccBits"},
        {"(BlockMax & BlockMax - 1) == 0", "illegal_BlockMax_not_a_power_of_two"}};
    assign("hardware_hash_o", "HardwareHash");
    stream_nets();
    prepare_unit();
    gemm_unit();
    if (verification_) probes();
    return std::move(module_);
  }

 private:
  using Connections = std::vector<Connection>;

  void section(const std::string& text) { module_.items.push_back(Section{text}); }
  void net(const std::string& name, const Expression& width = 1) {
    module_.items.push_back(Net{name, width});
  }
  void net_is(const std::string& name, const Expression& width, const Expression& value) {
    module_.items.push_back(Net{name, width, value});
  }
  void assign(const std::string& target, const Expression& value) {
    module_.items.push_back(Assign{target, value});
  }
  void instance(const std::string& module, const std::string& name, const Connections& parameters,
                std::initializer_list<Connections> groups) {
    Instance result{module, name, parameters, {}};
    for (const auto& group : groups) {
      result.ports.insert(result.ports.end(), group.begin(), group.end());
    }
    module_.items.push_back(std::move(result));
  }

  void ports() {
    auto& ports = module_.ports;
    ports = {{Direction::kInput, "clk_i"}, {Direction::kInput, "rst_ni"}};
    if (verification_) ports.push_back({Direction::kInput, "stall_i", kStreams});
    for (const auto& stream : streams()) {
      const std::string name(stream.name);
      if (!from_host(stream) && !to_host(stream)) continue;
      const bool in = from_host(stream);
      const auto forward = in ? Direction::kInput : Direction::kOutput;
      const auto backward = in ? Direction::kOutput : Direction::kInput;
      ports.push_back({forward, name + (in ? "_valid_i" : "_valid_o")});
      ports.push_back({backward, name + (in ? "_ready_o" : "_ready_i")});
      ports.push_back({forward, name + (in ? "_data_i" : "_data_o"), stream_width(stream.stream)});
    }
    ports.push_back({Direction::kOutput, "hardware_hash_o", 64});
    if (!verification_) return;
    for (const auto& stream : streams()) {
      const std::string name = "probe_" + std::string(stream.name);
      ports.push_back({Direction::kOutput, name + "_valid_o"});
      ports.push_back({Direction::kOutput, name + "_ready_o"});
      ports.push_back({Direction::kOutput, name + "_data_o", stream_width(stream.stream)});
    }
  }

  /// What a stream's wires are called.
  struct Ends {
    std::string valid, ready, data;
  };
  [[nodiscard]] Ends producer_end(const StreamInfo& stream) const {
    const std::string name(stream.name);
    if (from_host(stream)) return {name + "_valid_i", name + "_ready_o", name + "_data_i"};
    if (to_host(stream) && !verification_) {
      return {name + "_valid_o", name + "_ready_i", name + "_data_o"};
    }
    return {name + "_valid", name + "_ready", to_host(stream) ? name + "_data_o" : name + "_data"};
  }
  [[nodiscard]] Ends consumer_end(const StreamInfo& stream) const {
    const std::string name(stream.name);
    Ends ends = producer_end(stream);
    if (!verification_) return ends;
    if (to_host(stream)) return {name + "_valid_o", name + "_ready_i", ends.data};
    return {"gated_" + name + "_valid", "gated_" + name + "_ready", ends.data};
  }

  /// Connections of the block that drives a stream, with the block's own name of the port.
  [[nodiscard]] Connections drives(Stream stream, const std::string& port) const {
    const Ends ends = producer_end(info(stream));
    return {{port + "_valid_o", ends.valid},
            {port + "_ready_i", ends.ready},
            {port + "_data_o", ends.data}};
  }
  [[nodiscard]] Connections takes(Stream stream, const std::string& port) const {
    const Ends ends = consumer_end(info(stream));
    return {{port + "_valid_i", ends.valid},
            {port + "_ready_o", ends.ready},
            {port + "_data_i", ends.data}};
  }

  void stream_nets() {
    section("Streams.");
    for (const auto& stream : streams()) {
      const Ends producer = producer_end(stream);
      if (!from_host(stream) && (!to_host(stream) || verification_)) {
        net(producer.valid);
        net(producer.ready);
        if (!to_host(stream)) net(producer.data, stream_width(stream.stream));
      }
      if (verification_ && !to_host(stream)) {
        net(consumer_end(stream).valid);
        net(consumer_end(stream).ready);
      }
    }
    if (!verification_) return;
    section("Stall gates.");
    for (const auto& stream : streams()) {
      const Ends producer = producer_end(stream);
      const Ends consumer = consumer_end(stream);
      const auto bit = std::to_string(static_cast<int>(stream.stream));
      instance("stream_gate", "u_gate_" + std::string(stream.name), {},
               {{{"stall_i", "stall_i[" + bit + "]"},
                 {"valid_i", producer.valid},
                 {"ready_o", producer.ready},
                 {"valid_o", consumer.valid},
                 {"ready_i", consumer.ready}}});
    }
  }

  void probes() {
    section("Probes.");
    for (const auto& stream : streams()) {
      const Ends ends = producer_end(stream);
      const std::string name = "probe_" + std::string(stream.name);
      assign(name + "_valid_o", ends.valid);
      assign(name + "_ready_o", ends.ready);
      assign(name + "_data_o", ends.data);
    }
  }

  /// Slices a descriptor into nets `<unit>_<field>`.
  void field_nets(const std::string& unit, std::span<const DescriptorField> fields) {
    int low = 0;
    for (const auto& field : fields) {
      net_is(unit + "_" + std::string(field.name), field.bits,
             unit + "_descriptor[" + std::to_string(low + field.bits - 1) + ":" +
                 std::to_string(low) + "]");
      low += field.bits;
    }
  }
  /// Nets `<unit>_<field>` of a done payload, and the payload.
  void result_nets(const std::string& unit, std::span<const DescriptorField> fields) {
    for (const auto& field : fields) net(unit + "_" + std::string(field.name), field.bits);
  }
  static Expression packed(const std::string& unit, std::span<const DescriptorField> fields) {
    Expression result(Expression::Kind::kConcat);
    for (const auto& field : fields) {
      result.operands.insert(result.operands.begin(), unit + "_" + std::string(field.name));
    }
    return result;
  }
  /// Ports `<field>_i` (or _o) of a block at the nets `<unit>_<field>`.
  static Connections fields(const std::string& unit, const std::string& suffix,
                            std::initializer_list<const char*> names) {
    Connections result;
    for (const std::string name : names) result.push_back({name + suffix, unit + "_" + name});
    return result;
  }
  static Connections clocked() { return {{"clk_i", "clk_i"}, {"rst_ni", "rst_ni"}}; }

  void job_control(const std::string& unit, Stream job, Stream done,
                   std::span<const DescriptorField> job_fields,
                   std::span<const DescriptorField> done_fields) {
    const std::string prefix = camel_case(unit);
    section("Job control of the " + unit + " unit, and the fields of its descriptor.");
    net(unit + "_descriptor", prefix + "JobBits");
    net(unit + "_control_run");
    net(unit + "_finished");
    result_nets(unit, done_fields);
    instance("job_control", "u_" + unit + "_control",
             {{"JobBits", prefix + "JobBits"}, {"DoneBits", prefix + "DoneBits"}},
             {clocked(),
              takes(job, "job"),
              {{"job_o", unit + "_descriptor"},
               {"run_o", unit + "_control_run"},
               {"finished_i", unit + "_finished"},
               {"done_data_i", packed(unit, done_fields)}},
              drives(done, "done")});
    field_nets(unit, job_fields);
  }

  void prepare_unit() {
    job_control("prepare", Stream::kPrepareJob, Stream::kPrepareDone, prepare_job_fields(),
                prepare_done_fields());
    section("Prepare unit.");
    net("key", 160);
    net("key_ready");
    net("sign_key", 160);
    net("sign_key_ready");
    net("signs_ready");
    net("sign_negative");
    net("column_taken");
    net_is("prepare_run", 1, "prepare_control_run & key_ready & signs_ready");
    net_is("one_pass", 1, "prepare_scale_rule == 3'd4");
    net("quantise_open");
    instance(
        "draw_key", "u_draw_key", {{"Signs", "Signs"}},
        {clocked(),
         {{"run_i", "prepare_control_run"}},
         fields("prepare", "_i", {"stochastic", "signs", "seed", "step", "draw_word", "sign_word"}),
         {{"ready_o", "key_ready"},
          {"key_o", "key"},
          {"sign_ready_o", "sign_key_ready"},
          {"sign_key_o", "sign_key"}}});
    instance("sign_source", "u_sign_source", {{"Signs", "Signs"}, {"MixRounds", "MixRounds"}},
             {clocked(),
              {{"run_i", "prepare_control_run"}},
              fields("prepare", "_i", {"signs", "k_len"}),
              {{"key_ready_i", "sign_key_ready"},
               {"key_i", "sign_key"},
               {"pop_i", "column_taken"},
               {"ready_o", "signs_ready"},
               {"negative_o", "sign_negative"}}});
    instance("corner_turn", "u_corner_turn", {{"Lanes", "Lanes"}},
             {clocked(),
              {{"run_i", "prepare_run"}, {"open_i", "quantise_open"}, {"one_pass_i", "one_pass"}},
              fields("prepare", "_i", {"k_len", "groups"}),
              takes(Stream::kWide, "wide"),
              drives(Stream::kTurned, "turned")});
    instance("transform", "u_transform",
             {{"Lanes", "Lanes"},
              {"BlockMax", "BlockMax"},
              {"Depth", "DepthTurned"},
              {"Registers", "TransformRegisters"},
              {"Signs", "Signs"}},
             {clocked(),
              fields("prepare", "_i", {"block_log2"}),
              {{"negative_i", "sign_negative"}, {"pop_o", "column_taken"}},
              takes(Stream::kTurned, "turned"),
              drives(Stream::kCoefficients, "coefficients")});
    instance(
        "quantise", "u_quantise",
        {{"Lanes", "Lanes"},
         {"BlockMax", "BlockMax"},
         {"QuotientBits", "QuotientBits"},
         {"CodeBits", "CodeBits"},
         {"RandomBits", "RandomBits"},
         {"Depth", "DepthCoefficients"},
         {"ScaleSetup", "ScaleSetup"},
         {"DivideBits", "DivideBits"},
         {"MixRounds", "MixRounds"},
         {"Counters", "Counters"},
         {"Listed", "AListed | BListed"},
         {"Magnitudes", "Magnitudes"}},
        {clocked(),
         {{"run_i", "prepare_run"}},
         fields("prepare", "_i",
                {"k_len", "groups", "last_lanes", "listed", "largest_code", "largest_high",
                 "largest_low", "scale_rule", "given_divisor", "given_fine", "stochastic", "index0",
                 "stride_line", "stride_k"}),
         {{"key_i", "key"}, {"open_o", "quantise_open"}, {"finished_o", "prepare_finished"}},
         fields("prepare", "_o", {"max_magnitude", "codes_at_limit", "rounded_up", "zero_codes"}),
         takes(Stream::kCoefficients, "coefficients"),
         drives(Stream::kCodes, "codes")});
  }

  void code_buffer(const std::string& side, const char* width, int keep_mode, Stream codes,
                   Stream feed) {
    instance("code_buffer", "u_code_buffer_" + side,
             {{"Width", width},
              {"Chunk", "CodeChunk"},
              {"ReadRegisters", "CodeBufferRead"},
              {"KeepMode", keep_mode},
              {"Nibbles", "Nibbles"}},
             {clocked(),
              {{"run_i", "gemm_control_run"}},
              fields("gemm", "_i",
                     {"m_blocks", "n_blocks", "k_chunks", "k_chunk", "k_last", "tile", "nibbles"}),
              takes(codes, "codes"),
              drives(feed, "feed"),
              {{"release_i", side + "_release"}}});
  }

  void gemm_unit() {
    job_control("gemm", Stream::kGemmJob, Stream::kGemmDone, gemm_job_fields(), gemm_done_fields());
    // The last columns of an edge block hold zero codes; only the host has to know how many.
    net_is("unused_n_last", 1, "&{1'b0, gemm_n_last}");
    section("GEMM unit.");
    net("a_release");
    net("b_release");
    code_buffer("a", "Rows * ABits", 0, Stream::kACodes, Stream::kAFeed);
    code_buffer("b", "Cols * BBits", 1, Stream::kBCodes, Stream::kBFeed);
    instance("systolic_array", "u_systolic_array",
             {{"Rows", "Rows"},
              {"Cols", "Cols"},
              {"ABits", "ABits"},
              {"BBits", "BBits"},
              {"AValueBits", "AValueBits"},
              {"BValueBits", "BValueBits"},
              {"LargestProduct", "LargestProduct"},
              {"AListed", "AListed"},
              {"BListed", "BListed"},
              {"Shift", "Shift"},
              {"Multiply", "Multiply"},
              {"Nibbles", "Nibbles"},
              {"Magnitudes", "Magnitudes"},
              {"AccBits", "AccBits"},
              {"PartialBits", "PartialBits"},
              {"Policy", "Policy"},
              {"TileMax", "TileMax"},
              {"Counters", "Counters"},
              {"Depth", "DepthFeed"},
              {"FeedRegisters", "ArrayFeed"},
              {"DrainRegisters", "ArrayDrain"}},
             {clocked(),
              {{"run_i", "gemm_control_run"}},
              fields("gemm", "_i", {"k_len", "tile", "nibbles", "a_listed", "b_listed"}),
              takes(Stream::kAFeed, "a_feed"),
              takes(Stream::kBFeed, "b_feed"),
              {{"a_release_o", "a_release"}, {"b_release_o", "b_release"}},
              drives(Stream::kPartials, "partials")});
    instance("edge_accumulators", "u_edge",
             {{"Rows", "Rows"},
              {"Cols", "Cols"},
              {"AccBits", "AccBits"},
              {"PartialBits", "PartialBits"},
              {"SumBits", "SumBits"},
              {"Nibbles", "Nibbles"},
              {"Clamp", "(Policy == 2) ? 1 : 0"},
              {"OuterBits", "OuterBits"},
              {"CountBits", "CountBits"},
              {"Counters", "Counters"},
              {"Depth", "DepthPartials"},
              {"OutputRegisters", "EdgeOutput"}},
             {clocked(),
              {{"run_i", "gemm_control_run"}},
              fields("gemm", "_i", {"nibbles", "m_blocks", "m_last", "n_blocks"}),
              takes(Stream::kPartials, "partials"),
              drives(Stream::kResults, "results"),
              {{"finished_o", "gemm_finished"}},
              fields("gemm", "_o", {"mac_limited", "tile_limited", "outer_limited"})});
  }

  bool verification_;
  Module module_;
};

/// The list of magnitudes, 8 bits each, code 0 lowest; 255 behind the last.
Parameter magnitudes_parameter(const HardwareParameters& hardware) {
  constexpr std::size_t kEntries = 16;
  std::string digits;
  const auto listed = listed_format(hardware.modes);
  for (std::size_t i = kEntries; i-- > 0;) {
    const auto entry = [&]() -> std::int32_t {
      if (!listed) return 255;
      const auto& magnitudes = formats()[static_cast<std::size_t>(*listed)].magnitudes;
      return i < magnitudes.size() ? magnitudes[i] : 255;
    };
    digits += fmt::format("{:02x}", entry());
  }
  Parameter parameter;
  parameter.name = "Magnitudes";
  parameter.value = Expression("128'h" + digits);
  parameter.bits = 8 * kEntries;
  parameter.meaning = "magnitudes of the listed format, 8 bits each from code 0 up, 255 behind";
  return parameter;
}

}  // namespace

Expression stream_width(Stream stream) {
  switch (stream) {
    case Stream::kPrepareJob:
      return total_bits(prepare_job_fields());
    case Stream::kWide:
    case Stream::kTurned:
      return "16 * Lanes";
    case Stream::kCoefficients:
      return "(16 + $clog2(BlockMax)) * Lanes";
    case Stream::kCodes:
      return "CodeBits * Lanes";
    case Stream::kPrepareDone:
      return total_bits(prepare_done_fields());
    case Stream::kGemmJob:
      return total_bits(gemm_job_fields());
    case Stream::kACodes:
      return "Rows * ABits";
    case Stream::kBCodes:
      return "Cols * BBits";
    case Stream::kAFeed:
      return "Rows * ABits + 1";
    case Stream::kBFeed:
      return "Cols * BBits + 1";
    case Stream::kPartials:
      return std::string("Cols * (") + kPartialBits + " + " + kCountBits + " + 1) + 1";
    case Stream::kResults:
      return "32 * Cols";
    case Stream::kGemmDone:
      return total_bits(gemm_done_fields());
  }
  return 0;
}

std::vector<Parameter> top_parameters(const HardwareParameters& hardware) {
  const OperandWidths widths = operand_widths(hardware.modes);
  std::vector<Parameter> result{
      {"Rows", hardware.rows, 0, {{1, 64}}, "rows of the array"},
      {"Cols", hardware.cols, 0, {{1, 64}}, "columns of the array"},
      {"ABits", widths.a_code, 0, {{4, 8}}, "bits of an A code, 5 with unsigned codes"},
      {"BBits", widths.b_code, 0, {{4, 8}}, "bits of a B code"},
      {"AValueBits", widths.a_value, 0, {{4, 8}}, "bits of an A value, at least ABits"},
      {"BValueBits", widths.b_value, 0, {{4, 8}}, "bits of a B value, at least BBits"},
      {"LargestProduct", widths.largest_product, 0, {{1, 16129}}, "largest product of two values"},
      {"AListed", widths.a_listed ? 1 : 0, 0, {{0, 1}}, "1: A codes may be of the listed format"},
      {"BListed", widths.b_listed ? 1 : 0, 0, {{0, 1}}, "1: B codes may be of the listed format"},
      {"Shift", widths.shift ? 1 : 0, 0, {{0, 1}}, "1: the listed format's products are shifts"},
      {"Multiply", widths.multiply ? 1 : 0, 0, {{0, 1}}, "0: every product is such a shift"},
      {"Nibbles", widths.nibbles ? 1 : 0, 0, {{0, 1}}, "1: 8-bit codes, in passes over nibbles"},
      magnitudes_parameter(hardware),
      {"AccBits", hardware.bits, 0, {{4, 24}}, "bits of a partial sum (P)"},
      {"Policy",
       static_cast<int>(hardware.policy),
       0,
       {{0, 2}},
       "overflow inside a tile: 0 saturate, 1 wrap, 2 clamp"},
      {"PassBits",
       pass_bits(hardware),
       0,
       {{0, 25}},
       "bits of the exact sum of a pass over nibbles, with Policy 2; else 0"},
      {"OuterBits",
       hardware.outer_bits,
       0,
       {{4, 32}},
       "bits of the outer accumulators, at least AccBits"},
      {"TileMax", hardware.tile_max, 0, {{1, 65535}}, "longest tile of a job"},
      {"Lanes", hardware.lanes, 0, {{1, 32}}, "lanes of the prepare unit"},
      {"BlockMax", hardware.block_max, 0, {{2, 1024}}, "longest transform block, a power of two"},
      {"QuotientBits", widths.quotient, 0, {{4, 8}}, "bits of the largest quotient of a format"},
      {"CodeBits",
       widths.code,
       0,
       {{5, 8}},
       "bits of a code that is prepared: 5, or 8 with QuotientBits 8"},
      {"RandomBits", hardware.random_bits, 0, {{1, 16}}, "random bits of a stochastic rounding"},
      {"Signs", hardware.signs ? 1 : 0, 0, {{0, 1}}, "1: random signs before the transform"},
      {"Counters", static_cast<int>(hardware.counters), 0, {{0, 2}}, "0 none, 1 sticky, 2 full"},
  };
  for (const auto& entry : buffer_entries()) {
    const bool chunk = entry.name == "code_chunk";
    result.push_back({(chunk ? "" : "Depth") + camel_case(entry.name),
                      hardware.buffers.*entry.value,
                      0,
                      {{entry.least, entry.most}},
                      chunk ? "k-beats per bank of a code buffer"
                            : "beats of the FIFO at stream " + std::string(entry.name)});
  }
  for (const auto& entry : latency_entries()) {
    result.push_back({camel_case(entry.name),
                      hardware.latency.*entry.value,
                      0,
                      {{entry.least, entry.most}},
                      "latency table entry " + std::string(entry.name)});
  }
  Parameter hash;
  hash.name = "HardwareHash";
  hash.value = hex_literal(hardware_hash(hardware));
  hash.bits = 64;
  hash.meaning = "hash of all parameters above, readable at hardware_hash_o";
  result.push_back(hash);
  return result;
}

Module describe_top(const HardwareParameters& hardware, bool verification) {
  return TopBuilder(hardware, verification).build();
}

}  // namespace sylvester::rtl
