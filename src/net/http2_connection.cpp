#include "net/http2_connection.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::net {
namespace {

using boost::system::error_code;

/// The most that is read in one call.
constexpr std::size_t input_size = 64 * 1024;
/// How long a peer may take to give a sign of life when asked for one.
constexpr Duration patience = std::chrono::seconds(5);
/// How long a peer with exchanges in flight may be silent before it is asked.
constexpr Duration longest_quiet = std::chrono::seconds(10);

std::string describe(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return "the connection was closed before the answer was complete";
  }
  return fmt::format("the connection failed: {}", error.message());
}

}  // namespace

Http2Connection::Http2Connection(asio::io_context& context, Dialer& dialer, std::unique_ptr<Transport> transport)
    : context_(context),
      dialer_(dialer),
      transport_(std::move(transport)),
      streams_(dialer.endpoint, dialer.streams),
      input_(input_size) {}

Http2Connection::~Http2Connection() {
  if (armed()) disarm();
}

Awaitable<Session::Opened> Http2Connection::start(std::string& why) {
  transport_->begin_step(Steady::now() + dialer_.connect_timeout);
  const auto error = co_await transport_->with_stream([&](auto& stream) { return await_settings(stream); });
  transport_->end_step();
  if (error || streams_.broken()) {
    const Opened opened = explain(error, why);
    shut();
    co_return opened;
  }
  last_received_ = Steady::now();
  transport_->with_stream(
      [&](auto& stream) { asio::co_spawn(context_, read(stream, shared_from_this()), asio::detached); });
  co_return Opened::yes;
}

/// Sends the first frames, and reads until the peer accepts exchanges.
template <class Stream>
Awaitable<error_code> Http2Connection::await_settings(Stream& stream) {
  error_code error;
  while (!error && !streams_.draining() && streams_.capacity() == 0) {
    if (const std::string_view bytes = streams_.output(); !bytes.empty()) {
      // Should it fail, the peer may have said why, and reading fails in any case.
      (void)co_await asio::async_write(stream, asio::buffer(bytes), as_result);
      streams_.handed(bytes.size());
    }
    const auto [failed, count] = co_await stream.async_read_some(asio::buffer(input_), as_result);
    error = failed;
    if (!error) streams_.receive({input_.data(), count});
  }
  if (!error && streams_.draining() && !streams_.broken()) streams_.end(streams_.why());
  co_return error;
}

/// Why it could not be started.
Session::Opened Http2Connection::explain(const error_code& error, std::string& why) {
  const std::string url = dialer_.endpoint.url();
  if (transport_->expired()) {
    why = fmt::format("{} accepted no HTTP/2 request within {:g} s", url, seconds(dialer_.connect_timeout));
    return Opened::no;
  }
  if (error) {
    if (why = transport_->client_refusal(error); !why.empty()) return Opened::never;
    why = fmt::format("HTTP/2 with {} failed: {}", url, describe(error));
    return Opened::no;
  }
  why = fmt::format("HTTP/2 with {} failed: {}", url, streams_.why());
  return Opened::no;
}

Awaitable<void> Http2Connection::exchange(Exchange& exchange) {
  assert(capacity() != 0);
  return asio::async_initiate<const UseAwaitable, void()>(
      [this, &exchange](Resume&& resume) { begin(exchange, std::move(resume)); }, UseAwaitable{});
}

void Http2Connection::begin(Exchange& exchange, Resume&& resume) {
  exchange.sent_at = Steady::now();
  if (streams_.in_flight() == 0) busy_since_ = exchange.sent_at;
  Waiting& waiting = take_waiting();
  waiting.resume.emplace(std::move(resume));
  streams_.submit(waiting, exchange);
  dialer_.deadlines->arm(waiting, exchange.sent_at + dialer_.exchange_timeout);
  watch(exchange.sent_at);
  flush_soon();
  // It may have failed at once.
  post_resume_finished();
}

Http2Connection::Waiting& Http2Connection::take_waiting() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<Waiting>(*this));
    return *all_.back();
  }
  Waiting& waiting = *free_.back();
  free_.pop_back();
  return waiting;
}

/// What is resumed may begin further exchanges.
void Http2Connection::resume_finished() {
  if (streams_.finished().empty()) return;
  const TimePoint now = Steady::now();
  for (Http2Stream* const stream : std::exchange(streams_.finished(), {})) {
    auto& waiting = static_cast<Waiting&>(*stream);
    if (waiting.armed()) waiting.disarm();
    waiting.exchange->ended_at = now;
    Resume resume = std::move(*waiting.resume);
    waiting.resume.reset();
    free_.push_back(&waiting);
    std::move(resume)();
  }
}

/// For callers that may be such a coroutine themselves.
void Http2Connection::post_resume_finished() {
  if (streams_.finished().empty()) return;
  asio::post(context_, [self = shared_from_this()] { self->resume_finished(); });
}

