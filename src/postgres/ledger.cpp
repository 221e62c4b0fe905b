#include "postgres/ledger.hpp"

#include "koobatch/core/shell_argument.hpp"
#include "koobatch/postgres/open.hpp"
#include "postgres/tables.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace koobatch::postgres {
namespace {

using fleet::Answer;

/// Debian's, which libpq would use as well.
constexpr const char* socket_folder = "/var/run/postgresql";

constexpr const char* select_facts = R"(
SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_database(), current_user,
  pg_is_in_recovery(), current_setting('transaction_read_only')::bool, current_setting('fsync')::bool,
  current_setting('full_page_writes')::bool, current_setting('data_checksums')::bool,
  current_setting('synchronous_standby_names'), t.usable
FROM (VALUES (1)) AS one LEFT JOIN (
  SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS usable
  FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid
  WHERE n.nspname = 'koobatch' AND c.relname = 'schema_version') AS t ON true)";

// Writes nothing but to the log of transactions, and is acknowledged after whatever was written there before it.
constexpr const char* synchronous_write = "SELECT pg_logical_emit_message(true, 'koobatch', '')";

/// libpq ignores a passfile that others can read, and the server then says only that there is no password.
Result<void> check_passfile(const std::string& path) {
  if (path.empty()) return {};
  struct stat facts{};
  const std::string name = "passfile " + path;
  if (::stat(path.c_str(), &facts) != 0) return system_error(ErrorKind::usage, name, "cannot be opened", errno);
  if (!S_ISREG(facts.st_mode)) return usage_error(name + ": is not a regular file");
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return usage_error(
      fmt::format("{}: others can read it, so libpq ignores it; run 'chmod 600 {}'", name, shell_argument(path)));
}

fleet::Failure refuse(Error error) {
  return {fleet::Fault::refused, std::move(error)};
}

}  // namespace

Result<std::unique_ptr<fleet::Ledger>> open(const fleet::LedgerAddress& given) {
  const char* const host = std::getenv("PGHOST");
  auto address = parse_address(given, host == nullptr || *host == '\0' ? socket_folder : host);
  if (!address) return address.error();
  if (auto checked = check_passfile(given.passfile); !checked) return checked.error();
  const auto library = load_library();
  if (!library) return library.error();
  return std::make_unique<PostgresLedger>(**library, std::move(*address), given.set_up);
}

Answer<void> PostgresLedger::prove(std::uint64_t connection) {
  const auto written = session_.execute(synchronous_write);
  if (!written) return written.error();
  if (session_.connections() != connection) return no_answer("the connection has broken while something was read");
  return {};
}

Answer<void> PostgresLedger::confirm() {
  session_.begin();
  const auto written = session_.execute(synchronous_write);
  return written ? Answer<void>() : written.error();
}

fleet::Failure PostgresLedger::unknown_run(fleet::RunNumber run) {
  if (const auto proved = prove(session_.connections()); !proved) return proved.error();
  return {fleet::Fault::forgotten,
          fatal_error(fmt::format("the engine has no run {}: it was forgotten, or the database is not the one that the"
                                  " run was submitted to",
                                  run))};
}

Answer<std::string> PostgresLedger::find_state(fleet::RunNumber run) {
  const auto found = session_.execute("SELECT state FROM koobatch.run WHERE id = $1", Parameters().number(run));
  if (!found) return found.error();
  if (found->is_empty()) return unknown_run(run);
  return std::string(found->text(0, 0));
}

Answer<ServerFacts> PostgresLedger::facts() {
  const auto reply = session_.execute(select_facts);
  if (!reply) return reply.error();
  ServerFacts facts{.version_number = reply->number<int>(0, 0),
                    .version = std::string(reply->text(0, 1)),
                    .place = session_.server(),
                    .database = std::string(reply->text(0, 2)),
                    .user = std::string(reply->text(0, 3)),
                    .is_standby = reply->truth(0, 4),
                    .is_read_only = reply->truth(0, 5),
                    .syncs = reply->truth(0, 6),
                    .writes_full_pages = reply->truth(0, 7),
                    .has_checksums = reply->truth(0, 8),
                    .standby_names = std::string(reply->text(0, 9)),
                    .has_tables = !reply->is_null(0, 10),
                    .may_use_tables = false,
                    .tables = std::nullopt};
  facts.may_use_tables = facts.has_tables && reply->truth(0, 10);
  if (!facts.may_use_tables) return facts;
  const auto version = session_.execute("SELECT max(version) FROM koobatch.schema_version");
  if (!version) return version.error();
  if (!version->is_null(0, 0)) facts.tables = version->number<int>(0, 0);
  return facts;
}

Answer<fleet::LedgerProperties> PostgresLedger::check(std::optional<unsigned> copies_known) {
  session_.begin();
  const auto found = facts();
  if (!found) return found.error();
  if (auto able = check_server(*found); !able) return refuse(able.error());
  if (auto ready = check_tables(*found); !ready) {
    Error error = ready.error();
    if (!found->has_tables && !set_up_.empty()) error.message += fmt::format(", with '{}'", set_up_);
    return refuse(std::move(error));
  }
  return describe(*found, copies_known);
}

Answer<void> PostgresLedger::create_tables() {
  session_.begin();
  auto found = facts();
  if (!found) return found.error();
  if (auto able = check_server(*found); !able) return refuse(able.error());
  if (!found->has_tables) {
    const auto created = session_.execute_all(std::string(table_statements()));
    if (created) return {};
    // Somebody else may have created them at the same time, or an earlier call without an answer.
    found = facts();
    if (!found) return found.error();
    if (!found->has_tables) return created.error();
  }
  if (auto ready = check_tables(*found); !ready) return refuse(ready.error());
  return {};
}

std::string PostgresLedger::table_script() const {
  return fmt::format(
      "-- koobatch: what many machines share. To be executed once, by the user who will submit "
      "jobs.\nBEGIN;{}COMMIT;\n",
      table_statements());
}

}  // namespace koobatch::postgres
