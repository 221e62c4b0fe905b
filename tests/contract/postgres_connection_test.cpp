#include "koobatch/postgres/open.hpp"

#include "certificates.hpp"
#include "contains.hpp"
#include "postgres_programs.hpp"
#include "postgres_server.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

// Which servers a ledger in PostgreSQL trusts on a network, how it proves itself to them, and what it says if it
// cannot.

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;

namespace {

namespace fs = std::filesystem;
using Settings = std::map<std::string, std::string>;

unsigned free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("there is no free port");
  }
  ::close(socket);
  return ntohs(address.sin_port);
}

/// A server on a loopback port, and an authority whose certificates it may have.
struct Network {
  Network() {
    postgres.query("CREATE ROLE keyholder LOGIN SUPERUSER PASSWORD 'canary-right'");
    must(open_at(postgres.url())->create_tables());
    issue_certificate(workspace, "authority", {});
    issue_certificate(workspace, "stranger", {});
  }

  /// A copy that belongs to PostgreSQL's user, who alone may read it.
  std::string give_to_server(const std::string& file) const {
    struct stat owner{};
    ::stat(postgres.folder().c_str(), &owner);
    const fs::path copy = fs::path(postgres.folder()) / fs::path(file).filename();
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    ::chmod(copy.c_str(), 0600);
    if (::chown(copy.c_str(), owner.st_uid, owner.st_gid) != 0) throw std::runtime_error("no file can be given away");
    return copy;
  }
  /// Restarts the server with these settings, and these rules for connections over the network.
  void serve(Settings settings, const std::string& rules = "host all all all trust") {
    std::ofstream(postgres.query("SHOW hba_file")) << "local all,replication all trust\n" << rules << "\n";
    settings.insert({{"listen_addresses", "127.0.0.1"}, {"port", std::to_string(port)}});
    postgres.stop();
    postgres.start(settings);
  }
  /// What makes it prove that it is `hosts`.
  Settings tls(const std::string& issuer, const std::string& hosts) const {
    issue_certificate(workspace, "server", {.issuer = issuer, .hosts = hosts});
    return {{"ssl", "on"},
            {"ssl_cert_file", give_to_server(workspace.path("server.pem"))},
            {"ssl_key_file", give_to_server(workspace.path("server.key"))},
            {"ssl_ca_file", give_to_server(workspace.path("authority.pem"))}};
  }
  std::string write_passfile(const std::string& line) const {
    const auto path = workspace.write("passfile", line + "\n");
    ::chmod(path.c_str(), 0600);
    return path;
  }

  std::string url(const std::string& settings = {}, const std::string& host = "localhost") const {
    return fmt::format("postgresql://keyholder@{}:{}/postgres?{}", host, port, settings);
  }
  /// With the authority's certificate.
  std::string verified_url(const std::string& settings = {}) const {
    return url("sslmode=verify-full&sslrootcert=" + workspace.path("authority.pem") + settings);
  }
  static std::unique_ptr<fleet::Ledger> open_at(const std::string& url, const std::string& passfile = {}) {
    auto ledger = postgres::open({.url = url, .passfile = passfile});
    if (!ledger) throw std::runtime_error(ledger.error().message);
    (*ledger)->set_patience(std::chrono::seconds(5));
    return std::move(*ledger);
  }
  static fleet::Failure problem_at(const std::string& url, const std::string& passfile = {}) {
    return failure_of(open_at(url, passfile)->check({}));
  }

  Workspace workspace;
  PostgresServer postgres;
  unsigned port = free_port();
};

