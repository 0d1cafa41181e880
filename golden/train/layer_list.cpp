#include "golden/train/layer_list.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kMostWidth = 65535;
constexpr int kMostRepeats = 1000;
constexpr int kMostHeads = 65535;
constexpr int kMostMlp = 64;
constexpr int kMostKept = 99;
constexpr int kAsInput = 0;

// What an entry adds: a node, several ones, or a name for the one before it.
enum class Form { kNode, kBasicBlock, kTransformerBlock, kKeep, kAdd };

// What an entry says, with the defaults of its kind.
struct Layer {
  NodeKind kind = NodeKind::kRelu;
  Form form = Form::kNode;
  int outputs = 0;  ///< or kAsInput; the number of what is kept or added
  Window window;
  bool global = false;  ///< average-pool over the whole image
  int heads = 0;        ///< attention
  int mlp = 2;          ///< transformer-block
  int repeat = 1;       ///< blocks
};

enum class Argument { kNone, kWidth, kWidthOrInput, kKernel, kOptionalKernel, kKept };
enum Setting : unsigned {
  kNoSetting = 0,
  kKernel = 1,  ///< obligatory
  kStride = 2,
  kPad = 4,
  kHeads = 8,  ///< obligatory
  kMlp = 16,
  kRepeat = 32,
};

struct Rule {
  std::string_view name;
  NodeKind kind;
  Form form;
  Argument argument;  ///< the word behind the name
  unsigned settings;  ///< Setting
  std::string_view text;

