#include "real_server.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <stdexcept>
#include <thread>

namespace koobatch::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr const char* nginx_configuration = R"(
daemon off;
pid {0}/nginx.pid;
error_log {0}/nginx.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {0}/body;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  {3}
  upstream service {{ server {2}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{1}{5}
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      {4}
    }}
  }}
}}
)";

constexpr const char* haproxy_configuration = R"(
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{0}{2}
  default_backend service
backend service
  server one {1}
)";

constexpr const char* apache_configuration = R"(
ServerRoot {0}
PidFile {0}/apache.pid
ErrorLog {0}/apache.log
ServerName 127.0.0.1
Listen 127.0.0.1:{1}
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
Protocols h2c
ProxyPass / http://{2}/
{3}
)";

constexpr const char* h2o_configuration = R"(
user: {2}
num-threads: 1
error-log: /dev/null
listen:
  host: 127.0.0.1
  port: {0}
hosts:
  "*":
    paths:
      "/":
        proxy.reverse.url: "http://{1}/"
)";

bool accepts(unsigned port) {
  asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}, error);
  return !error;
}

/// `listening`: configuration that follows the port.
std::vector<std::string> nginx_command(const Workspace& workspace, unsigned port, const std::string& upstream,
                                       const std::string& http_settings, const std::string& location_settings,
                                       const std::string& listening) {
  const auto path = workspace.write("nginx.conf", fmt::format(nginx_configuration, workspace.path("."), port, upstream,
                                                              http_settings, location_settings, listening));
  return {"/usr/sbin/nginx", "-c", path, "-e", workspace.path("nginx.log")};
}

std::vector<std::string> haproxy_command(const Workspace& workspace, unsigned port, const std::string& upstream,
                                         const std::string& listening) {
  const auto path = workspace.write("haproxy.cfg", fmt::format(haproxy_configuration, port, upstream, listening));
  return {"/usr/sbin/haproxy", "-db", "-f", path};
}

}  // namespace

unsigned free_port() {
  asio::io_context context;
  const tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

RealServer::RealServer(std::vector<std::string> command, unsigned port, std::string scheme)
    : command_(std::move(command)), port_(port), scheme_(std::move(scheme)) {
  start();
}

RealServer RealServer::nginx(const Workspace& workspace, const std::string& upstream, const std::string& http_settings,
                             const std::string& location_settings) {
  const unsigned port = free_port();
  return {nginx_command(workspace, port, upstream, http_settings, location_settings, ";"), port};
}

RealServer RealServer::nginx_tls(const Workspace& workspace, const std::string& upstream,
                                 const std::string& certificate, const std::string& http_settings,
                                 const std::string& settings) {
  const unsigned port = free_port();
  const auto tls =
      fmt::format(" ssl;\nssl_certificate {};\nssl_certificate_key {};\n{}", workspace.path(certificate + ".chain.pem"),
                  workspace.path(certificate + ".key"), settings);
  return {nginx_command(workspace, port, upstream, http_settings, "", tls), port, "https"};
}

RealServer RealServer::nginx_http2(const Workspace& workspace, const std::string& upstream, const std::string& settings,
                                   const std::string& certificate) {
  const unsigned port = free_port();
  if (certificate.empty()) {
    return {nginx_command(workspace, port, upstream, "", "", fmt::format(" http2;\n{}", settings)), port};
  }
  const auto tls =
      fmt::format(" ssl http2;\nssl_certificate {};\nssl_certificate_key {};\n{}",
                  workspace.path(certificate + ".chain.pem"), workspace.path(certificate + ".key"), settings);
  return {nginx_command(workspace, port, upstream, "", "", tls), port, "https"};
}

RealServer RealServer::nghttpx(const std::string& upstream, const std::vector<std::string>& flags) {
  const unsigned port = free_port();
  std::string backend = upstream;
  backend.replace(backend.find(':'), 1, ",");
  std::vector<std::string> command{"/usr/sbin/nghttpx", fmt::format("-f127.0.0.1,{};no-tls", port),
                                   "-b" + backend,      "--conf=/dev/null",
                                   "--no-via",          "--errorlog-file=/dev/null"};
  command.insert(command.end(), flags.begin(), flags.end());
  return {std::move(command), port};
}

RealServer RealServer::apache(const Workspace& workspace, const std::string& upstream, const std::string& settings) {
  const unsigned port = free_port();
  const auto path =
      workspace.write("apache.conf", fmt::format(apache_configuration, workspace.path("."), port, upstream, settings));
  return {{"/usr/sbin/apache2", "-DFOREGROUND", "-f", path}, port};
}

RealServer RealServer::h2o(const Workspace& workspace, const std::string& upstream) {
  const unsigned port = free_port();
  // Otherwise root's would change to a user who cannot read the workspace.
  const passwd* const user = ::getpwuid(::getuid());
  const auto path =
      workspace.write("h2o.conf", fmt::format(h2o_configuration, port, upstream, user == nullptr ? "" : user->pw_name));
  return {{"/usr/bin/h2o", "-c", path}, port};
}

RealServer RealServer::haproxy(const Workspace& workspace, const std::string& upstream, const std::string& bind) {
  const unsigned port = free_port();
  return {haproxy_command(workspace, port, upstream, bind), port};
}

RealServer RealServer::haproxy_tls(const Workspace& workspace, const std::string& upstream,
                                   const std::string& certificate, const std::string& settings) {
  const unsigned port = free_port();
  const auto both =
      workspace.write("haproxy.pem", workspace.read(certificate + ".chain.pem") + workspace.read(certificate + ".key"));
  return {haproxy_command(workspace, port, upstream, fmt::format(" ssl crt {} {}", both, settings)), port, "https"};
}

RealServer RealServer::openssl(const Workspace& workspace, const std::string& certificate,
                               const std::vector<std::string>& flags) {
  const unsigned port = free_port();
  std::vector<std::string> command{"/usr/bin/openssl",
                                   "s_server",
                                   "-accept",
                                   fmt::format("127.0.0.1:{}", port),
                                   "-cert",
                                   workspace.path(certificate + ".pem"),
                                   "-key",
                                   workspace.path(certificate + ".key"),
                                   "-quiet"};
  command.insert(command.end(), flags.begin(), flags.end());
  return {std::move(command), port, "https"};
}

std::string RealServer::url() const {
  return fmt::format("{}://127.0.0.1:{}", scheme_, port_);
}

void RealServer::start() {
  process_ = std::make_unique<Process>(command_);
  for (int i = 0; !accepts(port_); ++i) {
    if (i == 500) throw std::runtime_error(command_.front() + " does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

RealServer::~RealServer() {
  stop();
}

void RealServer::stop() {
  process_->signal(SIGTERM);
  process_->wait();
}

void RealServer::restart(std::chrono::milliseconds down) {
  stop();
  std::this_thread::sleep_for(down);
  start();
}

}  // namespace koobatch::test
