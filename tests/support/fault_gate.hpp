#pragma once
#include "loopback_server.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace koobatch::test {

/// The two directions of a connection.
enum class Side { request, answer };

/// How one direction is slowed down.
struct Shape {
  std::chrono::milliseconds delay{0};  ///< by which every piece is delayed
  std::size_t bytes_per_second = 0;    ///< 0: no limit
  bool single_bytes = false;           ///< whether every byte is passed on separately
};

/// What goes wrong on a connection, once.
struct Fault {
  enum class Kind {
    none,
    close,
    reset,
    black_hole,  ///< stops passing on in both directions, without closing anything
    corrupt,     ///< flips the highest bit of the byte at this place; the next exchange closes the connection
  };
  Kind kind = Kind::none;
  Side side = Side::request;
  std::size_t exchange = 0;  ///< from this exchange of the connection on, from 0,
  std::size_t after = 0;     ///< this many bytes of that side are passed on before it happens
};

struct Script {
  Fault fault{};
  Shape requests{};
  Shape answers{};
  /// Called before anything of the connection's request of this number, from 0, is passed on.
  std::function<void(std::size_t exchange)> before{};
};

/// Stands between client and service and injects network faults according to each connection's script.
class FaultGate {
 public:
  /// The script of the `number`th connection, from 0.
  using Plan = std::function<Script(std::size_t number)>;

  /// In front of the service at `url`; without a plan it passes everything on.
  explicit FaultGate(const std::string& url, Plan plan = {},
                     const net::asio::ip::tcp::endpoint& at = local("127.0.0.1"));

  std::string url() const { return server_.url(); }
  std::uint16_t port() const { return server_.port(); }
  /// Applies to new connections. Open ones keep their script.
  void set(Plan plan);
  void heal() { set({}); }
  /// Directs new connections to the service at `url`, and closes open ones.
  void redirect(const std::string& url);
  void stop_accepting() { server_.stop_accepting(); }
  void accept_again() { server_.accept_again(); }

  std::size_t connections() const { return server_.connections(); }
  /// How many scripted faults have occurred.
  std::size_t struck() const { return struck_; }
  /// The largest number of bytes on that side in one complete exchange.
  std::size_t longest(Side side) const { return longest_[static_cast<std::size_t>(side)]; }

 private:
  struct Tunnel;
  using TunnelPtr = std::shared_ptr<Tunnel>;

  Script script_for(std::size_t number);
  net::Awaitable<void> serve(LoopbackServer::SocketPtr client, std::size_t number);
  net::Awaitable<void> pump(TunnelPtr tunnel, Side side);
  net::Awaitable<bool> pass_on(TunnelPtr tunnel, Side side, std::string bytes);
  void strike(Tunnel& tunnel);
  void count(Tunnel& tunnel, Side side, std::size_t bytes);

  net::asio::ip::tcp::endpoint service_;
  std::mutex mutex_;
  Plan plan_;
  std::atomic<std::size_t> struck_{0};
  std::array<std::atomic<std::size_t>, 2> longest_{};
  LoopbackServer server_;  // last: its thread uses the others
};

}  // namespace koobatch::test