  [[nodiscard]] bool has(Setting setting) const { return (settings & setting) != 0; }
};
constexpr Rule kRules[] = {
    {"dense", NodeKind::kDense, Form::kNode, Argument::kWidthOrInput, kNoSetting,
     "dense N, dense input (N in 1...65535)"},
    {"conv", NodeKind::kConv, Form::kNode, Argument::kWidth, kKernel | kStride | kPad,
     "conv N kernel=K [stride=S] [pad=P] (N in 1...65535; K and S in 1...255, P in 0...254, or "
     "HxW such as 1x5)"},
    {"batch-norm", NodeKind::kBatchNorm, Form::kNode, Argument::kNone, kNoSetting, "batch-norm"},
    {"layer-norm", NodeKind::kLayerNorm, Form::kNode, Argument::kNone, kNoSetting, "layer-norm"},
    {"basic-block", NodeKind::kAdd, Form::kBasicBlock, Argument::kWidth, kStride | kRepeat,
     "basic-block N [stride=S] [repeat=R] (N in 1...65535, S in 1...255 or HxW, R in 1...1000)"},
    {"transformer-block", NodeKind::kAdd, Form::kTransformerBlock, Argument::kNone,
     kHeads | kMlp | kRepeat,
     "transformer-block heads=H [mlp=M] [repeat=R] (H in 1...65535, M in 1...64, R in 1...1000)"},
    {"relu", NodeKind::kRelu, Form::kNode, Argument::kNone, kNoSetting, "relu"},
    {"clip", NodeKind::kClip, Form::kNode, Argument::kNone, kNoSetting, "clip"},
    {"gelu", NodeKind::kGelu, Form::kNode, Argument::kNone, kNoSetting, "gelu"},
    {"attention", NodeKind::kAttention, Form::kNode, Argument::kNone, kHeads,
     "attention heads=H (H in 1...65535)"},
    {"position", NodeKind::kPosition, Form::kNode, Argument::kNone, kNoSetting, "position"},
    {"max-pool", NodeKind::kMaxPool, Form::kNode, Argument::kKernel, kStride | kPad,
     "max-pool K [stride=S] [pad=P] (K and S in 1...255, P in 0...254, or HxW)"},
    {"average-pool", NodeKind::kAveragePool, Form::kNode, Argument::kOptionalKernel, kStride,
     "average-pool, average-pool K [stride=S] (K and S in 1...255, or HxW)"},
    {"upsample", NodeKind::kUpsample, Form::kNode, Argument::kKernel, kNoSetting,
     "upsample F (F in 1...255, or HxW)"},
    {"keep", NodeKind::kAdd, Form::kKeep, Argument::kKept, kNoSetting, "keep N (N in 1...99)"},
    {"add", NodeKind::kAdd, Form::kAdd, Argument::kKept, kNoSetting,
     "add N (N in 1...99, kept before)"},
    {"flatten", NodeKind::kFlatten, Form::kNode, Argument::kNone, kNoSetting, "flatten"},
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

// "3" or "1x5".
std::optional<Extent> extent(std::string_view text, int least, int most) {
  const std::size_t times = text.find('x');
  const auto height = number(text.substr(0, times), least, most);
  const auto width = times == text.npos ? height : number(text.substr(times + 1), least, most);
  if (!height || !width) return std::nullopt;
  return Extent{.height = *height, .width = *width};
}

// The words of an entry, taken one by one.
class Words {
 public:
  explicit Words(std::string_view text) : words_(words_of(text)) {}
  [[nodiscard]] bool empty() const { return words_.empty(); }

  // The first word if it is no setting.
  std::optional<std::string_view> take() {
    if (words_.empty() || words_.front().find('=') != std::string_view::npos) return std::nullopt;
    const std::string_view word = words_.front();
    words_.erase(words_.begin());
    return word;
  }
  // The value of a setting.
  std::optional<std::string_view> take(std::string_view name) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::size_t equals = words_[i].find('=');
      if (equals == std::string_view::npos || words_[i].substr(0, equals) != name) continue;
      const std::string_view value = words_[i].substr(equals + 1);
      words_.erase(words_.begin() + static_cast<std::ptrdiff_t>(i));
      return value;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::string_view> words_;
};

// False if the word does not fit.
bool read_argument(const Rule& rule, const std::optional<std::string_view>& word, Layer& layer) {
  switch (rule.argument) {
    case Argument::kNone:
      return !word;
    case Argument::kWidthOrInput:
      if (word == "input") {
        layer.outputs = kAsInput;
        return true;
      }
      [[fallthrough]];
    case Argument::kWidth: {
      const auto width = number(word.value_or(""), 1, kMostWidth);
      layer.outputs = width.value_or(0);
      return width.has_value();
    }
    case Argument::kKept: {
      const auto kept = number(word.value_or(""), 1, kMostKept);
      layer.outputs = kept.value_or(0);
      return kept.has_value();
    }
    case Argument::kOptionalKernel:
      layer.global = !word;
      if (layer.global) return true;
      [[fallthrough]];
    case Argument::kKernel: {
      const auto kernel = extent(word.value_or(""), 1, kMostKernel);
      if (kernel) layer.window = {.kernel = *kernel, .stride = *kernel};
      return kernel.has_value();
    }
  }
  return false;
}

bool read(const Rule& rule, Words words, Layer& layer) {
  if (!read_argument(rule, words.take(), layer)) return false;
  // False if a setting that is given does not fit.
  const auto count = [&](Setting setting, std::string_view name, int most, int& value) {
    const auto text = rule.has(setting) ? words.take(name) : std::nullopt;
    if (!text) return true;
    const auto read = number(*text, 1, most);
    if (read) value = *read;
    return read.has_value();
  };
  const auto size = [&](bool has, std::string_view name, int least, int most, Extent& value) {
    const auto text = has ? words.take(name) : std::nullopt;
    if (!text) return true;
    const auto read = extent(*text, least, most);
    if (read) value = *read;
    return read.has_value();
  };
  Extent kernel{.height = 0, .width = 0};
  if (!count(kRepeat, "repeat", kMostRepeats, layer.repeat) ||
      !count(kHeads, "heads", kMostHeads, layer.heads) ||
      !count(kMlp, "mlp", kMostMlp, layer.mlp) ||
      !size(rule.has(kKernel), "kernel", 1, kMostKernel, kernel)) {
    return false;
  }
  if (rule.has(kHeads) && layer.heads == 0) return false;
  if (rule.has(kKernel)) {
    if (kernel.height == 0) return false;
    layer.window.kernel = kernel;
  }
  Window& window = layer.window;
  return size(rule.has(kStride) && !layer.global, "stride", 1, kMostKernel, window.stride) &&
         size(rule.has(kPad), "pad", 0, kMostKernel - 1, window.pad) && words.empty();
}

Layer parse(const std::string& text) {
  Words words(text);
  const std::string_view name = words.take().value_or("");
  std::string forms;
  for (const Rule& rule : kRules) {
    if (rule.name != name) {
      forms += forms.empty() ? "" : ", ";
      forms += rule.name;
      continue;
    }
    Layer layer;
    layer.kind = rule.kind;
    layer.form = rule.form;
    if (read(rule, words, layer)) return layer;
    throw UserError(fmt::format("not a {} layer; allowed: {}", name, rule.text));
  }
  throw UserError(fmt::format("not a layer; allowed: {}", forms));
}

// `entry 2 'dens 5': ` before what went wrong in it.
template <typename Work>
auto in_entry(std::span<const std::string> layers, std::size_t i, const Work& work) {
  try {
    return work();
  } catch (const UserError& error) {
    throw UserError(fmt::format("entry {} '{}': {}", i + 1, layers[i], error.what()));
  }
}

// He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016, with the shortcut
// without parameters (option A) where the shape changes.
int append_basic_block(Network& network, int from, int channels, const Extent& stride, bool bias,
                       HostRandom& random) {
  Window window{
      .kernel = {.height = 3, .width = 3}, .stride = stride, .pad = {.height = 1, .width = 1}};
  int block = add_conv(network, from, channels, window, bias, random);
  block = add_relu(network, add_batch_norm(network, block));
  window.stride = {};
  block = add_batch_norm(network, add_conv(network, block, channels, window, bias, random));
  const bool same = network.node(block).shape == network.node(from).shape;
  const int shortcut = same ? from : add_shortcut(network, from, channels, stride);
  return add_relu(network, add_sum(network, block, shortcut));
}

// The block of vision transformers with its norms in front (Dosovitskiy and others, "An image is
// worth 16x16 words", ICLR 2021).
int append_transformer_block(Network& network, int from, const Layer& layer, bool bias,
                             HostRandom& random) {
  const int width = network.node(from).shape.channels;
  if (width > kMostWidth) {
    throw UserError(fmt::format("a transformer block over {} channels; allowed: {} at most", width,
                                kMostWidth));
  }
  const auto linear = [&](int input, int outputs) {
    return add_conv(network, input, outputs, {}, bias, random);
  };
  int branch = linear(add_layer_norm(network, from), 3 * width);
  branch = linear(add_attention(network, branch, layer.heads), width);
  from = add_sum(network, from, branch);
  branch = linear(add_layer_norm(network, from), layer.mlp * width);
  branch = linear(add_gelu(network, branch), width);
  return add_sum(network, from, branch);
}

int append_blocks(Network& network, int from, const Layer& layer, bool bias, HostRandom& random) {
  for (int i = 0; i < layer.repeat; ++i) {
    if (layer.form == Form::kTransformerBlock) {
      from = append_transformer_block(network, from, layer, bias, random);
    } else {
      const Extent stride = i == 0 ? layer.window.stride : Extent{};
      from = append_basic_block(network, from, layer.outputs, stride, bias, random);
    }
  }
  return from;
}

int append_node(Network& network, int from, const Layer& layer, bool bias, HostRandom& random) {
  switch (layer.kind) {
    case NodeKind::kDense: {
      const int outputs = layer.outputs == kAsInput ? network.inputs() : layer.outputs;
      return add_dense(network, from, outputs, bias, random);
    }
    case NodeKind::kConv:
      return add_conv(network, from, layer.outputs, layer.window, bias, random);
    case NodeKind::kMaxPool:
      return add_max_pool(network, from, layer.window);
    case NodeKind::kAveragePool: {
      const Shape& in = network.node(from).shape;
      const Extent all{.height = in.height, .width = in.width};
      return add_average_pool(network, from,
                              layer.global ? Window{.kernel = all, .stride = all} : layer.window);
    }
    case NodeKind::kFlatten:
      return add_flatten(network, from);
    case NodeKind::kBatchNorm:
      return add_batch_norm(network, from);
    case NodeKind::kLayerNorm:
      return add_layer_norm(network, from);
    case NodeKind::kGelu:
      return add_gelu(network, from);
    case NodeKind::kAttention:
      return add_attention(network, from, layer.heads);
    case NodeKind::kPosition:
      return add_position(network, from, random);
    case NodeKind::kUpsample:
      return add_upsample(network, from, layer.window.kernel);
    case NodeKind::kClip:
      return add_clip(network, from);
    case NodeKind::kInput:
    case NodeKind::kAdd:
    case NodeKind::kConcat:
    case NodeKind::kShortcut:
    case NodeKind::kRelu:
      break;
  }
  return add_relu(network, from);
}

// The nodes that entries of one list have kept, by their numbers.
using Kept = std::map<int, int>;

int append(Network& network, int from, const Layer& layer, bool bias, HostRandom& random,
           Kept& kept) {
  switch (layer.form) {
    case Form::kNode:
      break;
    case Form::kBasicBlock:
    case Form::kTransformerBlock:
      return append_blocks(network, from, layer, bias, random);
    case Form::kKeep:
      kept[layer.outputs] = from;
      return from;
    case Form::kAdd: {
      const auto found = kept.find(layer.outputs);
      if (found == kept.end()) {
        throw UserError(
            fmt::format("nothing is kept as {}; allowed: a number that an entry before "
                        "it keeps",
                        layer.outputs));
      }
      return add_sum(network, from, found->second);
    }
  }
  return append_node(network, from, layer, bias, random);
}

}  // namespace

