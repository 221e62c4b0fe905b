#include "net/tcp_race.hpp"

#include <boost/asio/post.hpp>

#include <cassert>
#include <utility>

namespace koobatch::net {

using boost::system::error_code;

struct TcpRace::Attempt {
  Attempt(asio::io_context& context, std::size_t of) : socket(context), number(of) {}

  Socket socket;
  std::size_t number;  ///< of the address
};

bool is_local_shortage(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::address_not_available || error == errc::no_buffer_space || error == errc::not_enough_memory;
}

TcpRace::TcpRace(asio::io_context& context, DeadlineTimer& deadlines, AddressRace& race)
    : context_(context), deadlines_(deadlines), race_(race) {}
TcpRace::~TcpRace() = default;

Awaitable<std::optional<std::size_t>> TcpRace::run(Socket& socket) {
  assert(pending_ == 0);
  attempts_.clear();
  winner_ = nullptr;
  for (;;) {
    if (winner_ == nullptr && !cancelled_) begin_due(Steady::now());
    // Waits for closed attempts, too: their handlers refer to this object.
    if (pending_ == 0) break;
    co_await change();
  }
  if (armed()) disarm();
  if (winner_ == nullptr || cancelled_) co_return std::nullopt;
  socket = std::move(winner_->socket);
  co_return winner_->number;
}

void TcpRace::begin_due(TimePoint now) {
  while (const auto number = race_.begin(now)) begin(*number);
  if (const TimePoint next = race_.next_at(); next != TimePoint::max()) deadlines_.arm(*this, next);
}

void TcpRace::begin(std::size_t number) {
  Attempt& attempt = *attempts_.emplace_back(std::make_unique<Attempt>(context_, number));
  ++pending_;
  attempt.socket.async_connect(race_.address(number),
                               [this, &attempt](const error_code& error) { ended(attempt, error); });
}

void TcpRace::ended(Attempt& attempt, const error_code& error) {
  --pending_;
  if (winner_ == nullptr && !cancelled_) {
    if (error) {
      race_.failed(attempt.number, error.message(), is_local_shortage(error));
    } else {
      race_.connected(attempt.number);
      winner_ = &attempt;
      close_all();
    }
  }
  changed();
}

/// Except the winner's.
void TcpRace::close_all() {
  error_code ignored;
  for (const auto& attempt : attempts_) {
    if (attempt.get() != winner_) attempt->socket.close(ignored);
  }
}

void TcpRace::cancel() {
  cancelled_ = true;
  close_all();
  changed();
}

/// Time to try the next address.
void TcpRace::expire() {
  changed();
}

Awaitable<void> TcpRace::change() {
  return asio::async_initiate<const UseAwaitable, void()>([this](Waiting&& run) { waiting_.emplace(std::move(run)); },
                                                          UseAwaitable{});
}

/// Posted, because run() may end and this object with it.
void TcpRace::changed() {
  if (!waiting_) return;
  asio::post(context_, std::move(*waiting_));
  waiting_.reset();
}

}  // namespace koobatch::net
