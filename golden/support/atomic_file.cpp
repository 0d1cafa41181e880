#include "golden/support/atomic_file.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw UserError(folder.string() + ": cannot make this folder: " + error.message());
  }
}

// Names of temporary files, for a signal handler: plain pointers in a table of fixed size. A file
// that finds no place in it is merely left behind by an interruption.
std::array<std::atomic<char*>, 64> unfinished{};

std::size_t register_unfinished(const fs::path& path) {
  char* name = strdup(path.c_str());
  std::size_t slot = 0;
  for (char* empty = nullptr; slot < unfinished.size(); ++slot, empty = nullptr) {
    if (unfinished[slot].compare_exchange_strong(empty, name)) return slot;
  }
  std::free(name);
  return slot;
}

void forget_unfinished(std::size_t slot) {
  if (slot < unfinished.size()) std::free(unfinished[slot].exchange(nullptr));
}

}  // namespace

void remove_unfinished_files() {
  for (std::atomic<char*>& slot : unfinished) {
    if (const char* name = slot.load()) unlink(name);
  }
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  if (path_.filename().empty() || fs::is_directory(path_)) {
    throw UserError(path_.string() + ": is a folder; the name of a file is needed");
  }
  make_folder(path_.parent_path());
  static std::atomic<unsigned> count = 0;
  temporary_ = path_;
  temporary_ += ".part" + std::to_string(getpid()) + "." + std::to_string(count++);
  errno = 0;
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_) {
    throw UserError(path_.string() + ": cannot be written: " + std::strerror(errno));
  }
  slot_ = register_unfinished(temporary_);
}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  stream_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
  forget_unfinished(slot_);
}

void AtomicFile::commit() {
  errno = 0;
  stream_.flush();
  const bool written = stream_.good();
  stream_.close();
  if (!written || stream_.fail()) {
    throw EnvironmentError(path_.string() + ": writing failed: " + std::strerror(errno));
  }
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) throw EnvironmentError(path_.string() + ": cannot be replaced: " + error.message());
  committed_ = true;
  forget_unfinished(slot_);
}

void write_file(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.stream().write(content.data(), static_cast<std::streamsize>(content.size()));
  file.commit();
}

std::string read_file(const fs::path& path, std::size_t most_bytes) {
  if (fs::is_directory(path)) throw UserError(path.string() + ": is a folder, not a file");
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw UserError(path.string() + ": cannot be read: " + std::strerror(errno));
  std::string content;
  std::array<char, 65536> chunk;
  while (stream.read(chunk.data(), chunk.size()) || stream.gcount() > 0) {
    content.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
    if (content.size() > most_bytes) {
      throw UserError(path.string() + ": too large; allowed: at most " +
                      std::to_string(most_bytes) + " bytes");
    }
  }
  if (stream.bad()) throw EnvironmentError(path.string() + ": reading failed");
  return content;
}

void make_output_folder(const fs::path& folder) {
  make_folder(folder);
  if (!fs::is_directory(folder)) throw UserError(folder.string() + ": is a file, not a folder");
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    throw UserError(folder.string() + ": cannot be written to: " + std::strerror(errno));
  }
}

}  // namespace sylvester
