// A configuration -> the parameters of the arithmetic and of the hardware.
#pragma once

#include <cstdint>

#include "golden/config/config.hpp"
#include "golden/continual/settings.hpp"
#include "golden/data/split.hpp"
#include "golden/hardware/hardware.hpp"
#include "golden/numerics/accumulate.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/numerics/role.hpp"
#include "golden/tasks/scene_training.hpp"
#include "golden/train/recipe.hpp"
#include "golden/train/sgd.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

/// Checked: throws UserError if the configuration asks for hardware that cannot be built.
HardwareParameters hardware_parameters(const Config& config);

AccumulateRecipe accumulate_recipe(const Config& config, GemmKind kind);

/// Format, transform, scale and rounding of a role; the draw's context and the index strides are
/// the trainer's to fill in.
PrepareRecipe prepare_recipe(const Config& config, Role role);

/// The arithmetic of one layer on the numeric contract, of a configuration or of Config::layer().
LayerRecipe layer_recipe(const Config& config);

/// The same of DoReFa codes, but for pdqat.high_precision.
DorefaLayer dorefa_layer(const Config& config);

/// The arithmetic of a training run, checked; the same for every layer unless there is a precision
/// table.
TrainRecipe train_recipe(const Config& config);

SgdSettings sgd_settings(const Config& config);

/// Everything that a class-incremental run needs besides its data.
TrainSettings train_settings(const Config& config);

/// Everything that a run of detection or segmentation needs besides its scenes.
SceneSettings scene_settings(const Config& config);

/// The split of the run's seed.
SplitOptions split_options(const Config& config);
/// The scenes of the run's seed.
CanvasOptions canvas_options(const Config& config);

/// Hash of hardware_parameters(config), the one that the RTL carries.
std::uint64_t hardware_hash(const Config& config);

}  // namespace sylvester
