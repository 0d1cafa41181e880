// Networks as lists of layers in words, the value of the key network.layers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "golden/train/network.hpp"

namespace sylvester {

/// An entry is a layer that reads the entry before it. K, S and P are one number or HxW.
///   dense N                         N outputs; "dense input": as many as the sample has values
///   conv N kernel=K [stride=S] [pad=P]   N channels; stride 1, no padding
///   batch-norm, layer-norm
///   relu, clip, gelu              max(x, 0); min(max(x, 0), 1); gelu.hpp
///   attention heads=H               over the positions; the input has queries, keys and values
///   position                        adds a learned vector to each position
///   transformer-block heads=H [mlp=M] [repeat=R]  attention and a hidden layer M times as wide as
///                                   the input (M = 2), each behind a layer-norm and added to what
///                                   it reads; R blocks
///   basic-block N [stride=S] [repeat=R]  two convolutions of N channels with batch-norm, and the
///                                   input added to them; R blocks, only the first one has the
///                                   stride
///   max-pool K [stride=S] [pad=P]   stride K
///   average-pool [K [stride=S]]     stride K; without K the mean of the whole image
///   upsample F                      every row and column F times
///   keep N, add N                   remembers the tensor as N; adds it to another of its shape
///   flatten
/// Throws UserError `entry 2 'dens 5': ...; allowed: ...` if an entry is none of these.
void check_layers(std::span<const std::string> layers);

/// GEMM layers of the list, of entries that check_layers() takes; the classifier is not among them.
std::int64_t count_layers(std::span<const std::string> layers);

/// All that an entry can be, in words and separated by semicolons, for messages.
std::string layer_forms();

/// Appends the layers behind node `from`; returns the number of the last node, `from` if there are
/// none. GEMM layers have a bias if `bias` is set. Throws UserError naming the entry that does not
/// fit.
int append_layers(Network& network, int from, std::span<const std::string> layers, bool bias,
                  HostRandom& random);

/// Input, layers, classifier.
Network make_network(const Shape& input, std::span<const std::string> layers, int classes,
                     bool bias, HostRandom& random);

}  // namespace sylvester
