// Networks as lists of layers in words, the value of the key network.layers.
#pragma once

#include <span>
#include <string>

#include "golden/train/network.hpp"

namespace sylvester {

/// The words of an entry, each behind what it reads by default: the entry before it.
///   dense N      N outputs; "dense input": as many as the sample has values
///   relu
/// Throws UserError `entry 2 'dens 5': ...; allowed: ...` if an entry is none of these.
void check_layers(std::span<const std::string> layers);

/// Appends the layers behind node `from`; returns the number of the last node, `from` if there are
/// none. GEMM layers have a bias if `bias` is set. Throws UserError naming the entry that does not
/// fit.
int append_layers(Network& network, int from, std::span<const std::string> layers, bool bias,
                  HostRandom& random);

/// Input, layers, classifier.
Network make_network(const Shape& input, std::span<const std::string> layers, int classes,
                     bool bias, HostRandom& random);

}  // namespace sylvester
