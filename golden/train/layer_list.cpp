#include "golden/train/layer_list.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kMostWidth = 65535;
constexpr int kMostRepeats = 1000;
constexpr int kAsInput = 0;

// What an entry says, with the defaults of its kind.
struct Layer {
  NodeKind kind = NodeKind::kRelu;
  int outputs = 0;  ///< or kAsInput
  Window window;
  bool global = false;  ///< average-pool over the whole image
  int repeat = 1;       ///< basic-block
};

enum class Argument { kNone, kWidth, kWidthOrInput, kKernel, kOptionalKernel };

struct Rule {
  std::string_view name;
  NodeKind kind;
  Argument argument;  ///< the word behind the name
  bool kernel;        ///< has the settings kernel (obligatory), stride, pad
  bool stride;
  bool pad;
  bool repeat;
  std::string_view form;
};
constexpr Rule kRules[] = {
    {"dense", NodeKind::kDense, Argument::kWidthOrInput, false, false, false, false,
     "dense N, dense input (N in 1...65535)"},
    {"conv", NodeKind::kConv, Argument::kWidth, true, true, true, false,
     "conv N kernel=K [stride=S] [pad=P] (N in 1...65535; K and S in 1...255, P in 0...254, or "
     "HxW such as 1x5)"},
    {"batch-norm", NodeKind::kBatchNorm, Argument::kNone, false, false, false, false, "batch-norm"},
    {"layer-norm", NodeKind::kLayerNorm, Argument::kNone, false, false, false, false, "layer-norm"},
    {"basic-block", NodeKind::kAdd, Argument::kWidth, false, true, false, true,
     "basic-block N [stride=S] [repeat=R] (N in 1...65535, S in 1...255 or HxW, R in 1...1000)"},
    {"relu", NodeKind::kRelu, Argument::kNone, false, false, false, false, "relu"},
    {"clip", NodeKind::kClip, Argument::kNone, false, false, false, false, "clip"},
    {"max-pool", NodeKind::kMaxPool, Argument::kKernel, false, true, true, false,
     "max-pool K [stride=S] [pad=P] (K and S in 1...255, P in 0...254, or HxW)"},
    {"average-pool", NodeKind::kAveragePool, Argument::kOptionalKernel, false, true, false, false,
     "average-pool, average-pool K [stride=S] (K and S in 1...255, or HxW)"},
    {"flatten", NodeKind::kFlatten, Argument::kNone, false, false, false, false, "flatten"},
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
  const auto setting = [&](bool has, std::string_view name, int least, int most, Extent& value) {
    const auto text = has ? words.take(name) : std::nullopt;
    if (!text) return true;
    const auto read = extent(*text, least, most);
    if (read) value = *read;
    return read.has_value();
  };
  if (const auto repeat = rule.repeat ? words.take("repeat") : std::nullopt) {
    const auto count = number(*repeat, 1, kMostRepeats);
    if (!count) return false;
    layer.repeat = *count;
  }
  Extent kernel{.height = 0, .width = 0};
  if (!setting(rule.kernel, "kernel", 1, kMostKernel, kernel)) return false;
  if (rule.kernel) {
    if (kernel.height == 0) return false;
    layer.window.kernel = kernel;
  }
  return setting(rule.stride && !layer.global, "stride", 1, kMostKernel, layer.window.stride) &&
         setting(rule.pad, "pad", 0, kMostKernel - 1, layer.window.pad) && words.empty();
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
    if (read(rule, words, layer)) return layer;
    throw UserError(fmt::format("not a {} layer; allowed: {}", name, rule.form));
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

int append(Network& network, int from, const Layer& layer, bool bias, HostRandom& random) {
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
    case NodeKind::kAdd:
      for (int i = 0; i < layer.repeat; ++i) {
        const Extent stride = i == 0 ? layer.window.stride : Extent{};
        from = append_basic_block(network, from, layer.outputs, stride, bias, random);
      }
      return from;
    case NodeKind::kClip:
      return add_clip(network, from);
    case NodeKind::kInput:
    case NodeKind::kConcat:
    case NodeKind::kShortcut:
    case NodeKind::kRelu:
      break;
  }
  return add_relu(network, from);
}

}  // namespace

std::string layer_forms() {
  std::string forms;
  for (const Rule& rule : kRules) {
    forms += forms.empty() ? "" : "; ";
    forms += rule.form;
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
    if (layer.kind == NodeKind::kAdd) count += 2 * std::int64_t{layer.repeat};
  }
  return count;
}

int append_layers(Network& network, int from, std::span<const std::string> layers, bool bias,
                  HostRandom& random) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    from =
        in_entry(layers, i, [&] { return append(network, from, parse(layers[i]), bias, random); });
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
