#pragma once
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_timer.hpp"
#include "net/address_race.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace koobatch::net {

/// Carries out an AddressRace with sockets, on the thread of the io_context. `race` and `deadlines` must outlive it,
/// and it must outlive run().
class TcpRace : private Deadline {
 public:
  TcpRace(asio::io_context& context, DeadlineTimer& deadlines, AddressRace& race);
  ~TcpRace() override;

  /// Returns the number of the address that completed TCP first, with `socket` connected to it; nothing if all
  /// addresses failed or cancel() was called. All other attempts have ended by then. If the connection fails later,
  /// report it to AddressRace::failed() and call this again.
  Awaitable<std::optional<std::size_t>> run(Socket& socket);
  /// Makes run() return soon, with nothing.
  void cancel();

 private:
  struct Attempt;
  using Waiting = asio::async_result<UseAwaitable, void()>::handler_type;

  void expire() override;
  void begin_due(TimePoint now);
  void begin(std::size_t number);
  void ended(Attempt& attempt, const boost::system::error_code& error);
  void close_all();
  Awaitable<void> change();
  void changed();

  asio::io_context& context_;
  DeadlineTimer& deadlines_;
  AddressRace& race_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  std::size_t pending_ = 0;         ///< attempts not yet reported as ended
  Attempt* winner_ = nullptr;       ///< one of `attempts_`
  std::optional<Waiting> waiting_;  ///< run(), while it waits
  bool cancelled_ = false;
};

/// Whether the error is due to this machine rather than the network or the peer.
bool is_local_shortage(const boost::system::error_code& error);

}  // namespace koobatch::net
