#pragma once
#include "sim/about_itself.hpp"
#include "sim/http2_session.hpp"
#include "sim/server.hpp"
#include "sim/waiting.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <tuple>

namespace koobatch::sim {

// No awaited task (as opposed to an operation) below may be part of a condition: gcc 12 destroys such a task twice. Its
// result goes into a variable first.

/// One connection, plain or TLS, in HTTP/1.1 unless the client begins with HTTP/2: reads a request, has it judged,
/// waits for the delay to pass, sends the answer, and repeats. Owned by the coroutine that calls run(), and used on the
/// io_context's thread.
template <class Stream>
class Session final : public Connection, private InFlight::Ticket {
 public:
  Session(Server& server, Stream stream, std::uint64_t number);
  ~Session() override;
  /// Completes when the connection has ended, for whatever reason.
  Task<> run();
  void close() override;

 private:
  static constexpr bool is_tls = !std::is_same_v<Stream, Socket>;
  static constexpr std::chrono::seconds patience{10};    ///< for a TLS handshake
  static constexpr std::chrono::seconds linger_time{1};  ///< for a client to read the last answer and disconnect

  // Every task costs a frame and two detours through the scheduler, which matters at a hundred thousand requests a
  // second. So the common request, which is answered immediately, needs only run() and the read it waits in; the other
  // tasks are for the rest.
  Task<bool> handshake();
  Task<bool> serve();
  Task<bool> serve_operation();
  Task<bool> serve_about_itself();
  Task<bool> hold_back(Duration delay);
  Task<bool> dump_state(bool chunked);
  Task<bool> send();
  Task<bool> send_rest();
  Task<> refuse_malformed();
  Task<> finish();
  Task<> linger();

