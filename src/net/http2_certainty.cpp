// What is certain about exchanges that have ended.

#include "net/http2_streams.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::net {
namespace {

using http::Delivery;

bool demands_http1(std::uint32_t code) {
  return code == NGHTTP2_HTTP_1_1_REQUIRED || code == NGHTTP2_INADEQUATE_SECURITY;
}

}  // namespace

/// Ends the stream. Its owner has the exchange back once nghttp2 has returned.
void Http2Streams::settle(Http2Stream& stream, Delivery delivery, std::string error, bool companion) {
  http::Answer& answer = stream.exchange->answer;
  if (delivery != Delivery::answered) {
    answer.clear();
    answer.error = std::move(error);
    answer.companion = companion;
  }
  answer.delivery = delivery;
  live_[stream.place] = live_.back();
  live_[stream.place]->place = stream.place;
  live_.pop_back();
  finished_.push_back(&stream);
  if (reading_ == &stream) reading_ = nullptr;
}

/// Whether the failure that is settled next is one that another exchange reports already.
bool Http2Streams::next_companion() {
  return std::exchange(failure_told_, true);
}

/// The service has certainly not read it. Repeating it at once is certain to end only if the service answers anything
/// at all.
void Http2Streams::settle_unread(Http2Stream& stream, const std::string& error) {
  if (answered_any_) {
    settle(stream, Delivery::refused, error);
  } else {
    settle(stream, Delivery::not_sent, error, next_companion());
  }
}

/// Settles everything in flight on a connection that has ended. `peer_broke`: whether the cause may have affected each
/// of them, rather than the peer having closed it while it was idle.
void Http2Streams::settle_connection(const std::string& error, bool peer_broke) {
  while (!live_.empty()) {
    Http2Stream& stream = *live_.back();
    nghttp2_session_set_stream_user_data(session_.get(), stream.id, nullptr);
    if (stream.answered) {
      settle(stream, Delivery::answered, {});
    } else if (never_left(stream)) {
      settle_unread(stream, error);
    } else if (!peer_broke && !stream.begun && answered_any_) {
      settle(stream, Delivery::stale, error);
    } else {
      settle(stream, Delivery::lost, error, next_companion());
    }
  }
}

/// nghttp2 has closed the stream.
void Http2Streams::closed(Http2Stream& stream, std::uint32_t code) {
  if (stream.answered) {
    settle(stream, Delivery::answered, {});
  } else if (stream.refused != nullptr) {
    settle(stream, Delivery::lost, stream.refused);
  } else if (never_left(stream)) {
    settle_unread(stream, why_);
  } else if (stream.reset_by_peer) {
    settle_reset(stream);
  } else if (std::int64_t{stream.id} > goaway_id_) {
    settle_above_goaway(stream);
  } else {
    settle(stream, Delivery::lost, fmt::format("the answer is not valid HTTP/2: {}", nghttp2_http2_strerror(code)));
  }
}

void Http2Streams::settle_reset(Http2Stream& stream) {
  const std::uint32_t code = stream.reset_code;
  const std::string error = fmt::format("the service reset the request ({}){}", nghttp2_http2_strerror(code),
                                        stream.begun ? " in the middle of the answer" : "");
  if (demands_http1(code)) {
    wants_http1_ = true;
    drain("the service demands HTTP/1.1");
  }
  if (code == NGHTTP2_PROTOCOL_ERROR) drain("the service sees an error in what it was sent");
  const bool refusal = code == NGHTTP2_REFUSED_STREAM || demands_http1(code);
  settle(stream, refusal && !stream.begun ? Delivery::stale : Delivery::lost, error);
}

void Http2Streams::settle_above_goaway(Http2Stream& stream) {
  if (stream.begun) {
    settle(stream, Delivery::lost, why_ + " in the middle of the answer", next_companion());
  } else if (demands_http1(goaway_code_)) {
    settle(stream, Delivery::stale, why_);
  } else if (goaway_code_ == NGHTTP2_ENHANCE_YOUR_CALM) {
    settle(stream, Delivery::overloaded, why_, next_companion());
  } else {
    settle_unread(stream, why_);
  }
}

}  // namespace koobatch::net
