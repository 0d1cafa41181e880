// CIFAR-10 and CIFAR-100, binary version (A. Krizhevsky, "Learning Multiple Layers of Features from
// Tiny Images", University of Toronto, 2009): colour images of 32 x 32 pixels.
#pragma once

#include <filesystem>
#include <optional>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// data_batch_1.bin ... data_batch_5.bin and test_batch.bin of `folder` or its sub-folder
/// cifar-10-batches-bin: records of a label 0 ... 9 and 3 x 32 x 32 bytes. Pixels are scaled by
/// 1/255. None if data_batch_1.bin is not there. Throws UserError.
std::optional<Dataset> read_cifar10(const std::filesystem::path& folder);

/// train.bin and test.bin of `folder` or its sub-folder cifar-100-binary: records of a coarse label
/// 0 ... 19, which is not used, a fine label 0 ... 99 and 3 x 32 x 32 bytes. Channels are
/// standardised with the constants of the field. None if train.bin is not there. Throws UserError.
std::optional<Dataset> read_cifar100(const std::filesystem::path& folder);

}  // namespace sylvester
