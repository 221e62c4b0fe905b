#pragma once
#include "sim/about_itself.hpp"
#include "sim/http2_requests.hpp"
#include "sim/server.hpp"

#include <openssl/ssl.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace koobatch::sim {

/// HTTP/2 on one connection, plain or TLS: has each request judged, and answers it once its delay is over. Belongs to
/// the coroutine run() is called from.
template <class Stream>
class Http2Session final : private Http2Requests::Owner {
 public:
  Http2Session(Server& server, Stream& stream, std::uint64_t connection)
      : server_(server), stream_(stream), timer_(stream.get_executor()), connection_(connection) {}
  ~Http2Session() override { requests_.end(); }

  /// Until the connection ends. `begun`: what was read of it.
  Task<> run(std::string_view begun);
  /// Lets run() end. The stream was closed.
  void close() {
    closed_ = true;
    timer_.cancel();
  }

 private:
  static constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});

  void arrived(Http2Request& request) override;
  void ended(Http2Request& request) override;
  void answer(Http2Request& request, bool waited);
  void answer_about_itself(Http2Request& request);
  Task<bool> send();
  Task<> answer_delayed();

  Server& server_;
  Stream& stream_;
  Timer timer_;
  const std::uint64_t connection_;
  std::optional<NodeClock> clock_;                   ///< of the node that this connection leads to
  std::multimap<TimePoint, Http2Request*> delayed_;  ///< by when they are to be answered
  std::string answer_, sending_;
  bool sends_ = false;    ///< whether send() is running
  bool answers_ = false;  ///< whether answer_delayed() is running
  bool closed_ = false;
  Http2Requests requests_{*this};
};

/// Whether the client speaks HTTP/2: as agreed under TLS, otherwise by its first bytes, which are read for that.
template <class Stream>
Task<bool> speaks_http2(Stream& stream, RequestReader& reader) {
  if constexpr (!std::is_same_v<Stream, Socket>) {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(stream.native_handle(), &name, &size);
    co_return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
  } else {
    // No request of HTTP/1.1 begins like this.
    constexpr std::string_view enough = Http2Requests::preface.substr(0, 4);
    while (reader.unparsed().size() < enough.size() && enough.starts_with(reader.unparsed())) {
      const auto space = reader.space();
      const auto [error, bytes] =
          co_await stream.async_read_some(boost::asio::buffer(space.data(), space.size()),
                                          boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{}));
      if (error) co_return false;
      reader.commit(bytes);
    }
    co_return reader.unparsed().starts_with(enough);
  }
}

template <class Stream>
Task<> Http2Session<Stream>::run(std::string_view begun) {
  std::array<char, 16 * 1024> buffer;
  bool alive = begun.empty() || requests_.receive(begun);
  while (alive) {
    const bool sent = co_await send();
    if (!sent) break;
    const auto [error, bytes] = co_await stream_.async_read_some(boost::asio::buffer(buffer), as_result);
    if (error) break;
    alive = requests_.receive({buffer.data(), bytes});
  }
  if (!alive) (void)co_await send();
  requests_.end();
  // The other coroutine uses this.
  closed_ = true;
  while (answers_) {
    timer_.cancel();
    co_await boost::asio::post(stream_.get_executor(), boost::asio::use_awaitable_t<Executor>{});
  }
}

template <class Stream>
void Http2Session<Stream>::arrived(Http2Request& it) {
  if (it.request.target.starts_with("/_sim/")) {
    answer_about_itself(it);
    return;
  }
  it.exchange.connection = connection_;
  it.exchange.connection_clock = clock_;
  it.exchange.arrived = {Steady::now(), WallClock::now()};
  server_.simulation().arrive(it.request, it.exchange);
  clock_ = it.exchange.connection_clock;
  if (it.exchange.delay <= Duration::zero()) {
    answer(it, false);
    return;
  }
  const TimePoint due = it.exchange.arrived.steady + it.exchange.delay;
  const bool first = delayed_.empty() || due < delayed_.begin()->first;
  delayed_.emplace(due, &it);
  if (!answers_) {
    answers_ = true;
    boost::asio::co_spawn(stream_.get_executor(), answer_delayed(), boost::asio::detached);
  } else if (first) {
    timer_.cancel();
  }
}

/// Answers what is due, until nothing is held back.
template <class Stream>
Task<> Http2Session<Stream>::answer_delayed() {
  while (!closed_ && !delayed_.empty()) {
    timer_.expires_at(delayed_.begin()->first);
    (void)co_await timer_.async_wait(as_result);
    const TimePoint now = Steady::now();
    while (!closed_ && !delayed_.empty() && delayed_.begin()->first <= now) {
      Http2Request& due = *delayed_.begin()->second;
      delayed_.erase(delayed_.begin());
      answer(due, true);
    }
    if (!closed_) (void)co_await send();
  }
  answers_ = false;
}

template <class Stream>
void Http2Session<Stream>::answer(Http2Request& it, bool waited) {
  const WallTime wall = waited ? WallClock::now() : it.exchange.arrived.wall;
  answer_.clear();
  const Ending ending = server_.simulation().conclude(it.request, it.exchange, wall, answer_);
  it.concluded = true;
  requests_.answer(it, answer_, ending);
}

/// GET /_sim/state and /_sim/stats, as over HTTP/1.1.
template <class Stream>
void Http2Session<Stream>::answer_about_itself(Http2Request& it) {
  Simulation& simulation = server_.simulation();
  AnswerHead head;
  std::string body;
  if (asks_for_state(it.request)) {
    head.content_type = "application/x-ndjson";
    for (std::optional at = DumpPlace{}; at;) at = simulation.dump(*at, body);
  } else {
    head.status = append_about_itself(body, it.request, simulation);
  }
  answer_.clear();
  simulation.answers().append(answer_, head, body, WallClock::now());
  it.concluded = true;
  requests_.answer(it, answer_, Ending::keep);
}

template <class Stream>
void Http2Session<Stream>::ended(Http2Request& it) {
  if (!it.concluded) {
    std::erase_if(delayed_, [&](const auto& entry) { return entry.second == &it; });
    server_.simulation().abandon(it.request, it.exchange);
  }
  server_.simulation().forget(it.exchange);
}

/// Sends what there is. False if the client is gone.
template <class Stream>
Task<bool> Http2Session<Stream>::send() {
  if (sends_) co_return true;
  sends_ = true;
  bool alive = true;
  while (alive) {
    sending_.clear();
    requests_.append_output(sending_);
    if (sending_.empty()) break;
    const auto [error, bytes] = co_await boost::asio::async_write(stream_, boost::asio::buffer(sending_), as_result);
    alive = !error;
  }
  sends_ = false;
  co_return alive;
}

}  // namespace koobatch::sim
