// The GEMMs of a whole network's training step or inference on the accelerator, layer by layer.
#pragma once

#include <string>
#include <vector>

#include "golden/config/config.hpp"
#include "golden/config/layer_jobs.hpp"
#include "golden/train/network.hpp"
#include "golden/train/recipe.hpp"

namespace sylvester {

/// A GEMM of a layer and what the layer is computed with (Config::layer).
struct NetworkGemm {
  int layer = 0;  ///< from 0, the classifier last
  LayerGemm gemm;
};

/// Of the network that the settings describe, under a batch of train.batch samples; `training`:
/// both backward GEMMs, dX where it is of use. Throws UserError if a GEMM has 2^31 lines or more.
std::vector<NetworkGemm> network_gemms(const Config& config, const Network& network, bool training);

/// "forward_activation 8x5x33, ...": names the GEMMs among those of the same configuration.
std::string text_of(const std::vector<NetworkGemm>& gemms);

/// The jobs of each GEMM in its layer's formats, transforms and tiles. Throws as describe() does.
std::vector<GemmJobs> describe(const Config& config, const HardwareParameters& hardware,
                               const std::vector<NetworkGemm>& gemms, const std::string& where);

/// The array's jobs of a low-precision layer of DoReFa codes, which come from the host.
struct CodeJobs {
  GemmDescriptor gemm;
  int count = 1;  ///< of the same shape (DRF-3)
};
/// Throws UserError beginning with `where` if the hardware was not built for it.
CodeJobs describe(const DorefaLayer& layer, const HardwareParameters& hardware,
                  const LayerGemm& gemm, const std::string& where);

}  // namespace sylvester
