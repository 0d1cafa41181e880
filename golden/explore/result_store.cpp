#include "golden/explore/result_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>

#include <fmt/core.h>

#include "golden/config/convert.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/output_folder.hpp"
#include "golden/support/sha256.hpp"
#include "golden/support/version.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

/// "SyEx": the application_id in the header of the database.
constexpr std::uint32_t kApplication = 0x53794578;
/// Raised when a table changes.
constexpr std::uint32_t kTables = 2;

constexpr const char* kSchema = R"(
CREATE TABLE point (
  point_hash TEXT PRIMARY KEY,
  configuration TEXT NOT NULL,      -- all keys; train.seed and train.threads are 0
  hardware_hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE run (
  point_hash TEXT NOT NULL,
  seed INTEGER NOT NULL,
  data_hash TEXT NOT NULL,
  numerics_hash TEXT NOT NULL,
  counters TEXT NOT NULL,
  PRIMARY KEY (point_hash, seed, data_hash, numerics_hash)
) WITHOUT ROWID;
CREATE TABLE training (
  numerics_hash TEXT NOT NULL,
  counters TEXT NOT NULL,
  seed INTEGER NOT NULL,
  data_hash TEXT NOT NULL,
  version TEXT NOT NULL,
  average_incremental_accuracy REAL,
  final_accuracy REAL,
  forgetting REAL,
  limited_tile_share REAL,
  backward_bytes INTEGER,           -- all kinds together
  backward_code_bytes INTEGER,
  backward_mask_bytes INTEGER,
  backward_wide_bytes INTEGER,
  backward_float_bytes INTEGER,
  steps INTEGER,
  weights_sha256 TEXT,
  detail TEXT,                      -- as in train --json: accuracies by task, all counters
  seconds REAL NOT NULL,
  failure TEXT NOT NULL,            -- empty if there is a result
  PRIMARY KEY (numerics_hash, counters, seed, data_hash, version)
) WITHOUT ROWID;
CREATE TABLE cycles (
  point_hash TEXT NOT NULL,
  gemms TEXT NOT NULL,
  version TEXT NOT NULL,
  cycles INTEGER NOT NULL,
  array_cycles INTEGER NOT NULL,
  macs INTEGER NOT NULL,
  utilization REAL NOT NULL,
  PRIMARY KEY (point_hash, gemms, version)
) WITHOUT ROWID;
CREATE VIEW result AS
  SELECT * FROM run JOIN training USING (numerics_hash, counters, seed, data_hash)
           JOIN point USING (point_hash);
)";

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    word = word << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return word;
}

// The header of an SQLite file (sqlite.org/fileformat.html, 1.3): SQLite itself would already make
// files beside a foreign database to read it.
void require_own_header(const fs::path& file) {
  constexpr std::size_t kHeader = 100;
  require_regular_file(file);
  if (fs::file_size(file) == 0) return;  // killed before the first table was made
  std::string header(kHeader, '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open()) throw_path_error(file.string(), "cannot be read", errno);
  stream.read(header.data(), static_cast<std::streamsize>(header.size()));
  const auto refuse = [&](const std::string& what) {
    throw UserError(fmt::format("{}: {}; allowed: a new folder, or one of an exploration",
                                file.string(), what));
  };
  if (stream.gcount() != static_cast<std::streamsize>(kHeader) ||
      !header.starts_with(std::string_view("SQLite format 3\0", 16))) {
    refuse("is no database");
  }
  if (big_endian(header, 68) != kApplication) refuse("is a database of another program");
  if (big_endian(header, 60) != kTables) {
    refuse(fmt::format("has tables of version {}, not {}", big_endian(header, 60), kTables));
  }
}

// Nothing that somebody else has made may be mixed with results.
void require_own_or_new(const fs::path& folder) {
  if (fs::exists(folder / kDatabaseFile)) return require_own_header(folder / kDatabaseFile);
  require_output_folder(folder, [](const std::string& path) { return path == kLockFile; });
}

fs::path made(const fs::path& folder) {
  require_own_or_new(folder);
  make_output_folder(folder);
  return folder;
}

fs::path database_file(const fs::path& folder) {
  require_own_or_new(folder);  // again: now nobody else writes to it
  return folder / kDatabaseFile;
}

}  // namespace

std::string point_text(const Config& config) {
  return config.with("train.seed", "0").with("train.threads", "0").canonical_text();
}

ResultStore::ResultStore(const fs::path& folder)
    : lock_(made(folder) / kLockFile), database_(database_file(folder)) {
  const fs::path file = folder / kDatabaseFile;
  const auto is_own = [&] {
    return database_.integer("PRAGMA application_id") == std::int64_t{kApplication};
  };
  if (!is_own()) {
    // Header and tables come with one transaction of a rollback journal, so that the file itself,
    // not a log beside it, tells whose it is.
    Transaction transaction(database_);
    database_.execute(fmt::format("PRAGMA application_id = {}", kApplication));
    database_.execute(fmt::format("PRAGMA user_version = {}", kTables));
    database_.execute(kSchema);
    transaction.commit();
  }
  database_.execute("PRAGMA journal_mode = WAL");
  database_.execute("PRAGMA synchronous = FULL");
  if (const std::string state = database_.text("PRAGMA quick_check(1)"); state != "ok") {
    throw UserError(fmt::format("{}: is damaged: {}", file.string(), state));
  }
}

