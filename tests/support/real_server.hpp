#pragma once
#include "process.hpp"
#include "workspace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace koobatch::test {

/// A loopback port that nobody listens on just now.
unsigned free_port();

/// A server from the distribution, mostly in front of something else, with a configuration written for the test.
class RealServer {
 public:
  /// `upstream`: "127.0.0.1:8080". `extra` goes into the server's part of the configuration.
  static RealServer nginx(const Workspace& workspace, const std::string& upstream, const std::string& http_settings,
                          const std::string& location_settings);
  static RealServer haproxy(const Workspace& workspace, const std::string& upstream);
  /// The same two with TLS in front, as the certificate NAME.chain.pem; `settings` goes into the server's part and
  /// behind the port.
  static RealServer nginx_tls(const Workspace& workspace, const std::string& upstream, const std::string& certificate,
                              const std::string& http_settings, const std::string& settings);
  static RealServer haproxy_tls(const Workspace& workspace, const std::string& upstream, const std::string& certificate,
                                const std::string& settings);
  /// Speaks TLS with the certificate NAME.pem, and nothing else.
  static RealServer openssl(const Workspace& workspace, const std::string& certificate,
                            const std::vector<std::string>& flags);

  /// Asks it to end: killed, it would leave its workers behind.
  ~RealServer();
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;

  std::string url() const;
  void signal(int number) const { process_->signal(number); }
  /// Ends it at once, dropping its connections, and starts it anew on the same port after a while.
  void restart(std::chrono::milliseconds down);

 private:
  RealServer(std::vector<std::string> command, unsigned port, std::string scheme = "http");
  void start();
  void stop();

  std::vector<std::string> command_;
  unsigned port_;
  std::string scheme_;
  std::unique_ptr<Process> process_;
};

}  // namespace koobatch::test
