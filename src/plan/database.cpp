#include "plan/database.hpp"

#include "koobatch/core/new_file.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <new>
#include <utility>

namespace koobatch::plan {
namespace {

/// After a crash everything is made again, so nothing needs to be durable.
constexpr std::string_view settings =
    "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA temp_store = FILE; PRAGMA cache_size = -{}; CREATE TABLE opened (x)";

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Result<std::unique_ptr<Database>> Database::create(const std::filesystem::path& folder, unsigned kibibytes) {
  constexpr mode_t only_owner = 0600;
  auto file = open_temporary(folder / "join", only_owner);
  if (!file.file) return system_error(ErrorKind::fatal, folder.native(), "no file can be created there", errno);
  std::unique_ptr<Database> made(new Database(folder.native()));
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(file.path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  made->database_.reset(database);
  auto opened = code == SQLITE_OK ? made->configure(kibibytes) : Result<void>(made->failure());
  // The file is open by now, and stays so without its name.
  ::unlink(file.path.c_str());
  if (!opened) return opened.error();
  return made;
}

Result<void> Database::configure(unsigned kibibytes) {
  // What is sorted beside the database goes there, too: other folders for temporary files may be in memory.
  const std::unique_ptr<char, void (*)(void*)> sorting(
      sqlite3_mprintf("PRAGMA temp_store_directory = %Q", folder_.c_str()), sqlite3_free);
  if (!sorting) throw std::bad_alloc();
  if (auto set = execute(sorting.get()); !set) return set;
  return execute(fmt::format(settings, kibibytes).c_str());
}

Error Database::failure() const {
  if (!database_ || sqlite3_errcode(database_.get()) == SQLITE_NOMEM) throw std::bad_alloc();
  return fatal_error(fmt::format("{}: the temporary file for comparing items there failed: {}", folder_,
                                 sqlite3_errmsg(database_.get())));
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

std::uint64_t Database::changes() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(database_.get()));
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure();
  return Statement(*this, statement);
}

Result<void> Database::prepare(std::optional<Statement>& statement, std::string_view sql) {
  auto prepared = prepare(sql);
  if (!prepared) return prepared.error();
  statement.emplace(std::move(*prepared));
  return {};
}

Statement& Statement::bind(int parameter, std::int64_t number) {
  [[maybe_unused]] const int code = sqlite3_bind_int64(statement_.get(), parameter, number);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // Bytes, which are compared as such; an empty view may be null, which would be NULL.
  [[maybe_unused]] const int code = sqlite3_bind_blob(statement_.get(), parameter, text.empty() ? "" : text.data(),
                                                      static_cast<int>(text.size()), SQLITE_STATIC);
  assert(code == SQLITE_OK);
  return *this;
}

Result<void> Statement::run() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_DONE) return database_->failure();
  reset();
  return {};
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) return database_->failure();
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

}  // namespace koobatch::plan
