#include "postgres_subject.hpp"

#include "koobatch/postgres/open.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace koobatch::test {
namespace {

std::unique_ptr<PostgresServer> the_server;

/// Does something at the end of its life.
std::shared_ptr<void> at_end(std::function<void()> act) {
  return {nullptr, [act = std::move(act)](void*) { act(); }};
}

class PostgresSubject final : public Subject {
 public:
  bool is_available() const override { return PostgresServer::is_installed(); }

  std::unique_ptr<fleet::Ledger> open() override {
    if (!has_tables_) {
      postgres_server().query(fmt::format("CREATE DATABASE {}", postgres_database));
      must(open_database()->create_tables());
      has_tables_ = true;
    }
    return open_database();
  }

  std::shared_ptr<void> hold_acknowledgements() override {
    set_standbys("nobody");
    return at_end([] { set_standbys(""); });
  }

  std::shared_ptr<void> hold_worker(fleet::WorkerNumber worker) override {
    return postgres_server().hold(fmt::format("SELECT FROM koobatch.worker WHERE id = {} FOR UPDATE", worker),
                                  postgres_database);
  }

  void cut_connections() override {
    while (query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'koobatch'") !=
           "0") {
    }
  }

  void give_up_copies() override {
    query("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  }

  void forget_groups(fleet::WorkerNumber worker, fleet::GroupNumber last) override {
    query(
        fmt::format("DELETE FROM koobatch.journal WHERE worker = {0} AND grp > {1};"
                    "UPDATE koobatch.worker SET grp = {1} WHERE id = {0}",
                    worker, last));
  }

  std::shared_ptr<void> be_away() override {
    postgres_server().stop();
    return at_end([] { postgres_server().start(); });
  }

  std::uint64_t bytes_of(fleet::RunNumber run) override {
    return std::stoull(query(fmt::format(
        "SELECT pg_total_relation_size('koobatch.chunk_{0}') + pg_total_relation_size('koobatch.journal_{0}')"
        " + pg_total_relation_size('koobatch.tenure')",
        run)));
  }

 private:
  static std::string query(const std::string& statement) {
    return postgres_server().query(statement, postgres_database);
  }

  static void set_standbys(const std::string& names) {
    query(fmt::format("ALTER SYSTEM SET synchronous_standby_names = '{}'", names));
    query("SELECT pg_reload_conf()");
    while (query("SHOW synchronous_standby_names") != names) {
    }
  }

  static std::unique_ptr<fleet::Ledger> open_database() {
    auto ledger = postgres::open({.url = postgres_server().url(postgres_database)});
    if (!ledger) throw std::runtime_error(ledger.error().message);
    return std::move(*ledger);
  }

  bool has_tables_ = false;
};

struct StopServer {
  ~StopServer() { the_server.reset(); }
};
BOOST_TEST_GLOBAL_FIXTURE(StopServer);

}  // namespace

PostgresServer& postgres_server() {
  if (!the_server) the_server = std::make_unique<PostgresServer>();
  return *the_server;
}

Subject& subject() {
  static PostgresSubject postgres;
  return postgres;
}

}  // namespace koobatch::test
