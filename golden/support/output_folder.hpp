// A folder of results that is written as a whole: all of the new files, or the folder as it was.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "golden/support/atomic_file.hpp"

namespace sylvester {

/// True for what an earlier run has written: a path relative to the folder, with '/' between names.
using IsOwnFile = std::function<bool(const std::string& path)>;

/// Takes files in staging(); commit() puts them in the place of what the folder held. Nothing is
/// left behind without commit().
class OutputFolder {
 public:
  /// Throws UserError unless the folder is absent, empty or holds nothing but own files, and as
  /// throw_path_error does if it cannot be written to.
  OutputFolder(const std::filesystem::path& folder, const IsOwnFile& is_own);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& staging() const { return staging_; }
  void commit();

 private:
  std::filesystem::path target_;
  bool exists_;
  std::filesystem::path staging_;
  MadeFolder made_;
};

/// Throws what the constructor of OutputFolder would throw, and leaves everything as it was: for
/// the start of a long run.
void require_output_folder(const std::filesystem::path& folder, const IsOwnFile& is_own);

/// Writes a folder: `fill` writes files below the path that it is given. An interruption waits.
void write_output_folder(const std::filesystem::path& folder, const IsOwnFile& is_own,
                         const std::function<void(const std::filesystem::path&)>& fill);

}  // namespace sylvester
