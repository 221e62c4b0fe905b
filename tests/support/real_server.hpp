#pragma once
#include "process.hpp"
#include "workspace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace koobatch::test {

/// A loopback port that no process listens on at the moment.
unsigned free_port();

/// A server from the distribution, usually in front of another one, with a configuration written for the test.
class RealServer {
 public:
  /// `upstream`: "127.0.0.1:8080". `extra` goes into the server's part of the configuration.
  static RealServer nginx(const Workspace& workspace, const std::string& upstream, const std::string& http_settings,
                          const std::string& location_settings);
  static RealServer haproxy(const Workspace& workspace, const std::string& upstream, const std::string& bind = {});
  /// nginx() that speaks HTTP/2, over TLS if a certificate is named. `settings` go into the server's part.
  static RealServer nginx_http2(const Workspace& workspace, const std::string& upstream, const std::string& settings,
                                const std::string& certificate = {});
  /// nghttpx in front of `upstream`, speaking HTTP/2 without TLS.
  static RealServer nghttpx(const std::string& upstream, const std::vector<std::string>& flags);
  /// Apache and h2o in front of `upstream`, speaking HTTP/2 without TLS. `settings` go into Apache's configuration.
  static RealServer apache(const Workspace& workspace, const std::string& upstream, const std::string& settings);
  static RealServer h2o(const Workspace& workspace, const std::string& upstream);
  /// nginx() and haproxy() with TLS, using the certificate NAME.chain.pem; `settings` go into the server's part, after
  /// the port.
  static RealServer nginx_tls(const Workspace& workspace, const std::string& upstream, const std::string& certificate,
                              const std::string& http_settings, const std::string& settings);
  static RealServer haproxy_tls(const Workspace& workspace, const std::string& upstream, const std::string& certificate,
                                const std::string& settings);
  /// A server that speaks only TLS, with the certificate NAME.pem.
  static RealServer openssl(const Workspace& workspace, const std::string& certificate,
                            const std::vector<std::string>& flags);

  /// Asks it to exit: if killed, it would leave its workers behind.
  ~RealServer();
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;

  std::string url() const;
  void signal(int number) const { process_->signal(number); }
  /// Stops it at once, dropping its connections, and restarts it on the same port after `down`.
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
