#include "golden/config/keys.hpp"

#include <map>
#include <string>

#include <fmt/core.h>

#include "golden/continual/settings.hpp"
#include "golden/data/load.hpp"
#include "golden/data/split.hpp"
#include "golden/hardware/hardware.hpp"
#include "golden/numerics/format.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/numerics/role.hpp"
#include "golden/numerics/transform.hpp"
#include "golden/tasks/scene_training.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/recipe.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {
namespace {

constexpr unsigned kBoth = kNumeric | kHardware;

KeyDeclaration integer(std::string name, std::int64_t value, std::int64_t least, std::int64_t most,
                       std::string unit, unsigned effect, std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kInteger,
          .least = static_cast<double>(least),
          .most = static_cast<double>(most),
          .choices = {},
          .default_value = value,
          .default_from = {},
          .unit = std::move(unit),
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration real(std::string name, double value, double least, double most, unsigned effect,
                    std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kReal,
          .least = least,
          .most = most,
          .choices = {},
          .default_value = value,
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration flag(std::string name, bool value, unsigned effect, std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kFlag,
          .least = 0,
          .most = 0,
          .choices = {},
          .default_value = value,
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration choice(std::string name, std::string_view value, std::vector<std::string> choices,
                      unsigned effect, std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kChoice,
          .least = 0,
          .most = 0,
          .choices = std::move(choices),
          .default_value = std::string(value),
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration choice_list(std::string name, std::vector<std::string> value,
                           std::vector<std::string> choices, unsigned effect,
                           std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kChoiceList,
          .least = 0,
          .most = 0,
          .choices = std::move(choices),
          .default_value = std::move(value),
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

// A float default as the decimal number that its author wrote: 0.01F gives 0.01.
double real_default(float value) { return std::stod(fmt::format("{}", value)); }

// The names of enumerators come from the one to_string of their type.
template <typename... Enum>
std::vector<std::string> names(Enum... values) {
  return {std::string(to_string(values))...};
}

std::vector<std::string> format_names() {
  std::vector<std::string> result;
  for (const Format& row : formats()) result.push_back(row.name);
  return result;
}

struct Description {
  std::string unit;
  std::string sentence;
};
using Descriptions = std::map<std::string_view, Description>;

// What the rows of latency_entries() and buffer_entries() mean to a user.
const Descriptions& latency_descriptions() {
  static const Descriptions table = {
      {"transform_registers", {"stages", "Register stages after each butterfly of the transform."}},
      {"scale_setup", {"cycles", "Cycles from the largest magnitude to the divider's operands."}},
      {"divide_bits", {"bits", "Quotient bits per register stage of the divider."}},
      {"mix_rounds", {"rounds", "Mixer rounds of the random numbers per register stage."}},
      {"code_buffer_read", {"stages", "Register stages from the code memory to the array."}},
      {"array_feed", {"stages", "Register stages in front of the array's skew."}},
      {"array_drain", {"stages", "Register stages behind the array's deskew."}},
      {"edge_output", {"stages", "Register stages behind the adder of the edge accumulators."}},
  };
  return table;
}

const Descriptions& buffer_descriptions() {
  static const Descriptions table = {
      {"turned", {"beats", "Depth of the FIFO in front of the transform."}},
      {"coefficients", {"beats", "Depth of the FIFO in front of the quantiser."}},
      {"code_chunk", {"beats", "Beats along k per bank of a code buffer; there are two banks."}},
      {"feed", {"beats", "Depth of the FIFOs in front of the array."}},
      {"partials", {"beats", "Depth of the FIFO in front of the edge accumulators."}},
  };
  return table;
}

// An entry without a description gets none, which a test finds.
Description description(const Descriptions& table, std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? Description{} : found->second;
}

void add_array(std::vector<KeyDeclaration>& keys) {
  const HardwareParameters d;
  keys.push_back(integer("array.rows", d.rows, 1, 64, "PEs", kHardware,
                         "Rows R of the array of processing elements."));
  keys.push_back(integer("array.cols", d.cols, 1, 64, "PEs", kHardware,
                         "Columns C of the array of processing elements."));
  keys.push_back(choice("array.dataflow", "output-stationary", {"output-stationary"}, kHardware,
                        "What stays in a processing element while operands pass."));
}

void add_accumulator(std::vector<KeyDeclaration>& keys) {
  const AccumulateRecipe d;
  keys.push_back(integer("accumulator.bits", d.bits, 4, 24, "bits", kBoth,
                         "Width P of the register that sums the products of one tile."));
  keys.push_back(
      choice("accumulator.policy", to_string(d.policy),
             names(AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp),
             kBoth, "What happens when a sum does not fit in the register."));
  keys.push_back(integer("accumulator.tile", d.tile, 0, 65535, "products", kNumeric,
                         "Products T per tile of the contraction; 0 is the whole contraction."));
  KeyDeclaration backward_tile =
      integer("accumulator.backward_tile", d.tile, 0, 65535, "products", kNumeric,
              "Products per tile in the two backward GEMMs; 0 is the whole contraction.");
  backward_tile.default_from = "accumulator.tile";
  keys.push_back(std::move(backward_tile));
  keys.push_back(integer("accumulator.outer_bits", d.outer_bits, 4, 32, "bits", kBoth,
                         "Width of the accumulator that sums finished tiles."));
}

void add_prepare(std::vector<KeyDeclaration>& keys) {
  const HardwareParameters d;
  const PrepareRecipe recipe;
  keys.push_back(integer("prepare.lanes", d.lanes, 1, 32, "lines", kHardware,
                         "Lines that the prepare unit works on at the same time."));
  keys.push_back(integer("prepare.block_max", d.block_max, 2, 1024, "elements", kHardware,
                         "Longest transform block that is built, a power of two."));
  keys.push_back(integer("prepare.random_bits", d.random_bits, 1, 16, "bits", kBoth,
                         "Random bits per stochastic rounding."));
  keys.push_back(flag("prepare.signs", d.signs, kHardware,
                      "Whether the prepare unit has random signs before the transform."));
  keys.push_back(choice("prepare.scale", to_string(recipe.scale),
                        names(ScaleRule::kMax, ScaleRule::kClip, ScaleRule::kPow2), kNumeric,
                        "How the largest magnitude becomes the scale, for roles that do not say."));
  keys.push_back(
      choice("prepare.granularity", "tensor", {"tensor"}, kNumeric, "What shares one scale."));
}

// A transform belongs to a GEMM, not to an operand: both operands must be transformed alike.
void add_transforms(std::vector<KeyDeclaration>& keys) {
  const struct {
    const char* gemm;
    const char* product;
    BlockRule rule;
  } gemms[] = {
      {"forward", "Y = X W^T", BlockRule::kNone},
      {"input_gradient", "dX = G W", BlockRule::kPad},
      {"weight_gradient", "dW = G^T X", BlockRule::kPad},
  };
  for (const auto& gemm : gemms) {
    const std::string prefix = fmt::format("transform.{}.", gemm.gemm);
    keys.push_back(choice(prefix + "rule", to_string(gemm.rule),
                          names(BlockRule::kNone, BlockRule::kPaper, BlockRule::kPad), kNumeric,
                          fmt::format("How the block of the Walsh-Hadamard transform of both "
                                      "operands of {} follows from the contraction length.",
                                      gemm.product)));
    KeyDeclaration block =
        integer(prefix + "block", HardwareParameters{}.block_max, 0, 1024, "elements", kNumeric,
                fmt::format("Longest transform block in {}, a power of two; 0 is no bound (rule "
                            "paper only).",
                            gemm.product));
    block.default_from = "prepare.block_max";
    keys.push_back(std::move(block));
    keys.push_back(flag(prefix + "signs", false, kNumeric,
                        fmt::format("Whether random signs, the same for both operands, come before "
                                    "the transform in {}.",
                                    gemm.product)));
  }
}

void add_operands(std::vector<KeyDeclaration>& keys) {
  const struct {
    Role role;
    const char* tensor;
    const char* format;
    Rounding rounding;
  } roles[] = {
      {Role::kForwardInput, "an X that can be negative in Y = X W^T", "i4", Rounding::kNearest},
      {Role::kForwardActivation, "an X behind a ReLU in Y = X W^T", "u4", Rounding::kNearest},
      {Role::kForwardWeight, "W in Y = X W^T", "i4", Rounding::kNearest},
      {Role::kInputGradient, "G in dX = G W", "i4", Rounding::kStochastic},
      {Role::kBackwardWeight, "W in dX = G W", "i4", Rounding::kNearest},
      {Role::kWeightGradient, "G in dW = G^T X", "i4", Rounding::kStochastic},
      {Role::kBackwardActivation, "X in dW = G^T X", "i4", Rounding::kStochastic},
  };
  static_assert(std::size(roles) == kRoles);
  for (const auto& role : roles) {
    const std::string prefix = fmt::format("operands.{}.", to_string(role.role));
    keys.push_back(choice(prefix + "format", role.format, format_names(), kNumeric,
                          fmt::format("Operand format of {}.", role.tensor)));
    keys.push_back(choice(prefix + "rounding", to_string(role.rounding),
                          names(Rounding::kNearest, Rounding::kStochastic), kNumeric,
                          fmt::format("How {} is rounded to codes.", role.tensor)));
    KeyDeclaration scale =
        choice(prefix + "scale", to_string(PrepareRecipe{}.scale),
               names(ScaleRule::kMax, ScaleRule::kClip, ScaleRule::kPow2, ScaleRule::kHindsight,
                     ScaleRule::kSawb, ScaleRule::kLuq),
               kNumeric,
               fmt::format("How {} gets its scale: from its largest magnitude, with hindsight from "
                           "those of earlier steps (gradients), with sawb from its mean square and "
                           "mean magnitude.",
                           role.tensor));
    scale.default_from = "prepare.scale";
    keys.push_back(std::move(scale));
  }
  keys.push_back(flag("backward.from_codes", LayerRecipe{}.backward_from_codes, kNumeric,
                      "Whether W and X of the backward GEMMs are prepared from the forward codes, "
                      "not from the wide tensors."));
  const LayerRecipe d;
  keys.push_back(flag(
      "backward.reuse_codes", d.reuse_codes, kNumeric,
      "Whether the backward GEMMs, without transforms, read the forward codes of W and X as "
      "they are; operands.backward_weight and operands.backward_activation are not read then."));
  keys.push_back(
      flag("backward.one_draw", d.one_draw, kNumeric,
           "Whether both backward GEMMs, without transforms, read the same codes of G, those "
           "of operands.input_gradient; operands.weight_gradient is not read then."));
  keys.push_back(
      integer("backward.gradient_samples", d.gradient_samples, 1, kMostGradientSamples, "roundings",
              kNumeric,
              "Stochastic roundings of G of which dW is the mean, a power of two (SMP of "
              "LUQ); each is a GEMM of its own."));
  keys.push_back(real("backward.hindsight_eta", TrainRecipe{}.hindsight_eta, 0, 1, kNumeric,
                      "Share of the kept maximum that stays when a step's maximum comes in, with "
                      "scale hindsight."));
}

std::vector<std::string> mode_names(const std::vector<OperandMode>& modes) {
  std::vector<std::string> result;
  for (const OperandMode& mode : modes) result.push_back(to_string(mode));
  return result;
}

void add_hardware(std::vector<KeyDeclaration>& keys) {
  const HardwareParameters d;
  keys.push_back(choice_list("hardware.modes", mode_names(d.modes), mode_names(buildable_modes()),
                             kHardware,
                             "Pairs of operand formats that the processing elements multiply; "
                             "integer formats of fewer bits run on them as well."));
  keys.push_back(integer("hardware.tile_max", d.tile_max, 1, 65535, "products", kHardware,
                         "Longest tile that a job may ask for."));
  keys.push_back(choice("hardware.counters", to_string(d.counters),
                        names(CounterMode::kNone, CounterMode::kSticky, CounterMode::kFull),
                        kHardware, "How much the hardware counts of limited sums and codes."));
  for (const BufferEntry& entry : buffer_entries()) {
    const Description text = description(buffer_descriptions(), entry.name);
    keys.push_back(integer(fmt::format("hardware.buffers.{}", entry.name), d.buffers.*entry.value,
                           entry.least, entry.most, text.unit, kHardware, text.sentence));
  }
  for (const LatencyEntry& entry : latency_entries()) {
    const Description text = description(latency_descriptions(), entry.name);
    keys.push_back(integer(fmt::format("hardware.latency.{}", entry.name), d.latency.*entry.value,
                           entry.least, entry.most, text.unit, kHardware, text.sentence));
  }
}

KeyDeclaration text_list(std::string name, std::vector<std::string> value, std::string what,
                         unsigned effect, std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kTextList,
          .least = 0,
          .most = 0,
          .choices = {std::move(what)},
          .default_value = std::move(value),
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration integer_list(std::string name, std::vector<std::int64_t> value, std::int64_t least,
                            std::int64_t most, std::string unit, unsigned effect,
                            std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kIntegerList,
          .least = static_cast<double>(least),
          .most = static_cast<double>(most),
          .choices = {},
          .default_value = std::move(value),
          .default_from = {},
          .unit = std::move(unit),
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration text(std::string name, std::string what, unsigned effect, std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kText,
          .least = 0,
          .most = 0,
          .choices = {std::move(what)},
          .default_value = std::string(),
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

KeyDeclaration real_list(std::string name, std::vector<double> value, double least, double most,
                         unsigned effect, std::string sentence) {
  return {.name = std::move(name),
          .type = KeyType::kRealList,
          .least = least,
          .most = most,
          .choices = {},
          .default_value = std::move(value),
          .default_from = {},
          .unit = {},
          .effect = effect,
          .sentence = std::move(sentence)};
}

// Keys of a table stand together, so these are called where their tables are.

void add_task(std::vector<KeyDeclaration>& keys) {
  keys.push_back(choice(
      "train.task", to_string(TaskKind::kClassification),
      names(TaskKind::kClassification, TaskKind::kDetection, TaskKind::kSegmentation), kNumeric,
      "What is learned: a label for a sample, or the boxes or pixels of the digits of scenes "
      "(data.set = \"mnist-canvas\")."));
}

void add_scenes(std::vector<KeyDeclaration>& keys) {
  const CanvasOptions d;
  keys.push_back(integer("data.train_images", d.train_images, 1, kMostScenes, "scenes", kNumeric,
                         "Scenes to train on, of mnist-canvas."));
  keys.push_back(integer("data.test_images", d.test_images, 1, kMostScenes, "scenes", kNumeric,
                         "Scenes to test on, of mnist-canvas."));
}

void add_detection(std::vector<KeyDeclaration>& keys) {
  keys.push_back(real("detection.box_weight", real_default(SceneSettings{}.box_weight), 0, 1000,
                      kNumeric, "Factor of the boxes' part of the loss in detection."));
}

void add_network_and_data(std::vector<KeyDeclaration>& keys) {
  const TrainSettings d;
  const SplitOptions split;
  keys.push_back(text_list("network.layers", d.layers, "layers: " + layer_forms(), kNumeric,
                           "Layers between the input and the classifier, in order."));
  keys.push_back(flag("network.bias", d.bias, kNumeric, "Whether the layers have a bias."));
  // The hashes read the table, not its name.
  keys.push_back(text("network.precision", "a file's name, or empty", kNoEffect,
                      "File of [[layer]] entries: keys that have other values in some layers."));
  keys.push_back(choice("data.set", "embedded", {dataset_names().begin(), dataset_names().end()},
                        kNumeric,
                        "Data set to learn; all but the embedded one need train --data; of hapt "
                        "and wisdm the first form found is read: published features, derived ones "
                        "(hapt), recordings; --data of a sub-folder chooses another."));
  keys.push_back(integer("data.test_subjects", split.test_subjects, 0, 1000, "subjects", kNumeric,
                         "Subjects held out for testing; 0: a fifth of them, one at least."));
  keys.push_back(integer_list("data.drop_subjects", {}, 0, 100000, "", kNumeric,
                              "Subjects to leave out, by the publisher's numbers; published runs "
                              "leave out 7, 28 of hapt and 3, 4, 9 of pamap2."));
  keys.push_back(integer_list("data.drop_classes", {}, 0, 100000, "", kNumeric,
                              "Classes to leave out, by the publisher's numbers; published runs "
                              "leave out 8 of hapt and 24 of pamap2."));
  keys.push_back(integer("data.samples_per_class", split.samples_per_class, 0, 1000000, "samples",
                         kNumeric, "Train on the first so many samples of each class; 0: all."));
  keys.push_back(real("data.clip", split.clip, 0.1, 1e6, kNumeric,
                      "Limit of a standardised feature, in standard deviations."));
  add_scenes(keys);
  keys.push_back(
      choice("continual.method", to_string(d.method),
             names(ContinualMethod::kFineTune, ContinualMethod::kReplay, ContinualMethod::kJoint,
                   ContinualMethod::kLwf, ContinualMethod::kIcarl, ContinualMethod::kBic,
                   ContinualMethod::kDer, ContinualMethod::kMemo),
             kNumeric, "How a task is learned without forgetting those before it."));
  keys.push_back(integer("continual.classes_per_task", d.classes_per_task, 1, 100000, "classes",
                         kNumeric, "New classes of a task; all classes: plain training."));
  keys.push_back(integer("continual.memory", d.memory, 0, 1000000, "samples", kNumeric,
                         "Exemplars kept in all, the same number of every seen class; finetune, "
                         "joint and lwf keep none."));
  keys.push_back(real("continual.temperature", real_default(d.temperature), 0.01, 1000, kNumeric,
                      "Temperature of the distillation (lwf, icarl, bic)."));
  keys.push_back(real("continual.lwf_weight", real_default(d.lwf_weight), 0, 1000, kNumeric,
                      "Factor of the distillation of lwf."));
  keys.push_back(real("continual.held_out", real_default(d.held_out), 0, 1, kNumeric,
                      "Share of the exemplars, and as many samples of each new class, that the "
                      "second stage of bic learns from."));
  keys.push_back(flag("continual.softmax_twice", d.softmax_twice, kNumeric,
                      "Whether the second stage of bic takes probabilities for logits, as the "
                      "published HDQT code does."));
  keys.push_back(integer("continual.shared_layers", d.shared_layers, 0, 10000, "layers", kNumeric,
                         "Entries of network.layers that the tasks of memo have in common."));
}

void add_train(std::vector<KeyDeclaration>& keys) {
  const TrainSettings d;
  const SgdSettings sgd;
  const PaperRecipe paper;
  add_task(keys);
  keys.push_back(choice(
      "train.arithmetic", "quantised",
      {"float", "quantised", "paper-float", "integer", "dorefa", "pdqat"}, kNumeric,
      "Arithmetic of the three GEMMs of a layer: float32, the numeric contract, the published HDQT "
      "code, integer: of everything in a step, forward GEMMs of DoReFa codes with straight-through "
      "gradients, or the same network learned by constraints (PDQAT)."));
  keys.push_back(choice("train.conv_scale", to_string(ConvScale::kBatch),
                        names(ConvScale::kBatch, ConvScale::kImage), kNumeric,
                        "What shares the scales and sums of a convolution's backward GEMMs; "
                        "paper-float always has image."));
  keys.push_back(real("train.learning_rate", real_default(sgd.learning_rate), 0, 1000, kNumeric,
                      "Step size of stochastic gradient descent."));
  keys.push_back(real("train.momentum", real_default(sgd.momentum), 0, 1, kNumeric,
                      "Share of the velocity that stays from one step to the next."));
  keys.push_back(real("train.weight_decay", real_default(sgd.weight_decay), 0, 1, kNumeric,
                      "Share of the weight that is added to its gradient."));
  keys.push_back(integer_list("train.milestones", {}, 1, 100000, "epochs", kNumeric,
                              "Epochs of a task, counted from 0, at whose start the learning rate "
                              "is multiplied by train.decay."));
  keys.push_back(real("train.decay", real_default(d.decay), 0, 1, kNumeric,
                      "Factor of the learning rate at a milestone."));
  keys.push_back(integer("train.epochs", d.epochs, 1, 100000, "epochs", kNumeric,
                         "Passes over the samples of each task."));
  keys.push_back(integer("train.batch", d.batch, 1, 65535, "samples", kNumeric,
                         "Samples of a training step; the last one of an epoch may have fewer."));
  keys.push_back(integer("train.seed", d.seed, 0, 4294967295, "", kNumeric,
                         "Seed of split, class order, weights, sample order and random numbers."));
  keys.push_back(integer("train.max_steps", static_cast<std::int64_t>(d.max_steps), 0, 1000000000,
                         "steps", kNumeric, "End the training after so many steps; 0: no limit."));
  keys.push_back(
      integer("train.test_batch", d.test_batch, 1, 65535, "samples", kNumeric,
              "Samples that share their scales when the network is tested; they come class "
              "after class, so accuracy depends on it (1: on no other sample)."));
  keys.push_back(integer("train.exemplar_batch", d.exemplar_batch, 1, 65535, "samples", kNumeric,
                         "Samples that share their scales when exemplars are chosen."));
  keys.push_back(integer("train.test_samples_per_class", d.test_samples_per_class, 0, 1000000,
                         "samples", kNumeric,
                         "Test on the first so many samples of each class; 0: on all."));
  keys.push_back(integer("train.threads", 0, 0, 1024, "threads", kNoEffect,
                         "Threads of the golden kernels or of seeds side by side; 0: all cores."));
  keys.push_back(
      integer("fnt.epochs", d.fnt_epochs, 0, 100000, "epochs", kNumeric,
              "Further epochs of each task in float32 but for the weights, which stay in "
              "low precision (fine-tuning of LUQ); train.arithmetic = \"quantised\" without "
              "forward transform."));
  keys.push_back(
      real("fnt.learning_rate", real_default(d.fnt_learning_rate), 0, 1000, kNumeric,
           "Learning rate in the middle of these; it rises from the rate before them and "
           "falls back, equally steep."));
  keys.push_back(integer("paper.operand_bits", paper.operand_bits, 2, 7, "bits", kNumeric,
                         "Operand bits of the published HDQT code (train.arithmetic = "
                         "\"paper-float\")."));
  KeyDeclaration limit =
      real("paper.gradient_limit", real_default(paper.gradient_limit), 0, 1e9, kNumeric,
           "Straight-through gradients are zero where the raw value exceeds this "
           "(train.arithmetic = \"paper-float\").");
  limit.default_from = "paper.operand_bits";
  limit.default_rule = [](const ConfigValue& bits) -> ConfigValue {
    return static_cast<double>((std::int64_t{1} << (std::get<std::int64_t>(bits) - 1)) - 1);
  };
  limit.rule_text = "2^(paper.operand_bits - 1) - 1";
  keys.push_back(std::move(limit));
}

// Integer training (train.arithmetic = "integer").
void add_integer(std::vector<KeyDeclaration>& keys) {
  keys.push_back(integer("integer.bits", IntegerRecipe{}.bits, kLeastIntegerBits, kMostIntegerBits,
                         "bits", kNumeric,
                         "Bits of the codes of inputs, weights and gradients in the GEMMs of "
                         "integer training (train.arithmetic = \"integer\")."));
}

void add_pdqat(std::vector<KeyDeclaration>& keys) {
  const DorefaLayer dorefa;
  const PdqatSettings d;
  keys.push_back(integer("pdqat.bits", dorefa.bits, 1, DorefaLayer::kFloatBits, "bits", kNumeric,
                         "Bits k of weights and activations of a layer: 1, 2, 4, 8, or 32 for "
                         "float32 (dorefa, pdqat)."));
  keys.push_back(integer_list("pdqat.high_precision", {0, -1}, -100000, 100000, "layers", kNumeric,
                              "Layers that stay in float32, from 0, or below 0 from the end: -1 is "
                              "the classifier (dorefa, pdqat)."));
  keys.push_back(flag("pdqat.layerwise", d.layerwise, kNumeric,
                      "Whether each low-precision layer has a proximity constraint, not the "
                      "logits alone."));
  keys.push_back(real_list("pdqat.layer_epsilon", {d.layer_epsilon.front()}, 0, 1e6, kNumeric,
                           "Most mean square distance of a layer's output from what the "
                           "high-precision layer makes of the same input; a list has one number "
                           "for each constrained layer."));
  keys.push_back(real("pdqat.output_epsilon", d.output_epsilon, 0, 1e6, kNumeric,
                      "Most cross-entropy of the low-precision logits against the softmax of the "
                      "high-precision ones."));
  keys.push_back(real_list("pdqat.accumulator_epsilon", {d.accumulator_epsilon.front()}, 0, 1,
                           kNumeric,
                           "Most share of limited tiles of a low-precision layer, in a list of "
                           "each; 1: no such constraint."));
  keys.push_back(real("pdqat.dual_rate", d.dual_rate, 0, 1e6, kNumeric,
                      "Step size of the dual ascent after each epoch."));
  KeyDeclaration accumulator_rate = real("pdqat.accumulator_dual_rate", d.dual_rate, 0, 1e6,
                                         kNumeric, "The same of the constraints on limited tiles.");
  accumulator_rate.default_from = "pdqat.dual_rate";
  keys.push_back(std::move(accumulator_rate));
}

}  // namespace

std::vector<KeyDeclaration> make_declared_keys() {
  std::vector<KeyDeclaration> keys;
  add_array(keys);
  add_accumulator(keys);
  add_prepare(keys);
  add_transforms(keys);
  add_operands(keys);
  add_hardware(keys);
  add_network_and_data(keys);
  add_train(keys);
  add_detection(keys);
  add_integer(keys);
  add_pdqat(keys);
  return keys;
}

}  // namespace sylvester
