// Whole files in memory, unpacked on the way if they are compressed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sylvester {

/// Size, packed or unpacked, above which a file is refused: the largest set here has 47 MB.
inline constexpr std::size_t kLargestUnpackedFile = std::size_t{1} << 31;

/// Content of `file`; unpacked if its name ends in .xz (liblzma) or .gz (zlib, any number of
/// members). Throws UserError that names the file: unreadable, empty, truncated, corrupt, too long.
std::string read_file_bytes(const std::filesystem::path& file);

/// `directory`/`name`, or the same with .xz or .gz added, whichever exists, in this order; none if
/// there is none or the folder cannot be read.
std::optional<std::filesystem::path> look_for_file(const std::filesystem::path& directory,
                                                   std::string_view name);

/// look_for_file; throws UserError that lists the three names.
std::filesystem::path find_file(const std::filesystem::path& directory, std::string_view name);

}  // namespace sylvester
