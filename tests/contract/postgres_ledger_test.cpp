#include "koobatch/postgres/open.hpp"

#include "contains.hpp"
#include "postgres_subject.hpp"
#include "subject.hpp"

#include <sys/stat.h>

#include <fstream>
#include <thread>

// What only a ledger in PostgreSQL does: finding out whether a server can be one, and saying what to do if not.

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;

namespace {

std::unique_ptr<fleet::Ledger> open_at(const std::string& url, const std::string& passfile = {}) {
  auto ledger = postgres::open({.url = url, .passfile = passfile});
  if (!ledger) throw std::runtime_error(ledger.error().message);
  (*ledger)->set_patience(std::chrono::seconds(5));
  return std::move(*ledger);
}

/// Why there can be no ledger at this URL.
fleet::Failure problem_at(const std::string& url, const std::string& passfile = {}) {
  return failure_of(open_at(url, passfile)->check({}));
}

/// A database with its tables, until the end of the test.
class Database {
 public:
  explicit Database(std::string name) : name_(std::move(name)) {
    postgres_server().query("CREATE DATABASE " + name_);
    must(open_at(url())->create_tables());
  }
  ~Database() { postgres_server().query("DROP DATABASE " + name_ + " WITH (FORCE)"); }

  std::string url(std::string_view user = "postgres") const { return postgres_server().url(name_, user); }
  void query(const std::string& statement) const { postgres_server().query(statement, name_); }