std::optional<Training> ResultStore::training(const TrainingKey& key) {
  const std::lock_guard lock(mutex_);
  Statement row(
      database_,
      "SELECT average_incremental_accuracy, final_accuracy, forgetting, "
      "limited_tile_share, steps, weights_sha256, detail, seconds, failure, "
      "backward_code_bytes, backward_mask_bytes, backward_wide_bytes, "
      "backward_float_bytes FROM training WHERE numerics_hash = ?1 AND counters = ?2 AND seed = ?3 "
      "AND data_hash = ?4 AND version = ?5");
  row.bind(1, key.numerics_hash).bind(2, key.counters).bind(3, std::int64_t{key.seed});
  row.bind(4, key.data_hash).bind(5, std::string(program_version()));
  if (!row.step()) return std::nullopt;
  Training training;
  const auto number = [&](int column) {  // SQLite keeps NaN as NULL
    return row.is_null(column) ? std::numeric_limits<double>::quiet_NaN() : row.real(column);
  };
  training.average_incremental_accuracy = number(0);
  training.final_accuracy = number(1);
  if (!row.is_null(2)) training.forgetting = row.real(2);
  training.limited_tile_share = row.real(3);
  training.steps = static_cast<std::uint64_t>(row.integer(4));
  training.weights_sha256 = row.text(5);
  training.detail = row.text(6);
  training.seconds = row.real(7);
  training.failure = row.text(8);
  training.backward_bytes = {.codes = static_cast<std::uint64_t>(row.integer(9)),
                             .masks = static_cast<std::uint64_t>(row.integer(10)),
                             .wide = static_cast<std::uint64_t>(row.integer(11)),
                             .floats = static_cast<std::uint64_t>(row.integer(12))};
  return training;
}

void ResultStore::add(const TrainingKey& key, const Training& t) {
  const std::lock_guard lock(mutex_);
  const bool has_result = t.failure.empty();
  Statement row(database_,
                has_result
                    ? "INSERT OR IGNORE INTO training VALUES "
                      "(?1, ?2, ?3, ?4, ?5, ?8, ?9, ?10, ?11, ?12, ?16, ?17, ?18, ?19, ?13, "
                      "?14, ?15, ?6, ?7)"
                    : "INSERT OR IGNORE INTO training (numerics_hash, counters, seed, data_hash, "
                      "version, seconds, failure) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  row.bind(1, key.numerics_hash).bind(2, key.counters).bind(3, std::int64_t{key.seed});
  row.bind(4, key.data_hash).bind(5, std::string(program_version()));
  row.bind(6, t.seconds).bind(7, t.failure);
  if (has_result) {
    row.bind(8, t.average_incremental_accuracy).bind(9, t.final_accuracy).bind(10, t.forgetting);
    row.bind(11, t.limited_tile_share)
        .bind(12, static_cast<std::int64_t>(t.backward_bytes.total()));
    row.bind(16, static_cast<std::int64_t>(t.backward_bytes.codes));
    row.bind(17, static_cast<std::int64_t>(t.backward_bytes.masks));
    row.bind(18, static_cast<std::int64_t>(t.backward_bytes.wide));
    row.bind(19, static_cast<std::int64_t>(t.backward_bytes.floats));
    row.bind(13, static_cast<std::int64_t>(t.steps)).bind(14, t.weights_sha256).bind(15, t.detail);
  }
  row.step();
}

std::string ResultStore::add_point(const Config& config) {
  const std::string text = point_text(config);
  std::string hash = to_hex(hash64(text));
  const std::lock_guard lock(mutex_);
  Statement row(database_, "INSERT OR IGNORE INTO point VALUES (?1, ?2, ?3)");
  row.bind(1, hash).bind(2, text).bind(3, to_hex(hardware_hash(config)));
  row.step();
  return hash;
}

void ResultStore::add_run(const std::string& point, const TrainingKey& key) {
  const std::lock_guard lock(mutex_);
  Statement row(database_, "INSERT OR IGNORE INTO run VALUES (?1, ?2, ?3, ?4, ?5)");
  row.bind(1, point).bind(2, std::int64_t{key.seed}).bind(3, key.data_hash);
  row.bind(4, key.numerics_hash).bind(5, key.counters);
  row.step();
}

std::optional<StepCycles> ResultStore::cycles(const std::string& point, const std::string& gemms) {
  const std::lock_guard lock(mutex_);
  Statement row(database_,
                "SELECT cycles, array_cycles, macs, utilization FROM cycles "
                "WHERE point_hash = ?1 AND gemms = ?2 AND version = ?3");
  row.bind(1, point).bind(2, gemms).bind(3, std::string(program_version()));
  if (!row.step()) return std::nullopt;
  return StepCycles{.cycles = static_cast<std::uint64_t>(row.integer(0)),
                    .array_cycles = static_cast<std::uint64_t>(row.integer(1)),
                    .macs = static_cast<std::uint64_t>(row.integer(2)),
                    .utilization = row.real(3)};
}

void ResultStore::add(const std::string& point, const std::string& gemms,
                      const StepCycles& cycles) {
  const std::lock_guard lock(mutex_);
  Statement row(database_, "INSERT OR IGNORE INTO cycles VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  row.bind(1, point).bind(2, gemms).bind(3, std::string(program_version()));
  row.bind(4, static_cast<std::int64_t>(cycles.cycles));
  row.bind(5, static_cast<std::int64_t>(cycles.array_cycles));
  row.bind(6, static_cast<std::int64_t>(cycles.macs)).bind(7, cycles.utilization);
  row.step();
}

}  // namespace sylvester
