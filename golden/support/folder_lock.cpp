#include "golden/support/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "golden/support/error.hpp"

namespace sylvester {

FolderLock::FolderLock(const std::filesystem::path& file) {
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) throw_path_error(file.string(), "cannot be opened", errno);
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  close(descriptor_);
  if (error == EWOULDBLOCK) {
    throw UserError(file.parent_path().string() +
                    ": is used by another process; allowed: one at a time");
  }
  throw_path_error(file.string(), "cannot be locked", error);
}

FolderLock::~FolderLock() { close(descriptor_); }

}  // namespace sylvester
