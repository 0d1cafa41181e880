// Whole files, read and written: a written file is either complete or not there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace sylvester {

/// A file that takes its name only when it is complete: writes to a temporary file in the same
/// folder, renamed by commit(). Without commit() nothing is left behind.
/// Missing folders are made. Throws UserError if the folder cannot be written to and
/// EnvironmentError if writing fails later (a full disk).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  std::ostream& stream() { return stream_; }
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
  std::size_t slot_ = 0;  ///< in the table of unfinished files
  bool committed_ = false;
};

void write_file(const std::filesystem::path& path, std::string_view content);

/// Throws UserError if the file does not exist, cannot be read or has more than `most_bytes`.
std::string read_file(const std::filesystem::path& path,
                      std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

/// Removes the temporary files of all AtomicFile objects; safe in a signal handler.
void remove_unfinished_files();

/// Makes a folder for results, with its parents. Throws UserError if that is impossible or if the
/// folder cannot be written to.
void make_output_folder(const std::filesystem::path& folder);

}  // namespace sylvester
