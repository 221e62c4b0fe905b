// No secret of a worker reaches the engine, its log, its dumps, any list of processes, or what workers leave behind:
// canaries are planted and searched for.
#include "becomes.hpp"
#include "canary.hpp"
#include "contains.hpp"
#include "fleet_stage.hpp"
#include "paths.hpp"

#include "fleet/chunk_codec.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace koobatch;
using namespace koobatch::test;
using namespace std::chrono_literals;
namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

using Flags = std::vector<std::string>;

constexpr std::string_view password_canary = "cAnAry+p4ss/3Lk=";

/// A worker, and the way in which it is given its secrets.
struct Kind {
  std::string name;
  Flags flags;
  Process::Environment environment{};
};

/// All arguments of all processes, as seen again and again until the end.
class ProcessList {
 public:
  ProcessList() : thread_([this] { watch(); }) {}
  ~ProcessList() { end(); }
  ProcessList(const ProcessList&) = delete;
  ProcessList& operator=(const ProcessList&) = delete;

  /// Each one in a line.
  std::string end() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    std::string all;
    for (const auto& line : lines_) all += line + "\n";
    return all;
  }

 private:
  void watch() {
    while (!ended_) {
      std::error_code gone;
      for (const auto& process : fs::directory_iterator("/proc", gone)) {
        std::ifstream file(process.path() / "cmdline");
        std::stringstream text;
        text << file.rdbuf();
        lines_.insert(text.str());
      }
      std::this_thread::sleep_for(10ms);
    }
  }

  std::atomic<bool> ended_{false};
  std::set<std::string> lines_;
  std::thread thread_;
};

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

std::string all_files(const std::string& folder) {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) text += entry.path().string() + "\n" + read_file(entry.path().string()) + "\n";
  }
  return text;
}

/// An engine that asks for a password and logs every statement, with all that it is given.
struct Stage : FleetStage {
  explicit Stage(const Flags& service_flags = {}) : FleetStage(400, 40, service_flags) {
    // Before anything is logged: this statement names the password.
    postgres.query(fmt::format("CREATE ROLE batch SUPERUSER LOGIN PASSWORD '{}'", password_canary));
    const auto rules = postgres.query("SHOW hba_file");
    postgres.stop();
    fs::remove_all(postgres.folder() + "/data/log");
    std::ofstream(rules) << "local all postgres trust\nlocal all all scram-sha-256\n";
    postgres.start({{"log_statement", "all"}, {"log_min_duration_statement", "0"}, {"log_connections", "on"}});
    passfile_ = secret("passfile", fmt::format("*:*:*:batch:{}\n", password_canary));
  }

  Flags engine() const override {
    return {"--engine", postgres.url("postgres", "batch"), "--copies", "1", "--passfile", passfile_};
  }
  std::string secret(std::string_view name, std::string_view text) const {
    const auto path = secrets_.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  }
  std::unique_ptr<Process> start(const Kind& kind) const {
    auto command = work_command(kind.name);
    const auto token = std::ranges::find(command, "--token-env");
    command.erase(token, token + 2);
    command.insert(command.end(), kind.flags.begin(), kind.flags.end());
    command.insert(command.end(), {"-v", "--metrics-file", workspace.path(kind.name + ".prom")});
    return std::make_unique<Process>(command, kind.environment);
  }

