// NumPy's .npz files: a zip archive of .npy files, one for each named array, stored or deflated.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "golden/support/npy.hpp"

struct zip;  // of libzip

namespace sylvester {

/// The arrays of an archive. Holds the archive's bytes and unpacks one array at a time.
class Npz {
 public:
  /// Throw UserError naming the file and what is wrong: no archive, cut off, two arrays of one
  /// name, entries that are no .npy files, more than kMostUnpackedBytes in all.
  static Npz read(const std::filesystem::path& path);
  static Npz parse(std::string bytes, const std::string& name);

  /// The file, for error messages.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Names of the arrays, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool has(std::string_view array) const {
    return entries_.find(array) != entries_.end();
  }

  /// Throw UserError, its sentence beginning with `array 'x'`, if there is no such array, its bytes
  /// are damaged or it is of the other kind. The caller says of which file. Nothing behind its
  /// header is unpacked before the archive's size of it is the one that its header asks for.
  [[nodiscard]] NpyArray array(const std::string& array) const;
  [[nodiscard]] std::string text(const std::string& array) const;
  /// Shape of an array, of which no more than the header is unpacked.
  [[nodiscard]] std::vector<std::size_t> shape(const std::string& array) const;

  /// Of all arrays of an archive together, unpacked: as much as a verification keeps in memory.
  static constexpr std::uint64_t kMostUnpackedBytes = std::uint64_t{1} << 31;

 private:
  struct Entry {
    std::uint64_t index = 0;  ///< in the archive
    std::uint64_t bytes = 0;  ///< unpacked, as the archive says
  };

  enum class Kind { kArray, kText };
  [[nodiscard]] const Entry& entry(const std::string& array) const;
  [[nodiscard]] NpyHead head(const std::string& array, Kind kind) const;
  /// The first bytes of its file, at most `most`.
  [[nodiscard]] std::string unpack(const std::string& array, std::uint64_t most) const;
  [[nodiscard]] std::string unpack(const std::string& array, Kind kind) const;

  std::string name_;
  std::shared_ptr<const std::string> bytes_;  ///< which the archive reads
  std::shared_ptr<zip> archive_;
  std::map<std::string, Entry, std::less<>> entries_;
};

/// Names of arrays, without ".npy", and their files, at least one -> a deflated archive; the same
/// bytes for the same content.
std::string npz_bytes(const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace sylvester
