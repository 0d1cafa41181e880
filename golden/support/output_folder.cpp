#include "golden/support/output_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "golden/support/error.hpp"
#include "golden/support/interruption.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

/// Begins the names of what stands in a folder only while it is written to.
constexpr const char* kTemporary = ".sylvester-";

bool is_folder(const fs::directory_entry& entry) {
  return entry.symlink_status().type() == fs::file_type::directory;
}

/// Throws unless `folder`, which exists, holds nothing but own files.
void require_replaceable(const fs::path& folder, const IsOwnFile& is_own) {
  if (!fs::is_directory(folder)) throw UserError(folder.string() + ": is a file, not a folder");
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().lexically_relative(folder).generic_string();
    // A folder counts by what it holds.
    if (is_folder(entry) && !fs::is_empty(entry.path())) continue;
    if (is_own(path) || path.starts_with(kTemporary)) continue;
    throw UserError(folder.string() + ": holds " + path +
                    ", which no earlier run has written; allowed: a new or empty folder, or one "
                    "with nothing but earlier results");
  }
}

/// Links resolved, and without a separator at the end, so that it has a name and a parent.
fs::path with_name(const fs::path& folder) {
  const fs::path path = fs::weakly_canonical(fs::absolute(folder));
  if (fs::is_symlink(path)) {
    throw UserError(folder.string() + ": is a link to nothing; allowed: the name of a folder");
  }
  return path.has_filename() ? path : path.parent_path();
}

/// In the folder itself if there is one: it may be a mount point, the working folder or a link.
fs::path staging_of(const fs::path& target, bool exists) {
  const std::string unique = std::to_string(getpid()) + ".new";
  return exists ? target / (kTemporary + unique)
                : target.parent_path() / (kTemporary + target.filename().string() + "." + unique);
}

using Moves = std::vector<std::pair<fs::path, fs::path>>;

/// Moves everything in `from` but `except`; what was moved is added to `moves`.
void move_entries(const fs::path& from, const fs::path& to, const std::vector<fs::path>& except,
                  Moves& moves) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(from)) {
    if (std::find(except.begin(), except.end(), entry.path()) == except.end()) {
      names.push_back(entry.path().filename());
    }
  }
  for (const fs::path& name : names) {
    fs::rename(from / name, to / name);
    moves.emplace_back(from / name, to / name);
  }
}

/// The folder keeps its place, its contents change.
void replace_contents(const fs::path& target, const fs::path& staging) {
  const fs::path old = target / (kTemporary + std::to_string(getpid()) + ".old");
  fs::create_directory(old);
  Moves moves;
  std::error_code ignored;
  try {
    move_entries(target, old, {staging, old}, moves);
    move_entries(staging, target, {}, moves);
  } catch (...) {
    for (; !moves.empty(); moves.pop_back()) {
      fs::rename(moves.back().second, moves.back().first, ignored);
    }
    fs::remove(old, ignored);
    throw;
  }
  fs::remove_all(old, ignored);
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& folder, const IsOwnFile& is_own)
    : target_(with_name(folder)),
      exists_(fs::exists(target_)),
      staging_(staging_of(target_, exists_)),
      made_(target_.parent_path()) {
  if (exists_) require_replaceable(target_, is_own);
  std::error_code error;
  fs::remove_all(staging_, error);
  if (!fs::create_directory(staging_, error)) {
    throw_path_error(folder.string(), "cannot be written to", error);
  }
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
}

void OutputFolder::commit() {
  if (exists_) {
    replace_contents(target_, staging_);
  } else {
    fs::rename(staging_, target_);
  }
  made_.keep();
}

void require_output_folder(const fs::path& folder, const IsOwnFile& is_own) {
  const Uninterrupted section;
  const OutputFolder output(folder, is_own);
}

void write_output_folder(const fs::path& folder, const IsOwnFile& is_own,
                         const std::function<void(const fs::path&)>& fill) {
  const Uninterrupted section;
  OutputFolder output(folder, is_own);
  fill(output.staging());
  output.commit();
}

}  // namespace sylvester