void check_says(const fleet::Failure& failure, Fault fault, const std::vector<std::string>& parts) {
  BOOST_TEST(failure.fault == fault);
  for (const auto& part : parts) BOOST_TEST(contains(failure.error.message, part), failure.error.message);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_connection, Network, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(a_server_that_proves_its_name_is_accepted_and_reached_over_tls) {
  serve(tls("authority", "DNS:localhost"), "hostssl all all all trust");
  const auto ledger = open_at(verified_url());
  const auto properties = must(ledger->check({}));
  BOOST_TEST(contains(properties.server, fmt::format("at localhost:{}", port)), properties.server);
  BOOST_TEST(postgres.query("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE "
                            "application_name = 'koobatch'") == "t");
}

BOOST_AUTO_TEST_CASE(a_server_that_cannot_prove_its_name_is_refused_with_what_to_do) {
  serve(tls("authority", "DNS:db.example.com"));
  check_says(problem_at(verified_url()), Fault::unreachable,
             {R"(server certificate for "db.example.com")", "localhost", "use the name in its certificate"});
  serve(tls("stranger", "DNS:localhost"));
  check_says(problem_at(verified_url()), Fault::unreachable, {"certificate verify failed", "sslrootcert=FILE"});
  check_says(problem_at(url("sslmode=verify-full&sslrootcert=" + workspace.path("none"))), Fault::unreachable,
             {workspace.path("none"), "sslrootcert=FILE"});
  BOOST_TEST(postgres.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'koobatch'") == "0");
}

// On every interface, so that this machine answers, which koobatch cannot know.
BOOST_AUTO_TEST_CASE(another_machine_is_reached_over_verified_tls_unless_told_otherwise) {
  serve({{"listen_addresses", "*"}});
  check_says(problem_at(url({}, "0.0.0.0") + "sslrootcert=" + workspace.path("authority.pem")), Fault::unreachable,
             {"does not support SSL", "set ssl=on"});
  auto settings = tls("stranger", "IP:0.0.0.0");
  settings["listen_addresses"] = "*";
  serve(settings);
  check_says(problem_at(url({}, "0.0.0.0") + "sslrootcert=" + workspace.path("authority.pem")), Fault::unreachable,
             {"certificate verify failed"});
  for (const std::string mode : {"disable", "prefer", "require", "verify-ca"}) {
    const auto refused = postgres::open({.url = url("sslmode=" + mode, "0.0.0.0"), .passfile = {}});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(contains(refused.error().message, "sslmode=verify-full"), refused.error().message);
  }
}

BOOST_AUTO_TEST_CASE(passwords_are_given_to_a_verified_server_only_and_never_repeated) {
  serve(tls("authority", "DNS:localhost"), "hostssl all keyholder all scram-sha-256");
  const auto empty = write_passfile("");
  check_says(problem_at(verified_url(), empty), Fault::refused, {"host:port:database:user:password"});
  const auto wrong = problem_at(verified_url(), write_passfile("*:*:*:keyholder:canary-wrong"));
  check_says(wrong, Fault::refused, {"correct the password in the passfile"});
  BOOST_TEST(!contains(wrong.error.message, "canary"), wrong.error.message);
  const auto right = write_passfile(fmt::format("localhost:{}:postgres:keyholder:canary-right", port));
  BOOST_TEST(open_at(verified_url(), right)->check({}).has_value());
  check_says(problem_at(url("sslmode=disable"), right), Fault::refused, {"no encryption", "pg_hba.conf"});
}

BOOST_AUTO_TEST_CASE(a_client_certificate_takes_the_place_of_a_password) {
  serve(tls("authority", "DNS:localhost"), "hostssl all keyholder all cert");
  check_says(problem_at(verified_url()), Fault::refused, {"certificate", "sslcert=FILE and sslkey=FILE"});
  issue_certificate(workspace, "keyholder", {.issuer = "authority", .hosts = "DNS:keyholder"});
  const auto with = [&](const std::string& name) {
    return verified_url("&sslcert=" + workspace.path(name + ".pem") + "&sslkey=" + workspace.path(name + ".key"));
  };
  BOOST_TEST(open_at(with("keyholder"))->check({}).has_value());
  issue_certificate(workspace, "other", {.issuer = "authority", .hosts = "DNS:other"});
  check_says(problem_at(with("other")), Fault::refused, {"certificate", "sslcert=FILE and sslkey=FILE"});
  ::chmod(workspace.path("keyholder.key").c_str(), 0644);
  check_says(problem_at(with("keyholder")), Fault::unreachable, {"keyholder.key", "permissions"});
}

BOOST_AUTO_TEST_CASE(a_standby_is_passed_over_on_a_network_too) {
  serve({});
  PostgresServer standby(postgres);
  standby.stop();
  const unsigned standby_port = free_port();
  standby.start({{"listen_addresses", "127.0.0.1"}, {"port", std::to_string(standby_port)}});
  const std::string first = fmt::format("localhost:{}", standby_port);
  const std::string second = fmt::format("localhost:{}", port);
  check_says(problem_at(fmt::format("postgresql://keyholder@{}/postgres", first)), Fault::unreachable,
             {"it is a standby"});
  for (const auto& hosts : {first + "," + second, second + "," + first}) {
    const auto ledger = open_at(fmt::format("postgresql://keyholder@{}/postgres", hosts));
    BOOST_TEST(contains(must(ledger->check({})).server, second));
  }
}

bool has_pgbouncer() {
  return fs::exists("/usr/sbin/pgbouncer");
}

// It passes each transaction to whichever server connection is free.
BOOST_AUTO_TEST_CASE(a_pooler_is_refused_whether_it_knows_our_settings_or_ignores_them,
                     *boost::unit_test::precondition([](auto) {
                       return boost::test_tools::assertion_result(has_pgbouncer());
                     })) {
  const auto configuration = workspace.path("pgbouncer.ini");
  for (const std::string ignored : {"extra_float_digits", "extra_float_digits, options"}) {
    for (const std::string mode : {"transaction", "session"}) {
      workspace.write("pgbouncer.ini", fmt::format("[databases]\npostgres = host={} user=postgres\n"
                                                   "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n"
                                                   "unix_socket_dir =\nauth_type = any\npool_mode = {}\n"
                                                   "ignore_startup_parameters = {}\n",
                                                   postgres.folder(), port, mode, ignored));
      const Process pooler(as_postgres_user({"/usr/sbin/pgbouncer", "-q", give_to_server(configuration)}, "KILL"));
      auto problem = problem_at(url());
      for (int i = 0; i < 100 && contains(problem.error.message, "Connection refused"); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        problem = problem_at(url());
      }
      BOOST_TEST(contains(problem.error.message, "connection pooler"), problem.error.message);
      BOOST_TEST(contains(problem.error.message, "name the database server itself in the URL"), problem.error.message);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
