// Whole files, read and written: a written file is either complete or not there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace sylvester {

/// A folder that is there, with its parents; those that had to be made are removed again by the
/// destructor unless keep() was called. Throws as throw_path_error does.
class MadeFolder {
 public:
  explicit MadeFolder(const std::filesystem::path& folder);
  ~MadeFolder();
  MadeFolder(const MadeFolder&) = delete;
  MadeFolder& operator=(const MadeFolder&) = delete;

  void keep() { made_.clear(); }

 private:
  void remove() noexcept;
  std::vector<std::filesystem::path> made_;  ///< parents first
};

/// A file that takes its name only when it is complete: commit() writes to a temporary file in the
/// same folder and renames it. Without commit() nothing is left behind.
/// Missing folders are made. Throws as throw_path_error does: the constructor if the file cannot be
/// made, commit() if writing fails later.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  std::ostream& stream() { return stream_; }
  void commit() { commit(stream_.view()); }
  /// Writes this instead of what went into the stream.
  void commit(std::string_view content);

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  MadeFolder folder_;
  std::ostringstream stream_;
  std::size_t slot_ = 0;  ///< in the table of unfinished files
  int descriptor_ = -1;
  bool committed_ = false;
};

void write_file(const std::filesystem::path& path, std::string_view content);

/// Throws UserError if this is no regular file: reading a FIFO or a device may never end.
void require_regular_file(const std::filesystem::path& path);

/// Throws UserError if the file does not exist, is not regular, cannot be read or has more than
/// `most_bytes`.
std::string read_file(const std::filesystem::path& path,
                      std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

/// Makes a folder for results, with its parents. Throws as throw_path_error does if that is
/// impossible or if no file can be made in it.
void make_output_folder(const std::filesystem::path& folder);

/// Throws what make_output_folder would throw, and leaves everything as it was.
void require_output_folder(const std::filesystem::path& folder);

}  // namespace sylvester
