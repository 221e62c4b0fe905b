#include "net/http2_streams.hpp"

#include "koobatch/http/response_reader.hpp"
#include "net/http2_callbacks.hpp"
#include "net/http2_memory.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace koobatch::net {
namespace {

using http::Delivery;

constexpr std::string_view http1_prefix = "HTTP/1.";
constexpr std::int32_t connection_window = 1 << 20;
constexpr std::uint32_t stream_window = 64 * 1024;
/// Of an answer's header block in CONTINUATION frames. nghttp2 1.52 counts each piece that a frame arrives in.
constexpr std::size_t max_continuations = 100;
/// The last id of a stream: after it, a connection cannot carry another.
constexpr std::int64_t last_stream_id = 0x7fffffff;

struct FreeOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

nghttp2_session* new_session(void* owner) {
  nghttp2_option* raw = nullptr;
  nghttp2_option_new(&raw);
  const std::unique_ptr<nghttp2_option, FreeOption> option(raw);
  nghttp2_option_set_max_continuations(option.get(), max_continuations);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new3(&session, http2_callbacks(), owner, option.get(), &http2_memory());
  return session;
}

ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* room, std::size_t size, std::uint32_t* flags,
                  nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<Http2Stream*>(source->ptr);
  const std::string_view rest = stream.exchange->request.body().substr(stream.body_sent);
  const std::size_t count = std::min(size, rest.size());
  std::copy_n(rest.data(), count, room);
  stream.body_sent += count;
  if (count == rest.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

}  // namespace

Http2Streams::Http2Streams(const http::Endpoint& endpoint, std::size_t most, std::int32_t first_id)
    : session_(new_session(this)), fields_(endpoint), most_(most) {
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, http::max_header_bytes}}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, connection_window);
  nghttp2_session_set_next_stream_id(session_.get(), first_id);
  serialise();
}

Http2Streams::~Http2Streams() = default;

std::size_t Http2Streams::capacity() const {
  if (!ready_ || draining()) return 0;
  const auto allowed = std::min<std::size_t>(
      most_, nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
  if (allowed <= live_.size()) return 0;
  const std::int64_t next = nghttp2_session_get_next_stream_id(session_.get());
  const auto ids = next > last_stream_id ? 0 : static_cast<std::size_t>((last_stream_id - next) / 2 + 1);
  return std::min(allowed - live_.size(), ids);
}

bool Http2Streams::speaks_http1() const {
  assert(broken());
  return !ready_ && first_bytes_ == http1_prefix;
}

void Http2Streams::submit(Http2Stream& stream, Exchange& exchange) {
  assert(capacity() != 0);
  stream = {};
  stream.exchange = &exchange;
  exchange.answer.clear();
  exchange.refused = exchange.withheld = false;
  stream.place = live_.size();
  live_.push_back(&stream);
  const auto fields = fields_.of(exchange.request);
  nghttp2_data_provider body{{.ptr = &stream}, &read_body};
  stream.id = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                     exchange.request.body().empty() ? nullptr : &body, &stream);
  if (stream.id < 0) settle(stream, Delivery::not_sent, nghttp2_strerror(stream.id));
  if (stream.id < 0 || std::int64_t{stream.id} + 2 > last_stream_id) {
    drain("the connection has no numbers left for further requests");
  }
}

bool Http2Streams::has_unsent() const {
  if (out_begin_ != out_.size()) return true;
  return std::ranges::any_of(live_, [](const Http2Stream* stream) {
    return stream->offset == Http2Stream::no_offset || stream->body_sent != stream->exchange->request.body().size();
  });
}

void Http2Streams::serialise() {
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
    if (count == 0) return;
    if (count < 0) {
      break_off(nghttp2_strerror(static_cast<int>(count)));
      return;
    }
    out_.insert(out_.end(), bytes, bytes + count);
    serialised_ += static_cast<std::size_t>(count);
  }
}

std::string_view Http2Streams::output() {
  // What is in flight on a broken connection has failed: none of it may be sent any more.
  if (broken_) return {};
  serialise();
  return {out_.data() + out_begin_, out_.size() - out_begin_};
}

void Http2Streams::handed(std::size_t count) {
  handed_ += count;
  out_begin_ += count;
  if (out_begin_ != out_.size()) return;
  // Its memory is used again at once, so it is wiped only with the connection.
  out_.clear();
  out_begin_ = 0;
}

void Http2Streams::receive(std::string_view bytes) {
  if (broken_) return;
  if (!ready_) first_bytes_.append(bytes.substr(0, http1_prefix.size() - first_bytes_.size()));
  failure_told_ = false;
  const ssize_t count =
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (count < 0) break_off(nghttp2_strerror(static_cast<int>(count)));
  if (!broken_) give_back_answered();
  if (!broken_) serialise();
  // After a peer's error nghttp2 reads nothing more, and closes no stream.
  if (broken_ || (!draining_ && nghttp2_session_want_read(session_.get()) == 0)) {
    break_off(why_.empty() ? "the connection ended" : why_);
    settle_connection(why_, true);
  }
}

/// Ends our half of exchanges that were answered before their bodies were sent, and those whose answers are too large.
void Http2Streams::give_back_answered() {
  for (const std::int32_t id : std::exchange(to_reset_, {})) {
    const Http2Stream* const stream = find(id);
    if (stream == nullptr) continue;
    const auto code = stream->answered ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
  }
}

Http2Stream* Http2Streams::find(std::int32_t id) const {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id));
}

void Http2Streams::end(const std::string& error) {
  if (broken_) return;
  failure_told_ = false;
  break_off(error);
  settle_connection(error, false);
}

void Http2Streams::give_up(const std::string& error) {
  if (broken_) return;
  failure_told_ = false;
  break_off(error);
  settle_connection(error, true);
}

void Http2Streams::expire(Http2Stream& stream, const std::string& error) {
  const std::int32_t id = stream.id;
  const bool may_reset = ++resets_ <= max_resets;
  if (!may_reset) drain("too many requests on it were not answered in time");
  const bool serialised =
      stream.offset != Http2Stream::no_offset && stream.body_sent == stream.exchange->request.body().size();
  settle(stream, Delivery::lost, error);
  nghttp2_session_set_stream_user_data(session_.get(), id, nullptr);
  // What is not serialised yet would be read from the request, which belongs to its owner again.
  if (!may_reset && serialised) return;
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  serialise();
}

void Http2Streams::drain(std::string why) {
  if (draining()) return;
  draining_ = true;
  why_ = std::move(why);
}

void Http2Streams::ping() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void Http2Streams::say_goodbye() {
  if (broken_) return;
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
  serialise();
}

void Http2Streams::break_off(std::string why) {
  if (std::exchange(broken_, true)) return;
  why_ = std::move(why);
}

}  // namespace koobatch::net