 private:
  std::string name_;
};

void check_says(const fleet::Failure& failure, Fault fault, std::string_view part) {
  BOOST_TEST(failure.fault == fault);
  BOOST_TEST(contains(failure.error.message, part), failure.error.message);
}

std::string write_passfile(const std::string& line) {
  const std::string path = postgres_server().folder() + "/passfile";
  std::ofstream(path) << line << "\n";
  ::chmod(path.c_str(), 0600);
  return path;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_ledger, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(a_good_server_says_what_it_is_and_how_many_copies_it_keeps) {
  const auto ledger = subject().open();
  const auto alone = must(ledger->check({}));
  BOOST_TEST(contains(alone.server, "PostgreSQL 1"), alone.server);
  BOOST_TEST(contains(alone.server, postgres_server().folder()), alone.server);
  BOOST_TEST(alone.copies == 1U);
  BOOST_TEST(contains(alone.why_not_safe, "synchronous_standby_names"), alone.why_not_safe);
  const auto vouched = must(ledger->check(3));
  BOOST_TEST(vouched.copies == 3U);
  BOOST_TEST(vouched.why_not_safe == "");
  const auto held = subject().hold_acknowledgements();
  BOOST_TEST(must(ledger->check({})).copies == 2U);
}

BOOST_AUTO_TEST_CASE(tables_are_created_once_even_by_two_at_the_same_time) {
  postgres_server().query("CREATE DATABASE fresh");
  const std::string url = postgres_server().url("fresh");
  check_says(problem_at(url), Fault::refused, "the database fresh at " + postgres_server().folder());
  check_says(problem_at(url), Fault::refused, "create them first");
  check_says(failure_of(open_at(url)->runs()), Fault::refused, "create them first");
  fleet::Answer<void> other = fleet::Failure{};
  std::thread creates([&] { other = open_at(url)->create_tables(); });
  const auto mine = open_at(url)->create_tables();
  creates.join();
  BOOST_TEST(mine.has_value());
  BOOST_TEST(other.has_value());
  BOOST_TEST(open_at(url)->create_tables().has_value());
  BOOST_TEST(open_at(url)->check({}).has_value());
  postgres_server().query("DROP DATABASE fresh WITH (FORCE)");
}

BOOST_AUTO_TEST_CASE(the_script_for_administrators_creates_what_is_needed) {
  postgres_server().query("CREATE DATABASE scripted");
  const auto ledger = open_at(postgres_server().url("scripted"));
  postgres_server().query(ledger->table_script(), "scripted");
  BOOST_TEST(ledger->check({}).has_value());
  must(ledger->forget(submit(*ledger)));
  postgres_server().query("DROP DATABASE scripted WITH (FORCE)");
}

BOOST_AUTO_TEST_CASE(tables_of_another_version_are_left_alone) {
  const Database database("versions");
  database.query("UPDATE koobatch.schema_version SET version = 2");
  check_says(problem_at(database.url()), Fault::refused, "have version 2, and this program needs version 1");
  check_says(failure_of(open_at(database.url())->create_tables()), Fault::refused, "have version 2");
  database.query("UPDATE koobatch.schema_version SET version = 0");
  check_says(problem_at(database.url()), Fault::refused, "have version 0");
}

BOOST_AUTO_TEST_CASE(workers_need_their_role_and_nothing_else) {
  const Database database("roles");
  postgres_server().query("CREATE ROLE hand LOGIN");
  check_says(problem_at(database.url("hand")), Fault::refused, "GRANT koobatch_worker TO \"hand\"");
  check_says(failure_of(open_at(database.url("hand"))->runs()), Fault::refused, "koobatch_worker");
  postgres_server().query("GRANT koobatch_worker TO hand");
  const auto owner = open_at(database.url());
  const auto run = submit(*owner, {.parts = 1, .chunks = 1, .rate = 10, .burst = 5});
  const auto ledger = open_at(database.url("hand"));
  must(ledger->check({}));
  const auto me = must(ledger->enrol(run, "hand", 1));
  const auto other = must(ledger->enrol(run, "other", 2));
  must(ledger->claim(me, 1, {}));
  must(ledger->chunks(run, 0, 1, 1, 1));
  must(ledger->earlier_owners(me, run, 0, 1));
  must(ledger->beat(me, {}));
  must(ledger->take_share(me, 0, 1, 1));
  must(ledger->commit(me, {.number = 1, .packed = "x"}, std::vector<fleet::PartProgress>{{0, 1, 1}}, {}));
  must(ledger->settle(me));
  BOOST_TEST(must(ledger->fence(other.number, 0, {})));
  must(ledger->pause_for(run, {}));
  must(ledger->record_fence_proof(run, fleet::FenceProof::proven));
  must(ledger->wait_for_news(run, {}));
  must(ledger->survey(run));
  must(ledger->groups(run, me.number, 0, 1));
  must(ledger->end_holds(run, other.number));
  must(ledger->leave(me, {}));
  BOOST_TEST(must(ledger->complete(run)));
  check_says(failure_of(ledger->begin_run(description_of({}))), Fault::refused, "the user lacks a right");
  check_says(failure_of(ledger->forget(run)), Fault::refused, "owner");
  postgres_server().query("DROP OWNED BY hand", "roles");
  postgres_server().query("DROP ROLE hand");
}

BOOST_AUTO_TEST_CASE(a_user_who_may_not_create_tables_is_told_so) {
  postgres_server().query("CREATE DATABASE closed");
  postgres_server().query("CREATE ROLE guest LOGIN");
  const auto failure = failure_of(open_at(postgres_server().url("closed", "guest"))->create_tables());
  check_says(failure, Fault::refused, "permission denied for database closed");
  postgres_server().query("DROP DATABASE closed");
  postgres_server().query("DROP ROLE guest");
}

BOOST_AUTO_TEST_CASE(missing_and_wrong_passwords_are_told_apart_and_never_repeated) {
  const Database database("secrets");
  postgres_server().query("CREATE ROLE keyholder LOGIN PASSWORD 'canary-right'");
  postgres_server().query("GRANT koobatch_worker TO keyholder");
  const std::string rules = postgres_server().query("SHOW hba_file");
  const std::string before = [&] {
    std::ifstream file(rules);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  std::ofstream(rules) << "local all keyholder scram-sha-256\n" << before;
  postgres_server().query("SELECT pg_reload_conf()");
  const std::string url = database.url("keyholder");
  const std::string host = postgres_server().folder();

  const auto empty = write_passfile("");
  check_says(problem_at(url, empty), Fault::refused, "host:port:database:user:password");
  const auto wrong = problem_at(url, write_passfile("*:*:*:keyholder:canary-wrong"));
  check_says(wrong, Fault::refused, "correct the password in the passfile");
  BOOST_TEST(!contains(wrong.error.message, "canary"));
  const auto right = write_passfile("*:*:*:keyholder:canary-right");
  BOOST_TEST(open_at(url, right)->check({}).has_value());
  ::chmod(right.c_str(), 0640);
  const auto open_to_all = postgres::open({.url = url, .passfile = right});
  BOOST_TEST_REQUIRE(!open_to_all.has_value());
  BOOST_TEST(contains(open_to_all.error().message, "chmod 600"), open_to_all.error().message);

  std::ofstream(rules) << before;
  postgres_server().query("SELECT pg_reload_conf()");
  postgres_server().query("DROP ROLE keyholder");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named) {
  check_says(problem_at(postgres_server().url("nowhere")), Fault::refused, "create the database first");
  check_says(problem_at(postgres_server().url("postgres", "stranger")), Fault::refused, "stranger");
  check_says(problem_at("postgresql:///x?host=" + postgres_server().folder() + "/none"), Fault::unreachable,
             "No such file or directory");
  check_says(problem_at("postgresql://localhost:1/x"), Fault::unreachable, "port 1");
  check_says(problem_at("postgresql://no-such-host.invalid/x"), Fault::unreachable, "no-such-host.invalid");
}

BOOST_AUTO_TEST_CASE(a_node_that_cannot_be_reached_does_not_keep_others_from_being_found) {
  const auto ledger = open_at("postgresql://postgres@/koobatch?host=localhost,no-such-host.invalid,/none," +
                              postgres_server().folder() + "&port=1,5432,5432,5432");
  subject().open();
  for (int i = 0; i < 4; ++i) {
    BOOST_TEST(ledger->check({}).has_value());
    subject().cut_connections();
  }
}

BOOST_AUTO_TEST_CASE(a_standby_is_passed_over_and_named_when_there_is_nothing_else) {
  subject().open();
  const PostgresServer standby(postgres_server());
  check_says(problem_at(standby.url(postgres_database)), Fault::unreachable, "it is a standby");
  const auto both =
      open_at("postgresql://postgres@/koobatch?host=" + standby.folder() + "," + postgres_server().folder());
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(contains(must(both->check({})).server, postgres_server().folder()));
    subject().cut_connections();
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_would_forget_results_is_refused) {
  subject().open();
  const auto problem = [](const std::map<std::string, std::string>& settings) {
    postgres_server().stop();
    postgres_server().start(settings);
    return problem_at(postgres_server().url(postgres_database));
  };
  check_says(problem({{"fsync", "off"}}), Fault::refused, "set fsync=on");
  check_says(problem({{"full_page_writes", "off"}}), Fault::refused, "set full_page_writes=on");
  check_says(problem({{"default_transaction_read_only", "on"}}), Fault::unreachable, "set to read-only");
  postgres_server().stop();
  postgres_server().start();
}

BOOST_AUTO_TEST_CASE(statements_that_nobody_waits_for_do_not_use_up_the_servers_connections) {
  const auto run = submit(*subject().open());
  Hand hand(run);
  hand.ledger->set_patience(std::chrono::milliseconds(200));
  const auto held = subject().hold_worker(hand.me.number);
  for (int i = 0; i < 3; ++i) BOOST_TEST(failure_of(hand.ledger->beat(hand.me, {})).fault == Fault::unanswered);
  const std::string waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'koobatch' AND state = 'active'";
  BOOST_TEST(postgres_server().query(waiting) != "0");
  const auto until = Steady::now() + std::chrono::seconds(20);
  while (postgres_server().query(waiting) != "0" && Steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  BOOST_TEST(postgres_server().query(waiting) == "0");
}

BOOST_AUTO_TEST_CASE(odd_settings_of_a_database_have_no_effect) {
  const Database database("odd");
  database.query("ALTER DATABASE odd SET synchronous_commit = off");
  database.query("ALTER DATABASE odd SET statement_timeout = '1ms'");
  database.query("ALTER DATABASE odd SET default_transaction_isolation = 'serializable'");
  database.query("ALTER DATABASE odd SET search_path = nowhere");
  database.query("ALTER DATABASE odd SET bytea_output = 'escape'");
  database.query("ALTER DATABASE odd SET datestyle = 'SQL, DMY'");
  database.query("ALTER DATABASE odd SET timezone = 'Pacific/Chatham'");
  const auto ledger = open_at(database.url());
  const auto run = submit(*ledger);
  BOOST_TEST(std::abs((must(ledger->run(run)).submitted - WallClock::now()) / std::chrono::seconds(1)) < 60);
  const auto me = must(ledger->enrol(run, "worker", 1));
  const auto held = subject().hold_acknowledgements();
  ledger->set_patience(std::chrono::milliseconds(300));
  BOOST_TEST(failure_of(ledger->beat(me, {})).fault == Fault::unanswered, "it does wait for copies");
}

BOOST_AUTO_TEST_SUITE_END()
