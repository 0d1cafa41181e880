#include "golden/pdqat/selection.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include <fmt/format.h>

#include "golden/numerics/names.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

constexpr NameTable<DualKind, 2> kKindNames{
    {{DualKind::kProximity, "proximity"}, {DualKind::kAccumulator, "accumulator"}}};
constexpr NameTable<Choice, 3> kChoiceNames{
    {{Choice::kLargest, "largest"}, {Choice::kSmallest, "smallest"}, {Choice::kRandom, "random"}}};

}  // namespace

DualKind dual_kind(std::string_view name) { return find_name(kKindNames, "constraint", name); }
Choice choice(std::string_view name) { return find_name(kChoiceNames, "choice", name); }

std::vector<LayerDual> layer_duals(const Json& result, DualKind kind, const std::string& file) {
  const std::string name(name_of(kKindNames, kind));
  std::vector<LayerDual> duals;
  try {
    const Json& seeds = result.at("seeds");
    for (std::size_t s = 0; s < seeds.size(); ++s) {
      const auto differ = [&] {
        throw UserError(fmt::format("{}: its seeds have constraints of different layers", file));
      };
      std::size_t i = 0;
      for (const Json& layer : seeds.at(s).at("constraints").at("layers")) {
        if (!layer.contains(name)) continue;
        const int number = layer.at("layer").get<int>();
        if (s == 0) duals.push_back({number, 0.0});
        if (i >= duals.size() || duals[i].layer != number) differ();
        duals[i++].dual +=
            layer.at(name).at("dual").get<double>() / static_cast<double>(seeds.size());
      }
      if (i != duals.size()) differ();
    }
  } catch (const nlohmann::json::exception&) {
    throw UserError(fmt::format(
        "{}: not the result of a training with train.arithmetic = \"pdqat\" and whole epochs",
        file));
  }
  if (duals.empty()) {
    throw UserError(fmt::format("{}: no layer has a constraint '{}'", file, name));
  }
  return duals;
}

std::vector<LayerDual> choose_layers(const std::vector<LayerDual>& layers, Choice choice, int count,
                                     std::uint64_t seed) {
  std::vector<LayerDual> chosen = layers;
  if (choice == Choice::kRandom) {
    HostRandom random(seed);
    shuffle(std::span<LayerDual>(chosen), random);
  } else {
    std::ranges::stable_sort(chosen, [&](const LayerDual& a, const LayerDual& b) {
      return choice == Choice::kLargest ? a.dual > b.dual : a.dual < b.dual;
    });
  }
  chosen.resize(std::min(chosen.size(), static_cast<std::size_t>(count)));
  std::ranges::sort(chosen, {}, &LayerDual::layer);
  return chosen;
}

std::string table_text(const std::vector<LayerDual>& layers,
                       const std::vector<std::string>& settings, const std::string& comment) {
  std::string text = fmt::format("# {}\n", comment);
  for (const LayerDual& layer : layers) {
    text += fmt::format("\n[[layer]]\nnumber = {}  # multiplier {:.6g}\n", layer.layer, layer.dual);
    for (const std::string& setting : settings) text += setting + "\n";
  }
  return text;
}

}  // namespace sylvester
