// SQLite with errors as the project has them. The only place that knows the library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace sylvester {

/// An open database. Its functions throw UserError if the file is no database, damaged or not
/// accessible, and EnvironmentError if the disk fails. For one thread at a time.
class Database {
 public:
  /// Makes the file if it is not there.
  explicit Database(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// One or more statements without results.
  void execute(const std::string& sql);
  /// The value of a statement with one row of one column.
  std::string text(const std::string& sql);
  std::int64_t integer(const std::string& sql);

  /// Throws for a result code of the library that is no success.
  void require(int code) const;
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
};

/// A statement with ?1, ?2, ... for values.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, const std::string& value);
  Statement& bind(int index, const std::optional<double>& value);

  /// True if there is a row; its columns are counted from 0.
  bool step();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

/// Everything in its life is written together, or not at all without commit().
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace sylvester
