#include "golden/explore/sqlite.hpp"

#include <sqlite3.h>

#include <stdexcept>

#include <fmt/core.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kPatience = 10'000;  // milliseconds, for a reader that holds a lock

}  // namespace

Database::Database(const std::filesystem::path& file) : file_(file) {
  const int code =
      sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  try {
    if (handle_ == nullptr) throw std::bad_alloc();
    require(code);
    sqlite3_busy_timeout(handle_, kPatience);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::require(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  const std::string sentence = fmt::format("{}: {}", file_.string(), sqlite3_errmsg(handle_));
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      throw UserError(fmt::format("{}: is damaged, or no database: {}", file_.string(),
                                  sqlite3_errmsg(handle_)));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw UserError(sentence);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOLFS:
      throw EnvironmentError(sentence);
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    default:
      throw std::runtime_error(sentence);
  }
}

void Database::execute(const std::string& sql) {
  require(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::string Database::text(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  database.require(sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &handle_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int index, std::int64_t value) {
  database_.require(sqlite3_bind_int64(handle_, index, value));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  database_.require(sqlite3_bind_double(handle_, index, value));
  return *this;
}

Statement& Statement::bind(int index, const std::string& value) {
  database_.require(sqlite3_bind_text(handle_, index, value.data(), static_cast<int>(value.size()),
                                      SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(int index, const std::optional<double>& value) {
  if (value) return bind(index, *value);
  database_.require(sqlite3_bind_null(handle_, index));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  database_.require(code);
  return code == SQLITE_ROW;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }
std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(handle_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace sylvester