/// The time of one exchange is over.
void Http2Connection::expired(Waiting& waiting) {
  const auto error = fmt::format("no answer within {:g} s", seconds(dialer_.exchange_timeout));
  if (last_received_ > waiting.exchange->sent_at) {
    streams_.expire(waiting, error);
    flush_soon();
    resume_finished();
    leave_if_done();
    return;
  }
  // Not only this exchange: the node at this address may hang.
  transport_->distrust_address();
  streams_.give_up(error);
  shut();
  resume_finished();
}

template <class Stream>
Awaitable<void> Http2Connection::read(Stream& stream, std::shared_ptr<Http2Connection> /*keeps this alive*/) {
  flush();
  while (!closed_) {
    const auto [error, count] = co_await stream.async_read_some(asio::buffer(input_), as_result);
    if (closed_) break;
    if (error) {
      ended(error);
      break;
    }
    received(count);
  }
}

void Http2Connection::received(std::size_t count) {
  last_received_ = Steady::now();
  reading_ = true;
  streams_.receive({input_.data(), count});
  if (streams_.broken()) shut();
  resume_finished();
  reading_ = false;
  flush();
  leave_if_done();
}

void Http2Connection::ended(const error_code& error) {
  streams_.end(describe(error));
  shut();
  resume_finished();
}

void Http2Connection::leave_if_done() {
  if (closed_ || is_open() || streams_.in_flight() != 0 || !streams_.finished().empty()) return;
  streams_.say_goodbye();
  flush();
  shut();
}

/// Closes the transport. Precondition: nothing is in flight.
void Http2Connection::shut() {
  if (std::exchange(closed_, true)) return;
  if (armed()) disarm();
  transport_->close();
}

void Http2Connection::retire(const std::string& why) {
  streams_.drain(why);
  transport_->retire();
  leave_if_done();
}

/// Without a GOAWAY or close_notify, which would be written after what must not arrive.
void Http2Connection::withdraw() {
  if (closed_ || (!write_in_progress_ && !streams_.has_unsent() && transport_->is_delivered())) return;
  streams_.end("it was closed before everything had arrived");
  shut();
  post_resume_finished();
}

void Http2Connection::close() {
  if (closed_) return;
  streams_.say_goodbye();
  flush();
  streams_.end("the run ends");
  shut();
  post_resume_finished();
}

/// Once everything that is ready to run has run, so that all it begins is written together.
void Http2Connection::flush_soon() {
  if (reading_ || std::exchange(flush_posted_, true)) return;
  asio::post(context_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Http2Connection::flush() {
  if (closed_ || write_in_progress_ || write_failed_) return;
  std::string_view bytes = streams_.output();
  if (bytes.empty()) return;
  if (!transport_->encrypted()) {
    error_code error;
    const std::size_t count = transport_->write_at_once(bytes, error);
    streams_.handed(count);
    // What the peer sent before is still to be read, then the end.
    write_failed_ = error && error != asio::error::would_block;
    if (write_failed_ || count == bytes.size()) return;
    bytes.remove_prefix(count);
  }
  writing_.assign(bytes.begin(), bytes.end());
  streams_.handed(bytes.size());
  write_rest();
}

void Http2Connection::write_rest() {
  write_in_progress_ = true;
  transport_->with_stream([&](auto& stream) {
    asio::async_write(stream, asio::buffer(writing_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        self->write_in_progress_ = false;
                        self->write_failed_ = error.failed();
                        self->flush();
                      });
  });
}

Duration Http2Connection::quiet_time() const {
  return std::min(dialer_.exchange_timeout / 3, longest_quiet);
}

/// Makes sure that a dead peer is noticed before the first exchange times out.
void Http2Connection::watch(TimePoint now) {
  if (!armed()) dialer_.deadlines->arm(*this, now + quiet_time());
}

void Http2Connection::expire() {
  if (closed_ || streams_.in_flight() == 0) return;
  const TimePoint now = Steady::now();
  if (asked_ && last_received_ < *asked_) {
    if (now < *asked_ + patience) {
      dialer_.deadlines->arm(*this, *asked_ + patience);
      return;
    }
    transport_->distrust_address();
    streams_.give_up(fmt::format("the service is silent: no sign of life within {:g} s", seconds(patience)));
    shut();
    resume_finished();
    return;
  }
  const TimePoint quiet_since = std::max(last_received_, busy_since_);
  // Servers count frames that bring no work.
  const bool asked_already = asked_ && asked_at_ == streams_.progress();
  if (now >= quiet_since + quiet_time() && !asked_already) {
    streams_.ping();
    flush();
    asked_ = now;
    asked_at_ = streams_.progress();
    dialer_.deadlines->arm(*this, now + patience);
    return;
  }
  dialer_.deadlines->arm(*this, std::max(quiet_since, now) + quiet_time());
}

}  // namespace koobatch::net
