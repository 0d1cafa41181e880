#include "golden/support/npz.hpp"

#include <zip.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include <fmt/format.h>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::string_view kEnding = ".npy";
constexpr zip_int64_t kMostEntries = 1 << 20;
/// 1 January 1980, the first day that an archive knows: archives do not depend on the time.
constexpr zip_uint16_t kFirstDay = 1 << 5 | 1;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

struct Close {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

class Error {
 public:
  Error() { zip_error_init(&error_); }
  ~Error() { zip_error_fini(&error_); }
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

/// The archive reads from `bytes`, which must outlive it. libzip refuses two entries of one name.
Archive open_archive(const std::string& bytes, const std::string& name) {
  Error error;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get());
  if (source == nullptr) throw EnvironmentError(fmt::format("{}: {}", name, error.text()));
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, error.get());
  if (archive == nullptr) {
    zip_source_free(source);
    throw UserError(fmt::format("{}: is not an intact .npz file ({})", name, error.text()));
  }
  return Archive(archive);
}

std::string place(const std::string& array) { return fmt::format("array '{}'", array); }

/// Only lack of memory fails while an archive is written to memory.
[[noreturn]] void fail_writing(const std::string& reason) {
  throw EnvironmentError("an .npz file cannot be made: " + reason);
}

}  // namespace

Npz Npz::parse(std::string bytes, const std::string& name) {
  Npz npz;
  npz.name_ = name;
  npz.bytes_ = std::make_shared<const std::string>(std::move(bytes));
  npz.archive_ = open_archive(*npz.bytes_, name);
  zip_t* const archive = npz.archive_.get();
  const auto refuse = [&](const std::string& what) {
    throw UserError(fmt::format("{}: {}", name, what));
  };
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  if (count > kMostEntries) {
    refuse(fmt::format("{} entries; allowed: at most {}", count, kMostEntries));
  }
  std::uint64_t total = 0;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t stat;
    constexpr zip_uint64_t kWanted = ZIP_STAT_NAME | ZIP_STAT_SIZE;
    if (zip_stat_index(archive, index, 0, &stat) != 0 || (stat.valid & kWanted) != kWanted) {
      refuse(fmt::format("entry {} has no name or no size", i));
    }
    const std::string file = stat.name;
    if (!file.ends_with(kEnding)) {
      refuse(fmt::format("holds '{}'; allowed: .npy files, as numpy.savez writes them", file));
    }
    const std::string array = file.substr(0, file.size() - kEnding.size());
    npz.entries_[array] = {index, stat.size};
    if (stat.size > kMostUnpackedBytes || (total += stat.size) > kMostUnpackedBytes) {
      refuse(fmt::format("unpacks to more than {} bytes, the most that is allowed",
                         kMostUnpackedBytes));
    }
  }
  return npz;
}

Npz Npz::read(const std::filesystem::path& path) {
  return parse(read_file(path, kMostUnpackedBytes), path.string());
}

std::vector<std::string> Npz::names() const {
  std::vector<std::string> names;
  for (const auto& [array, entry] : entries_) names.push_back(array);
  return names;
}

const Npz::Entry& Npz::entry(const std::string& array) const {
  const auto found = entries_.find(array);
  if (found == entries_.end()) throw UserError(fmt::format("{} is missing", place(array)));
  return found->second;
}

std::string Npz::unpack(const std::string& array, std::uint64_t most) const {
  const Entry& whole = entry(array);
  const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive_.get(), whole.index, 0));
  if (file == nullptr) {
    throw UserError(
        fmt::format("{} cannot be unpacked ({})", place(array), zip_strerror(archive_.get())));
  }
  // The size is what the archive claims: memory is taken for what is really there. One byte more
  // than that is asked for, to see the end and the checksum.
  constexpr std::uint64_t kChunk = std::uint64_t{1} << 20;
  const std::uint64_t wanted = std::min(most, whole.bytes + 1);
  std::string content;
  while (content.size() < wanted) {
    const std::size_t filled = content.size();
    content.resize(filled + std::min(kChunk, wanted - filled));
    const zip_int64_t count =
        zip_fread(file.get(), content.data() + filled, content.size() - filled);
    if (count < 0) {
      throw UserError(
          fmt::format("{} is damaged ({})", place(array), zip_file_strerror(file.get())));
    }
    content.resize(filled + static_cast<std::size_t>(count));
    if (content.size() > whole.bytes || (count == 0 && filled != whole.bytes)) {
      throw UserError(fmt::format("{} is damaged (it has not the {} bytes that the archive says)",
                                  place(array), whole.bytes));
    }
    if (count == 0) break;
  }
  return content;
}

NpyHead Npz::head(const std::string& array, Kind kind) const {
  constexpr std::uint64_t kLongestHeader = std::uint64_t{1} << 17;
  return parse_npy_head(unpack(array, kLongestHeader), place(array), kind == Kind::kText);
}

std::string Npz::unpack(const std::string& array, Kind kind) const {
  const std::uint64_t needed = head(array, kind).bytes;
  if (needed != entry(array).bytes) {
    throw UserError(fmt::format("{}: has {} bytes; its header asks for {}", place(array),
                                entry(array).bytes, needed));
  }
  return unpack(array, needed + 1);
}

std::vector<std::size_t> Npz::shape(const std::string& array) const {
  return head(array, Kind::kArray).shape;
}

NpyArray Npz::array(const std::string& array) const {
  return parse_npy(unpack(array, Kind::kArray), place(array));
}

std::string Npz::text(const std::string& array) const {
  return parse_npy_text(unpack(array, Kind::kText), place(array));
}

std::string npz_bytes(const std::vector<std::pair<std::string, std::string>>& files) {
  Error error;
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, error.get());
  if (target == nullptr) fail_writing(error.text());
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> kept(target, zip_source_free);
  zip_source_keep(target);  // by the archive, which frees it
  Archive archive(zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, error.get()));
  if (archive == nullptr) {
    zip_source_free(target);
    fail_writing(error.text());
  }
  for (const auto& [array, bytes] : files) {
    zip_source_t* source = zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
    const std::string file = array + std::string(kEnding);
    const zip_int64_t index =
        source == nullptr ? -1
                          : zip_file_add(archive.get(), file.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      fail_writing(zip_strerror(archive.get()));
    }
    const auto entry = static_cast<zip_uint64_t>(index);
    if (zip_set_file_compression(archive.get(), entry, ZIP_CM_DEFLATE, 1) != 0 ||
        zip_file_set_dostime(archive.get(), entry, 0, kFirstDay, 0) != 0) {
      fail_writing(zip_strerror(archive.get()));
    }
  }
  if (zip_close(archive.get()) != 0) fail_writing(zip_strerror(archive.get()));
  std::ignore = archive.release();

  if (zip_source_open(target) != 0) fail_writing(zip_error_strerror(zip_source_error(target)));
  std::string bytes;
  zip_stat_t stat;
  if (zip_source_stat(target, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) != 0) {
    bytes.resize(stat.size);
  }
  const zip_int64_t count = zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  if (count < 0 || static_cast<std::size_t>(count) != bytes.size()) {
    fail_writing("reading it back failed");
  }
  return bytes;
}

}  // namespace sylvester
