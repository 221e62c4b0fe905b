#include "postgres_server.hpp"

#include "postgres_programs.hpp"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>

namespace koobatch::test {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = std::chrono::seconds(60);

std::string program(std::string_view name) {
  return postgres_programs() + "/" + std::string(name);
}

}  // namespace

bool PostgresServer::is_installed() {
  return !postgres_programs().empty();
}

PostgresServer::PostgresServer() : folder_(new_postgres_folder()) {
  execute({program("initdb"), "-D", data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync",
           "--data-checksums"});
  start();
}

PostgresServer::PostgresServer(const PostgresServer& primary) : folder_(new_postgres_folder()) {
  execute({program("pg_basebackup"), "-D", data(), "-h", primary.folder_, "-p", primary.port_, "-U", "postgres",
           "--no-sync", "-c", "fast", "-R"});
  start();
}

PostgresServer::~PostgresServer() {
  // Waits for all its processes, which would write to the folder while it is removed.
  stop(true);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::execute(std::vector<std::string> command) const {
  const std::string name = command.front();
  const Finished finished = Process(as_postgres_user(std::move(command), "QUIT"), {}, folder_).wait(patience);
  if (finished.status != 0) throw std::runtime_error(name + " failed: " + finished.err);
}

std::string PostgresServer::url(std::string_view database, std::string_view user) const {
  return "postgresql://" + std::string(user) + "@/" + std::string(database) + "?host=" + folder_ + "&port=" + port_;
}

void PostgresServer::stop(bool immediately) {
  if (!server_) return;
  server_->signal(immediately ? SIGQUIT : SIGINT);
  server_->wait(patience);
  server_.reset();
}

void PostgresServer::start(const std::map<std::string, std::string>& settings) {
  if (server_) return;
  std::vector<std::string> command = {program("postgres"), "-D", data()};
  std::map<std::string, std::string> all = {{"listen_addresses", ""},      {"unix_socket_directories", folder_},
                                            {"shared_buffers", "32MB"},    {"max_connections", "60"},
                                            {"log_destination", "csvlog"}, {"logging_collector", "on"}};
  for (const auto& [name, value] : settings) all[name] = value;
  port_ = all.contains("port") ? all["port"] : default_port;
  for (const auto& [name, value] : all) command.insert(command.end(), {"-c", name + "=" + value});
  server_ = std::make_unique<Process>(as_postgres_user(std::move(command), "QUIT"), Process::Environment{}, folder_);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (Process({program("pg_isready"), "-q", "-h", folder_, "-p", port_}).wait(patience).status != 0) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("PostgreSQL does not start in " + folder_);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string PostgresServer::query(const std::string& statement, std::string_view database) const {
  const Finished finished =
      Process({"/usr/bin/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url(database), "-c", statement}).wait(patience);
  if (finished.status != 0) throw std::runtime_error("psql failed: " + finished.err);
  std::string text = finished.out;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::unique_ptr<Process> PostgresServer::hold(const std::string& statements, std::string_view database) const {
  auto holder = std::make_unique<Process>(std::vector<std::string>{
      "/usr/bin/stdbuf", "-oL", "/usr/bin/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url(database), "-c",
      // So that the transaction ends when psql is killed.
      "SET client_connection_check_interval = '50ms'", "-c", "BEGIN", "-c", statements, "-c", "\\echo holding", "-c",
      "SELECT pg_sleep(600)"});
  while (holder->read_line() != "holding") {
  }
  return holder;
}

}  // namespace koobatch::test
