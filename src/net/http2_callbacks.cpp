#include "net/http2_callbacks.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/http/answer_field.hpp"
#include "koobatch/http/response_reader.hpp"
#include "net/http2_streams.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace koobatch::net {
namespace {

/// What RFC 7541 and 9113 count for a header field beside its name and value.
constexpr std::size_t field_overhead = 32;
/// The longest text of the peer's that is shown.
constexpr std::size_t max_text = 128;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

struct Http2Streams::Callbacks {
  static Http2Streams& self(void* user) { return *static_cast<Http2Streams*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Stream* const stream = self(user).find(frame->hd.stream_id);
    self(user).reading_ = stream;
    if (stream != nullptr) {
      if (self(user).is_impossible(*stream)) return NGHTTP2_ERR_CALLBACK_FAILURE;
      stream->begun = true;
      stream->block = stream->final ? Http2Stream::Block::trailers : Http2Stream::Block::unknown;
    }
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    Http2Stream* const stream = self(user).reading_;
    if (stream == nullptr) return 0;
    const bool fits = self(user).take_field(*stream, text_of(name, name_size), text_of(value, value_size));
    return fits ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    if (Http2Stream* const stream = self(user).find(id)) self(user).take_body(*stream, text_of(bytes, size));
    return 0;
  }

  static int received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Streams& streams = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) streams.ready_ = true;
        break;
      case NGHTTP2_GOAWAY:
        streams.goaway_received(frame->goaway);
        break;
      case NGHTTP2_RST_STREAM:
        if (const auto* stream = streams.find(frame->hd.stream_id); stream && streams.is_impossible(*stream)) {
          return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        streams.reset_received(frame->hd.stream_id, frame->rst_stream.error_code);
        break;
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        ++streams.progress_;
        if (Http2Stream* const stream = streams.find(frame->hd.stream_id)) {
          if (frame->hd.type == NGHTTP2_HEADERS) streams.headers_ended(*stream);
          if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) streams.answer_ended(*stream);
        }
        break;
      default:
        break;
    }
    return 0;
  }

  static int about_to_send(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Streams& streams = self(user);
    if (frame->hd.type == NGHTTP2_HEADERS) {
      if (Http2Stream* const stream = streams.find(frame->hd.stream_id)) stream->offset = streams.serialised_;
    }
    // nghttp2 says so when the peer has broken the protocol.
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      streams.break_off(
          fmt::format("the peer broke the rules of HTTP/2: {} {}", nghttp2_http2_strerror(frame->goaway.error_code),
                      printable_ascii(text_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len), max_text)));
    }
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    if (Http2Stream* const stream = self(user).find(id)) self(user).closed(*stream, code);
    return 0;
  }

  static const nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &received);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, &about_to_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &closed);
    return callbacks;
  }
};

const nghttp2_session_callbacks* http2_callbacks() {
  static const nghttp2_session_callbacks* const callbacks = Http2Streams::Callbacks::make();
  return callbacks;
}

/// Whether the peer refers to a request that has not been sent to it yet. The request will be sent, so what the peer
/// says about it means nothing.
bool Http2Streams::is_impossible(const Http2Stream& stream) {
  if (!never_left(stream)) return false;
  break_off("the peer answered a request that was not sent");
  return true;
}

/// False: the answer is not to be taken, and `refused` says why.
bool Http2Streams::take_field(Http2Stream& stream, std::string_view name, std::string_view value) {
  using Block = Http2Stream::Block;
  stream.header_bytes += name.size() + value.size() + field_overhead;
  if (stream.header_bytes > http::max_header_bytes) {
    stream.refused = "the answer's header fields are too large";
    return false;
  }
  if (name == ":status") {
    int status = 0;
    std::from_chars(value.data(), value.data() + value.size(), status);
    // nghttp2 accepts any three digits (RFC 9110, 15: 100 to 599).
    if (status < 100) {
      stream.refused = "the answer's status is not valid";
      return false;
    }
    stream.block = status < 200 ? Block::interim : Block::final;
    stream.final |= stream.block == Block::final;
    if (stream.final) stream.exchange->answer.http = status;
  } else if (stream.block == Block::final) {
    http::keep_field(name, value, stream.exchange->answer);
  }
  return true;
}

void Http2Streams::take_body(Http2Stream& stream, std::string_view bytes) {
  http::Answer& answer = stream.exchange->answer;
  std::string& body = answer.body;
  if (stream.refused != nullptr) return;
  if (body.size() + bytes.size() > answer.most_body) {
    stream.refused = "the answer's body is too large";
    to_reset_.push_back(stream.id);
    return;
  }
  body.append(bytes);
}

void Http2Streams::headers_ended(Http2Stream& stream) {
  stream.block = Http2Stream::Block::unknown;
}

void Http2Streams::answer_ended(Http2Stream& stream) {
  if (stream.refused != nullptr) return;
  stream.answered = true;
  answered_any_ = true;
  // nghttp2 closes it next, unless our half is still open.
  if (stream.body_sent != stream.exchange->request.body().size()) to_reset_.push_back(stream.id);
}

void Http2Streams::reset_received(std::int32_t id, std::uint32_t code) {
  if (Http2Stream* const stream = find(id)) {
    stream->reset_by_peer = true;
    stream->reset_code = code;
  }
}

void Http2Streams::goaway_received(const nghttp2_goaway& frame) {
  goaway_id_ = frame.last_stream_id;
  goaway_code_ = frame.error_code;
  if (frame.error_code == NGHTTP2_HTTP_1_1_REQUIRED || frame.error_code == NGHTTP2_INADEQUATE_SECURITY) {
    wants_http1_ = true;
  }
  if (broken_) return;
  draining_ = true;
  why_ = "the service ends the connection";
  if (frame.error_code == NGHTTP2_NO_ERROR) return;
  why_ += fmt::format(": {} {}", nghttp2_http2_strerror(frame.error_code),
                      printable_ascii(text_of(frame.opaque_data, frame.opaque_data_len), max_text));
}

}  // namespace koobatch::net
