#include "golden/support/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <utility>

#include "golden/support/error.hpp"
#include "golden/support/interruption.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

/// What there is instead of a regular file; empty if it is one or does not exist.
std::string irregularity(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (!fs::exists(status) || fs::is_regular_file(status)) return "";
  return fs::is_directory(status) ? "is a folder, not a file" : "is not a regular file";
}

void write_all(int descriptor, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t count = write(descriptor, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw_path_error(path.string(), "writing failed", count < 0 ? errno : 0);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Throws unless entries can be made in this folder: only trying it tells for every file system.
void require_writable(const fs::path& folder) {
  const fs::path probe = folder / (".sylvester-" + std::to_string(getpid()));
  if (mkdir(probe.c_str(), 0777) != 0) {
    throw_path_error(folder.string(), "cannot be written to", errno);
  }
  rmdir(probe.c_str());
}

}  // namespace

MadeFolder::MadeFolder(const fs::path& folder) {
  if (folder.empty()) return;
  try {
    fs::path part;
    for (const fs::path& name : folder) {
      part /= name;
      std::error_code error;
      if (fs::create_directory(part, error)) made_.push_back(part);
      if (std::error_code other; fs::exists(part, other) && !fs::is_directory(part, other)) {
        error = std::make_error_code(std::errc::not_a_directory);
      }
      if (error) throw_path_error(folder.string(), "cannot make this folder", error);
    }
  } catch (...) {
    remove();
    throw;
  }
}

MadeFolder::~MadeFolder() { remove(); }

void MadeFolder::remove() noexcept {
  // Only empty folders go: what others have put there meanwhile stays.
  for (; !made_.empty(); made_.pop_back()) rmdir(made_.back().c_str());
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), folder_(path_.parent_path()) {
  if (path_.filename().empty()) {
    throw UserError(path_.string() + ": is a folder; the name of a file is needed");
  }
  if (const std::string problem = irregularity(path_); !problem.empty()) {
    throw UserError(path_.string() + ": " + problem);
  }
  static std::atomic<unsigned> count = 0;
  temporary_ = path_;
  temporary_ += ".part" + std::to_string(getpid()) + "." + std::to_string(count++);
  slot_ = register_unfinished(temporary_.c_str());
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    const int error = errno;
    forget_unfinished(slot_);
    throw_path_error(path_.string(), "cannot be written", error);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!committed_) unlink(temporary_.c_str());
  forget_unfinished(slot_);
}

void AtomicFile::commit(std::string_view content) {
  write_all(descriptor_, content, path_);
  const int descriptor = std::exchange(descriptor_, -1);
  if (close(descriptor) != 0 && errno != EINTR) {
    throw_path_error(path_.string(), "writing failed", errno);
  }
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw_path_error(path_.string(), "cannot be replaced", errno);
  }
  committed_ = true;
  folder_.keep();
}

void write_file(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.commit(content);
}

void require_regular_file(const fs::path& path) {
  if (const std::string problem = irregularity(path); !problem.empty()) {
    throw UserError(path.string() + ": " + problem);
  }
}

std::string read_file(const fs::path& path, std::size_t most_bytes) {
  require_regular_file(path);
  const auto refuse_size = [&] {
    throw UserError(path.string() + ": too large; allowed: at most " + std::to_string(most_bytes) +
                    " bytes");
  };
  std::error_code ignored;
  const std::uintmax_t size = fs::file_size(path, ignored);
  if (!ignored && size > most_bytes) refuse_size();  // without reading it
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw_path_error(path.string(), "cannot be read", errno);
  std::string content;
  std::array<char, 65536> chunk;
  while (stream.read(chunk.data(), chunk.size()) || stream.gcount() > 0) {
    content.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
    if (content.size() > most_bytes) refuse_size();
  }
  if (stream.bad()) throw EnvironmentError(path.string() + ": reading failed");
  return content;
}

void make_output_folder(const fs::path& folder) {
  const Uninterrupted section;
  MadeFolder made(folder);
  require_writable(folder);
  made.keep();
}

void require_output_folder(const fs::path& folder) {
  const Uninterrupted section;
  const MadeFolder made(folder);
  require_writable(folder);
}

}  // namespace sylvester