std::string layer_forms() {
  std::string forms;
  for (const Rule& rule : kRules) {
    forms += forms.empty() ? "" : "; ";
    forms += rule.text;
  }
  return forms;
}

void check_layers(std::span<const std::string> layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) in_entry(layers, i, [&] { parse(layers[i]); });
}

std::int64_t count_layers(std::span<const std::string> layers) {
  std::int64_t count = 0;
  for (const std::string& text : layers) {
    const Layer layer = parse(text);
    if (layer.kind == NodeKind::kDense || layer.kind == NodeKind::kConv) ++count;
    if (layer.form == Form::kBasicBlock) count += 2 * std::int64_t{layer.repeat};
    if (layer.form == Form::kTransformerBlock) count += 4 * std::int64_t{layer.repeat};
  }
  return count;
}

int append_layers(Network& network, int from, std::span<const std::string> layers, bool bias,
                  HostRandom& random) {
  Kept kept;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    from = in_entry(layers, i,
                    [&] { return append(network, from, parse(layers[i]), bias, random, kept); });
  }
  return from;
}

Network make_network(const Shape& input, std::span<const std::string> layers, int classes,
                     bool bias, HostRandom& random) {
  Network network = make_input(input);
  const int features = append_layers(network, 0, layers, bias, random);
  try {
    add_head(network, features, classes, bias, random);
  } catch (const UserError& error) {
    throw UserError(fmt::format("the classifier behind the last entry: {}", error.what()));
  }
  return network;
}

}  // namespace sylvester
