#include "golden/config/convert.hpp"

#include <algorithm>
#include <string>

#include <fmt/core.h>

namespace sylvester {
namespace {

int as_int(const Config& config, const std::string& key) {
  return static_cast<int>(config.integer(key));  // declared ranges lie within int
}

std::vector<int> as_ints(const Config& config, const std::string& key) {
  const std::vector<std::int64_t>& values = config.integers(key);
  return {values.begin(), values.end()};
}

}  // namespace

HardwareParameters hardware_parameters(const Config& config) {
  HardwareParameters hardware;
  hardware.rows = as_int(config, "array.rows");
  hardware.cols = as_int(config, "array.cols");
  hardware.bits = as_int(config, "accumulator.bits");
  hardware.policy = accumulate_policy(config.text("accumulator.policy"));
  hardware.outer_bits = as_int(config, "accumulator.outer_bits");
  hardware.tile_max = as_int(config, "hardware.tile_max");
  hardware.lanes = as_int(config, "prepare.lanes");
  hardware.block_max = as_int(config, "prepare.block_max");
  hardware.random_bits = as_int(config, "prepare.random_bits");
  hardware.signs = config.flag("prepare.signs");
  hardware.modes = operand_modes(config.texts("hardware.modes"));
  hardware.counters = counter_mode(config.text("hardware.counters"));
  for (const BufferEntry& entry : buffer_entries()) {
    hardware.buffers.*entry.value = as_int(config, fmt::format("hardware.buffers.{}", entry.name));
  }
  for (const LatencyEntry& entry : latency_entries()) {
    hardware.latency.*entry.value = as_int(config, fmt::format("hardware.latency.{}", entry.name));
  }
  check(hardware);
  return hardware;
}

AccumulateRecipe accumulate_recipe(const Config& config, GemmKind kind) {
  const bool forward = kind == GemmKind::kForward;
  return {.policy = accumulate_policy(config.text("accumulator.policy")),
          .bits = as_int(config, "accumulator.bits"),
          .tile = as_int(config, forward ? "accumulator.tile" : "accumulator.backward_tile"),
          .outer_bits = as_int(config, "accumulator.outer_bits")};
}

PrepareRecipe prepare_recipe(const Config& config, Role role) {
  const std::string operand = fmt::format("operands.{}.", to_string(role));
  const std::string transform = fmt::format("transform.{}.", to_string(gemm_of(role)));
  PrepareRecipe recipe;
  recipe.format = format_index(config.text(operand + "format"));
  recipe.block_rule = block_rule(config.text(transform + "rule"));
  recipe.block = as_int(config, transform + "block");
  if (config.flag(transform + "signs")) {
    recipe.sign_role = static_cast<std::uint8_t>(kSignRole + static_cast<int>(gemm_of(role)));
  }
  recipe.scale = scale_rule(config.text(operand + "scale"));
  recipe.rounding = rounding(config.text(operand + "rounding"));
  recipe.random_bits = as_int(config, "prepare.random_bits");
  return recipe;
}

LayerRecipe layer_recipe(const Config& config) {
  LayerRecipe layer;
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    layer.operand(role) = prepare_recipe(config, role);
  }
  for (int i = 0; i < kGemmKinds; ++i) {
    const auto kind = static_cast<GemmKind>(i);
    layer.gemm(kind) = accumulate_recipe(config, kind);
  }
  layer.backward_from_codes = config.flag("backward.from_codes");
  layer.reuse_codes = config.flag("backward.reuse_codes");
  layer.one_draw = config.flag("backward.one_draw");
  layer.gradient_samples = as_int(config, "backward.gradient_samples");
  return layer;
}

DorefaLayer dorefa_layer(const Config& config) {
  return {.bits = as_int(config, "pdqat.bits"),
          .accumulate = accumulate_recipe(config, GemmKind::kForward)};
}