  Socket& socket();
  bool abandoned() override { return (events() & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0; }
  short events();
  bool has_pipelined(bool waited);
  bool is_about_itself() const { return reader_.request().target.starts_with("/_sim/"); }
  RequestReader::Progress take_in();
  bool owes_continue();
  bool answer_at_once();
  void conclude(bool waited);
  void send_at_once();
  void reset();
  static Moment now() { return {Steady::now(), WallClock::now()}; }

  Server& server_;
  Simulation& simulation_;
  Stream stream_;
  std::optional<Http2Session<Stream>> http2_;  ///< once the client has begun with it
  Timer timer_;                                ///< for delayed answers
  RequestReader reader_;
  bool head_read_ = false, told_to_continue_ = false;  ///< for the current request
  Exchange exchange_;
  bool concluded_ = false;  ///< whether `ending_` belongs to the current request
  Ending ending_ = Ending::keep;
  std::string out_;
  std::size_t sent_ = 0;  ///< bytes of out_
};

template <class Stream>
Session<Stream>::Session(Server& server, Stream stream, std::uint64_t number)
    : server_(server), simulation_(server.simulation()), stream_(std::move(stream)), timer_(stream_.get_executor()) {
  exchange_.connection = number;
  exchange_.ticket = this;
  server_.add(*this);
}

template <class Stream>
Session<Stream>::~Session() {
  simulation_.forget(exchange_);
  server_.remove(*this);
}

template <class Stream>
Socket& Session<Stream>::socket() {
  if constexpr (is_tls) {
    return stream_.next_layer();
  } else {
    return stream_;
  }
}

template <class Stream>
void Session<Stream>::close() {
  boost::system::error_code ignored;
  socket().close(ignored);
  timer_.cancel();
  if (http2_) http2_->close();
}

/// What the kernel currently knows about the connection, without reading from it.
template <class Stream>
short Session<Stream>::events() {
  pollfd entry{.fd = socket().native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&entry, 1, 0) < 0 ? short{0} : entry.revents;
}

/// Whether the client has sent more before its answer. What was read along with the request is checked at no cost; the
/// socket is checked only after a delay. Under TLS, bytes on the socket may belong to the protocol itself, so only what
/// was read counts. Bytes are counted, because a client that has just left makes the socket readable too.
template <class Stream>
bool Session<Stream>::has_pipelined(bool waited) {
  if (reader_.has_more()) return true;
  if (is_tls || !waited) return false;
  boost::system::error_code failed;
  return socket().available(failed) != 0;
}

/// Closes so that the client sees a reset rather than an end: unsent bytes are discarded, and RST is sent instead of
/// FIN.
template <class Stream>
void Session<Stream>::reset() {
  boost::system::error_code ignored;
  socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
  close();
}

template <class Stream>
Task<> Session<Stream>::run() {
  bool alive = co_await handshake();
  const bool http2 = co_await speaks_http2(stream_, reader_);
  if (alive && http2) {
    http2_.emplace(server_, stream_, exchange_.connection);
    co_await http2_->run(reader_.unparsed());
    alive = false;
  }
  while (alive) {
    const auto progress = take_in();
    if (progress == RequestReader::Progress::complete) {
      if (!answer_at_once()) alive = co_await serve();
      reader_.next();
      head_read_ = told_to_continue_ = false;
    } else if (progress == RequestReader::Progress::malformed) {
      co_await refuse_malformed();
      alive = false;
    } else {
      if (owes_continue()) alive = co_await send();
      const auto space = reader_.space();
      const auto [error, bytes] =
          co_await stream_.async_read_some(boost::asio::buffer(space.data(), space.size()), use_task);
      if (error) alive = false;
      reader_.commit(bytes);
    }
  }
}

/// Parses what was read, and records when the head was complete.
template <class Stream>
RequestReader::Progress Session<Stream>::take_in() {
  const auto progress = reader_.parse();
  if (!head_read_ && reader_.head_read()) {
    head_read_ = true;
    exchange_.arrived = now();
  }
  return progress;
}

/// Whether the client waits for "100 Continue" before it sends the body. True once per request; the interim answer is
/// then in out_.
template <class Stream>
bool Session<Stream>::owes_continue() {
  if (!head_read_ || !reader_.request().expects_continue || told_to_continue_) return false;
  told_to_continue_ = true;
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  return true;
}

template <class Stream>
Task<> Session<Stream>::refuse_malformed() {
  out_.clear();
  simulation_.refuse_malformed(reader_.error(), WallClock::now(), out_);
  const bool sent = co_await send();
  if (sent) co_await finish();
}

template <class Stream>
Task<bool> Session<Stream>::handshake() {
  if constexpr (is_tls) {
    server_.close_at(*this, Steady::now() + patience);
    const auto [error] = co_await stream_.async_handshake(boost::asio::ssl::stream_base::server, use_task);
    server_.pardon(*this);
    co_return !error;
  } else {
    co_return true;
  }
}

/// Answers an operation that is not delayed, if the kernel accepts the answer and the connection continues after it.
/// False: serve() must take over.
template <class Stream>
bool Session<Stream>::answer_at_once() {
  concluded_ = false;
  if (is_about_itself()) return false;
  simulation_.arrive(reader_.request(), exchange_);
  if (exchange_.delay > Duration::zero()) return false;
  conclude(false);
  return ending_ == Ending::keep && sent_ == out_.size();
}

/// Makes the operation take effect, and sends as much of the answer as the kernel accepts.
template <class Stream>
void Session<Stream>::conclude(bool waited) {
  out_.clear();
  const WallTime wall = waited ? WallClock::now() : exchange_.arrived.wall;
  ending_ = simulation_.conclude(reader_.request(), exchange_, wall, out_);
  if (ending_ == Ending::keep && has_pipelined(waited)) {
    simulation_.refuse_pipelined(wall, out_);
    ending_ = Ending::close;
  }
  concluded_ = true;
  send_at_once();
}

/// Continues a request that answer_at_once() could not finish. False if the connection must end.
template <class Stream>
Task<bool> Session<Stream>::serve() {
  return is_about_itself() ? serve_about_itself() : serve_operation();
}

template <class Stream>
Task<bool> Session<Stream>::serve_operation() {
  bool alive = true;
  if (!concluded_) {
    alive = co_await hold_back(exchange_.delay);
    if (!alive) {
      simulation_.abandon(reader_.request(), exchange_);
      co_return false;
    }
    conclude(true);
  }
  alive = co_await send_rest();
  if (!alive) co_return false;
  switch (ending_) {
    case Ending::keep:
      co_return true;
    case Ending::close:
      co_await finish();
      break;
    case Ending::cut:
      close();
      break;
    case Ending::reset:
      reset();
      break;
    case Ending::stall:
      co_await wait_for_departure(stream_);
      break;
  }
  co_return false;
}

/// GET /_sim/state and /_sim/stats: for tests and users, so they are neither judged nor delayed.
template <class Stream>
Task<bool> Session<Stream>::serve_about_itself() {
  const Request& request = reader_.request();
  const bool keep_alive = request.keep_alive && !reader_.has_more();
  out_.clear();
  if (asks_for_state(request)) {
    const bool chunked = request.version == 11;
    simulation_.answers().append_head(
        out_, {.content_type = "application/x-ndjson", .keep_alive = keep_alive && chunked, .chunked = chunked},
        WallClock::now());
    const bool alive = co_await dump_state(chunked);
    if (!alive) co_return false;
    if (keep_alive && chunked) co_return true;
    co_await finish();
    co_return false;
  }
  std::string body;
  const int status = append_about_itself(body, request, simulation_);
  simulation_.answers().append(out_, {.status = status, .keep_alive = keep_alive}, body, WallClock::now());
  const bool alive = co_await send();
  if (!alive) co_return false;
  if (!keep_alive) co_await finish();
  co_return keep_alive;
}

/// Sends out_ and then the state, piece by piece.
template <class Stream>
Task<bool> Session<Stream>::dump_state(bool chunked) {
  constexpr std::string_view chunk_head = "00000000\r\n";
  for (std::optional at = DumpPlace{}; at;) {
    const std::size_t start = out_.size();
    if (chunked) out_.append(chunk_head);
    const std::size_t first = out_.size();
    at = simulation_.dump(*at, out_);
    if (out_.size() == first) {
      out_.resize(start);  // an empty chunk would be the end
    } else if (chunked) {
      fmt::format_to(out_.begin() + static_cast<std::ptrdiff_t>(start), "{:08x}", out_.size() - first);
      out_.append("\r\n");
    }
    const bool alive = co_await send();
    if (!alive) co_return false;
    out_.clear();
  }
  if (chunked) out_.append("0\r\n\r\n");
  co_return co_await send();
}

/// Delays an answer. False if the client (or the simulator) is gone afterwards.
template <class Stream>
Task<bool> Session<Stream>::hold_back(Duration delay) {
  // close() would not cancel a timer set after it.
  if (!socket().is_open()) co_return false;
  timer_.expires_after(delay);
  (void)co_await timer_.async_wait(use_task);
  co_return socket().is_open() && !abandoned();
}

/// Sends out_. False if the client is gone.
template <class Stream>
Task<bool> Session<Stream>::send() {
  send_at_once();
  return send_rest();
}

/// Sends as much of out_ as the kernel accepts without waiting: nearly always all of it. An error recurs in
/// send_rest().
template <class Stream>
void Session<Stream>::send_at_once() {
  sent_ = 0;
  if constexpr (!is_tls) {
    boost::system::error_code ignored;
    if (!out_.empty()) sent_ = stream_.write_some(boost::asio::buffer(out_), ignored);
  }
}

template <class Stream>
Task<bool> Session<Stream>::send_rest() {
  if (sent_ == out_.size()) co_return true;
  const auto [error, bytes] = co_await boost::asio::async_write(stream_, boost::asio::buffer(out_) + sent_, use_task);
  co_return !error;
}

/// Ends the connection after the last answer in such a way that the client can read all of it: closing while there are
/// unread bytes would reset the connection, and the answer could be lost.
template <class Stream>
Task<> Session<Stream>::finish() {
  server_.close_at(*this, Steady::now() + linger_time);
  if constexpr (is_tls) {
    (void)co_await stream_.async_shutdown(use_task);
  }
  co_await linger();
  server_.pardon(*this);
}

template <class Stream>
Task<> Session<Stream>::linger() {
  boost::system::error_code failed;
  socket().shutdown(boost::asio::socket_base::shutdown_send, failed);
  if (!failed) co_await wait_for_departure(socket());
}

}  // namespace koobatch::sim
