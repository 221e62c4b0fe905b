#pragma once
#include "process.hpp"
#include "workspace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace koobatch::test {

/// A loopback port that nobody listens on just now.
unsigned free_port();

/// A server from the distribution (nginx, HAProxy) in front of something else, with a configuration written for the test.
class RealServer {
 public:
  /// `upstream`: "127.0.0.1:8080". `extra` goes into the server's part of the configuration.
  static RealServer nginx(const Workspace& workspace, const std::string& upstream, const std::string& http_settings,
                          const std::string& location_settings);
  static RealServer haproxy(const Workspace& workspace, const std::string& upstream);

  std::string url() const;
  void signal(int number) const { process_->signal(number); }
  /// Ends it at once, dropping its connections, and starts it anew on the same port after a while.
  void restart(std::chrono::milliseconds down);

 private:
  RealServer(std::vector<std::string> command, unsigned port);
  void start();

  std::vector<std::string> command_;
  unsigned port_;
  std::unique_ptr<Process> process_;
};

}  // namespace koobatch::test
