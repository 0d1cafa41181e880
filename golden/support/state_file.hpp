// A file with the state of an unfinished work: CBOR (RFC 8949) behind a name and a SHA-256, so that
// a file that was cut off, changed or made by something else is told from a good one.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

namespace sylvester {

/// Writes `state` in the place of what the file held; after a kill at any moment the file holds the
/// old state or the new one. Throws as throw_path_error does.
void write_state_file(const std::filesystem::path& path, std::string_view kind,
                      const nlohmann::json& state);

/// Throws UserError naming the file if it is no state file, of another kind or not as it was
/// written.
nlohmann::json read_state_file(const std::filesystem::path& path, std::string_view kind);

/// Numbers as a byte string of the state: their memory, little-endian. Instances for float, double,
/// int and std::uint32_t.
template <typename T>
nlohmann::json to_binary(const std::vector<T>& values);
/// Throws nlohmann::json::exception if this is no byte string of whole numbers.
template <typename T>
std::vector<T> from_binary(const nlohmann::json& bytes);

}  // namespace sylvester
