#pragma once
#include "process.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::test {

/// A PostgreSQL server of its own, which is reached over a socket in a temporary folder only, unless told otherwise,
/// and whose superuser is "postgres", without a password. It is stopped, and its data removed, at the end; also if the
/// test is killed.
class PostgresServer {
 public:
  /// Whether PostgreSQL is installed.
  static bool is_installed();

  /// Creates and starts it, which takes some two seconds.
  PostgresServer();
  /// A standby of `primary`, started.
  explicit PostgresServer(const PostgresServer& primary);
  ~PostgresServer();

  /// "postgresql://postgres@/DATABASE?host=FOLDER&port=PORT"
  std::string url(std::string_view database = "postgres", std::string_view user = "postgres") const;
  const std::string& folder() const { return folder_; }

  /// Stops it; connections are closed. `immediately`: as a crash would.
  void stop(bool immediately = false);
  /// Starts it if it is stopped. `settings`: by name, for this time, also "port" and "listen_addresses".
  void start(const std::map<std::string, std::string>& settings = {});
  /// What a statement returns, as psql writes it: rows in lines, columns separated by '|'. Fails if the statement does.
  std::string query(const std::string& statement, std::string_view database = "postgres") const;
  /// A psql that executes statements and then sleeps, with its transaction open, until it is destroyed.
  std::unique_ptr<Process> hold(const std::string& statements, std::string_view database = "postgres") const;

 private:
  std::string data() const { return folder_ + "/data"; }
  void execute(std::vector<std::string> command) const;

  static constexpr const char* default_port = "5432";

  std::string folder_;
  std::string port_ = default_port;
  std::unique_ptr<Process> server_;
};

}  // namespace koobatch::test