  void check(const std::string& where, std::string_view text) const {
    for (const auto canary : {file_canary, variable_canary, command_canary, user_canary, app_canary, password_canary}) {
      BOOST_TEST(!Canary(std::string(canary)).in(text), where << " shows " << canary);
    }
  }
  /// As it is, and unpacked.
  void check_database() const {
    const auto dump = Process({"/usr/bin/pg_dump", "-d", postgres.url()}).wait();
    BOOST_TEST(dump.status == 0, dump.err);
    BOOST_TEST(contains(dump.out, "COPY koobatch.worker"));
    check("the dump", dump.out);
    std::string unpacked;
    std::istringstream groups(postgres.query("SELECT encode(lines, 'hex') FROM koobatch.journal"));
    for (std::string group; std::getline(groups, group);) unpacked += fleet::unpack_lines(from_hex(group)).value();
    std::istringstream chunks(postgres.query("SELECT n, xxh3, encode(ops, 'hex') FROM koobatch.chunk"));
    for (std::string row; std::getline(chunks, row);) {
      std::istringstream fields(row);
      std::string n, sum, packed;
      std::getline(std::getline(std::getline(fields, n, '|'), sum, '|'), packed);
      const fleet::Chunk chunk{.operations = static_cast<std::uint32_t>(std::stoul(n)),
                               .packed = from_hex(packed),
                               .xxh3 = static_cast<std::uint64_t>(std::stoll(sum))};
      unpacked += fleet::unpack(chunk).value().text;
    }
    BOOST_TEST(contains(unpacked, "\"type\":\"result\""));
    BOOST_TEST(contains(unpacked, "\"op\":\"update_album\""));
    check("the unpacked tables", unpacked);
  }
  void check_server_log() const {
    const auto lines = all_files(postgres.folder() + "/data/log");
    BOOST_TEST(contains(lines, "INSERT INTO koobatch.journal"), "statements are logged");
    BOOST_TEST(contains(lines, "user=batch"), "by whom");
    check("the server's log", lines);
  }
  /// State folders, reports, metrics, the service's log.
  void check_files() const {
    const auto files = all_files(workspace.path(""));
    BOOST_TEST(contains(files, workspace.path("state-")));
    BOOST_TEST(contains(files, ".prom"));
    check("a file", files);
  }

  /// One worker after the other is at work, and the first one is killed. `all` end with the run.
  void work(const std::vector<Kind>& all) {
    ProcessList list;
    submit({"--rate", "100/s"});
    std::vector<std::unique_ptr<Process>> workers;
    for (const Kind& kind : all) {
      workers.push_back(start(kind));
      wait_for_applied(30 * workers.size());
    }
    workers.front()->signal(SIGKILL);
    check("the killed one's output", workers.front()->wait().err);
    check_files();
    workers.front() = start(all.front());
    for (const auto& worker : workers) {
      const auto finished = worker->wait(120s);
      BOOST_TEST(finished.status == 0, finished.err);
      check("a worker's output", finished.out + finished.err);
    }
    const auto collected = run_koobatch({"collect", report, "--follow", "--passfile", passfile_});
    BOOST_TEST(collected.status == 0, collected.err);
    check("the collector's output", collected.out + collected.err);
    const auto processes = list.end();
    BOOST_TEST(contains(processes, "--worker-state"), "workers were seen");
    BOOST_TEST(contains(processes, "postgres: batch"), "their connections were seen");
    check("the list of processes", processes);
    check_database();
    check_server_log();
    check_files();
  }

 private:
  Workspace secrets_;
  std::string passfile_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_secrets, *boost::unit_test::precondition([](auto) {
                        return boost::test_tools::assertion_result(PostgresServer::is_installed());
                      }))

BOOST_AUTO_TEST_CASE(tokens_and_the_engines_password_appear_nowhere) {
  Stage stage;
  stage.work(
      {{"file", {"--token-file", stage.secret("token", file_canary)}},
       {"variable", {"--token-env", "TOKEN"}, {{"TOKEN", std::string(variable_canary)}}},
       {"command", {"--token-command", "cat " + stage.secret("commanded", command_canary)}},
       {"users", {"--tokens-file", stage.secret("users.csv", fmt::format("user_id,token\n7,{}\n", user_canary))}}});
}

BOOST_AUTO_TEST_CASE(the_secret_of_an_app_appears_nowhere) {
  const Workspace secrets;
  const auto file = secrets.write("app", app_canary);
  ::chmod(file.c_str(), 0600);
  Stage stage({"--app-id", "app-1", "--app-secret-file", file});
  const Flags flags = {"--app-id", "app-1", "--app-secret-file", file};
  stage.work({{"first", flags}, {"second", flags}});
}

BOOST_AUTO_TEST_SUITE_END()
