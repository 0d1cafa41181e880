// One process at a time in a folder.
#pragma once

#include <filesystem>

namespace sylvester {

class FolderLock {
 public:
  /// Locks `file`, which is made if need be, for the lifetime of the object. Throws UserError
  /// naming its folder if another process has it, and as throw_path_error does.
  explicit FolderLock(const std::filesystem::path& file);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace sylvester
