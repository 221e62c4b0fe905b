#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace koobatch::plan {

class Database;

/// A prepared statement. Belongs to its database, which outlives it. Errors (fatal) name the folder of the file.
class Statement {
 public:
  /// Binds the parameters from 1 on. Texts are not copied: they must live until the next reset() or run().
  Statement& bind(int parameter, std::int64_t number);
  Statement& bind(int parameter, std::string_view text);

  /// Executes a statement that returns no row, and resets it.
  Result<void> run();
  /// Steps to the next row; false at the end.
  Result<bool> next();
  void reset();

  std::int64_t number(int column) const;
  bool is_null(int column) const;
  /// Valid until the next step.
  std::string_view text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(const Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A database in a file without a name, which nobody else sees and which is gone with this object. Nothing in it is
/// durable.
class Database {
 public:
  /// `folder`: where its file takes its space, and what is sorted beside it: for the latter, the last folder given
  /// counts for all databases of the process. `kibibytes`: of memory that it uses, however large it is, and as much
  /// again while it sorts.
  static Result<std::unique_ptr<Database>> create(const std::filesystem::path& folder, unsigned kibibytes);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The same, into `statement`.
  Result<void> prepare(std::optional<Statement>& statement, std::string_view sql);
  /// How many rows the last statement has inserted.
  std::uint64_t changes() const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(std::string folder) : folder_(std::move(folder)) {}
  Result<void> configure(unsigned kibibytes);
  Error failure() const;

  std::string folder_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace koobatch::plan