TrainRecipe train_recipe(const Config& config) {
  TrainRecipe recipe;
  recipe.counters = counter_mode(config.text("hardware.counters"));
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic == "quantised") {
    recipe.mode = TrainMode::kQuantised;
    recipe.hindsight_eta = config.real("backward.hindsight_eta");
    if (config.precision_table() == nullptr) {
      recipe.layers = {layer_recipe(config)};
    } else {
      for (int l = 0; l < config.layers(); ++l) {
        recipe.layers.push_back(layer_recipe(config.layer(l)));
      }
    }
    recipe.conv_scale = conv_scale(config.text("train.conv_scale"));
  } else if (arithmetic == "dorefa" || arithmetic == "pdqat") {
    recipe.mode = arithmetic == "pdqat" ? TrainMode::kPdqat : TrainMode::kDorefa;
    for (int l = 0; l < config.layers(); ++l) {
      recipe.dorefa.push_back(
          dorefa_layer(config.precision_table() == nullptr ? config : config.layer(l)));
    }
    for (std::int64_t l : config.integers("pdqat.high_precision")) {
      if (l < 0) l += config.layers();
      recipe.dorefa[static_cast<std::size_t>(l)].bits = DorefaLayer::kFloatBits;
    }
  } else if (arithmetic == "paper-float") {
    recipe.mode = TrainMode::kPaperFloat;
    recipe.paper = {.operand_bits = as_int(config, "paper.operand_bits"),
                    .accumulator_bits = as_int(config, "accumulator.bits"),
                    .forward_tile = as_int(config, "accumulator.tile"),
                    .gradient_limit = static_cast<float>(config.real("paper.gradient_limit"))};
  }
  if (arithmetic == "integer") {
    recipe.mode = TrainMode::kInteger;
    recipe.integer = {.bits = as_int(config, "integer.bits"),
                      .accumulate = accumulate_recipe(config, GemmKind::kForward)};
  }
  check(recipe);
  return recipe;
}

SgdSettings sgd_settings(const Config& config) {
  return {.learning_rate = static_cast<float>(config.real("train.learning_rate")),
          .momentum = static_cast<float>(config.real("train.momentum")),
          .weight_decay = static_cast<float>(config.real("train.weight_decay"))};
}

TrainSettings train_settings(const Config& config) {
  TrainSettings settings;
  settings.recipe = train_recipe(config);
  settings.layers = config.texts("network.layers");
  settings.bias = config.flag("network.bias");
  settings.sgd = sgd_settings(config);
  for (const std::int64_t epoch : config.integers("train.milestones")) {
    settings.milestones.push_back(static_cast<int>(epoch));
  }
  settings.decay = static_cast<float>(config.real("train.decay"));
  settings.epochs = as_int(config, "train.epochs");
  settings.fnt_epochs = as_int(config, "fnt.epochs");
  settings.fnt_learning_rate = static_cast<float>(config.real("fnt.learning_rate"));
  settings.batch = as_int(config, "train.batch");
  settings.seed = static_cast<std::uint32_t>(config.integer("train.seed"));
  settings.method = continual_method(config.text("continual.method"));
  settings.classes_per_task = as_int(config, "continual.classes_per_task");
  settings.memory = as_int(config, "continual.memory");
  settings.temperature = static_cast<float>(config.real("continual.temperature"));
  settings.lwf_weight = static_cast<float>(config.real("continual.lwf_weight"));
  settings.held_out = static_cast<float>(config.real("continual.held_out"));
  settings.softmax_twice = config.flag("continual.softmax_twice");
  settings.shared_layers = as_int(config, "continual.shared_layers");
  settings.pdqat = {.layerwise = config.flag("pdqat.layerwise"),
                    .layer_epsilon = config.reals("pdqat.layer_epsilon"),
                    .output_epsilon = config.real("pdqat.output_epsilon"),
                    .accumulator_epsilon = config.reals("pdqat.accumulator_epsilon"),
                    .dual_rate = config.real("pdqat.dual_rate"),
                    .accumulator_dual_rate = config.real("pdqat.accumulator_dual_rate")};
  settings.test_batch = as_int(config, "train.test_batch");
  settings.exemplar_batch = as_int(config, "train.exemplar_batch");
  settings.test_samples_per_class = as_int(config, "train.test_samples_per_class");
  settings.max_steps = static_cast<std::uint64_t>(config.integer("train.max_steps"));
  return settings;
}

SplitOptions split_options(const Config& config) {
  return {.seed = static_cast<std::uint64_t>(config.integer("train.seed")),
          .test_subjects = as_int(config, "data.test_subjects"),
          .drop_subjects = as_ints(config, "data.drop_subjects"),
          .drop_classes = as_ints(config, "data.drop_classes"),
          .samples_per_class = as_int(config, "data.samples_per_class"),
          .clip = config.real("data.clip")};
}

SceneSettings scene_settings(const Config& config) {
  return {.task = task_kind(config.text("train.task")),
          .box_weight = static_cast<float>(config.real("detection.box_weight")),
          .training = train_settings(config)};
}

CanvasOptions canvas_options(const Config& config) {
  return {.seed = static_cast<std::uint64_t>(config.integer("train.seed")),
          .train_images = as_int(config, "data.train_images"),
          .test_images = as_int(config, "data.test_images")};
}

std::uint64_t hardware_hash(const Config& config) {
  return hardware_hash(hardware_parameters(config));
}

}  // namespace sylvester
