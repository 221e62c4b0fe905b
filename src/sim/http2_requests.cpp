#include "sim/http2_requests.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::sim {
namespace {

constexpr std::uint32_t most_requests = 1000;

/// Of the fields that the service looks at, by their places in Http2Request::texts.
enum Place : std::size_t { method, target, host, authorization, user_id, date, trace_id, language, content_type };

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

/// An answer of HTTP/1.1, taken apart.
struct Answer {
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t length = 0;  ///< that the body should have
  std::string_view body;
};

/// Precondition: `text` is not empty, and its head is complete.
Answer take_apart(std::string_view text) {
  constexpr std::string_view line_end = "\r\n";
  Answer answer;
  answer.fields.emplace_back(":status", text.substr(text.find(' ') + 1, 3));
  const std::size_t head_end = text.find("\r\n\r\n");
  std::string_view lines = text.substr(0, head_end + line_end.size());
  lines.remove_prefix(lines.find(line_end) + line_end.size());
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find(line_end));
    lines.remove_prefix(line.size() + line_end.size());
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string_view value = line.substr(colon + 2);
    if (name == "connection") continue;
    if (name == "content-length") answer.length = std::stoul(std::string(value));
    answer.fields.emplace_back(std::move(name), value);
  }
  answer.body = text.substr(head_end + 2 * line_end.size());
  return answer;
}

}  // namespace

struct Http2Requests::Callbacks {
  static Http2Requests& self(void* user) { return *static_cast<Http2Requests*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      self(user).begin(frame->hd.stream_id);
    }
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    if (auto* const request = self(user).find(frame->hd.stream_id)) {
      self(user).take_field(*request, text_of(name, name_size), text_of(value, value_size));
    }
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    auto* const request = self(user).find(id);
    if (request == nullptr) return 0;
    if (request->body.size() + size > RequestReader::body_limit) return NGHTTP2_ERR_CALLBACK_FAILURE;
    request->body.append(text_of(bytes, size));
    return 0;
  }

  static int received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool is_last = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!is_last || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (auto* const request = self(user).find(frame->hd.stream_id)) self(user).complete(*request);
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    if (auto* const request = self(user).find(id)) self(user).close(*request);
    return 0;
  }

  static ssize_t read(nghttp2_session* session, std::int32_t id, std::uint8_t* room, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& request = *static_cast<Http2Request*>(source->ptr);
    const std::size_t count = std::min(size, request.answer.size() - request.sent);
    std::copy_n(request.answer.data() + request.sent, count, room);
    request.sent += count;
    if (request.sent == request.answer.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (request.breaks_off) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
      }
    }
    return static_cast<ssize_t>(count);
  }

  static const nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &closed);
    return callbacks;
  }
};

Http2Requests::Http2Requests(Owner& owner) : owner_(owner) {
  static const nghttp2_session_callbacks* const callbacks = Callbacks::make();
  nghttp2_session* session = nullptr;
  nghttp2_session_server_new(&session, callbacks, this);
  session_.reset(session);
  const nghttp2_settings_entry most{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most_requests};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &most, 1);
}

Http2Requests::~Http2Requests() {
  end();
}

Http2Request* Http2Requests::find(std::int32_t id) const {
  return static_cast<Http2Request*>(nghttp2_session_get_stream_user_data(session_.get(), id));
}

Http2Request& Http2Requests::begin(std::int32_t id) {
  if (used_.empty()) used_.push_back(std::make_unique<Http2Request>());
  live_.push_back(std::move(used_.back()));
  used_.pop_back();
  Http2Request& request = *live_.back();
  request.id = id;
  request.gone = request.breaks_off = request.concluded = false;
  request.request.clear();
  request.others.clear();
  request.body.clear();
  request.sent = 0;
  nghttp2_session_set_stream_user_data(session_.get(), id, &request);
  return request;
}

void Http2Requests::take_field(Http2Request& it, std::string_view name, std::string_view value) {
  Request& request = it.request;
  const auto keep = [&](Place place, std::optional<std::string_view>& slot, std::string_view known) {
    if (slot) request.repeated = known;
    it.texts[place] = value;
    slot = it.texts[place];
  };
  if (name == ":method") {
    request.method = it.texts[method] = value;
  } else if (name == ":path") {
    request.target = it.texts[target] = value;
  } else if (name == ":authority") {
    keep(host, request.host, "Host");
  } else if (name == "authorization") {
    keep(authorization, request.authorization, "Authorization");
  } else if (name == "x-user-id") {
    keep(user_id, request.user_id, "X-User-Id");
  } else if (name == "x-date") {
    keep(date, request.date, "X-Date");
  } else if (name == "x-traceid") {
    keep(trace_id, request.trace_id, "X-Traceid");
  } else if (name == "language") {
    keep(language, request.language, "language");
  } else if (name == "content-type") {
    keep(content_type, request.content_type, "Content-Type");
  } else if (name == "x-apig-mode") {
    request.debugs_gateway = value == "debug";
  } else if (name.starts_with("x-")) {
    const auto& [kept_name, kept_value] = it.others.emplace_back(name, value);
    request.keep_other(kept_name, kept_value);
  }
}

void Http2Requests::complete(Http2Request& request) {
  request.request.body = request.body;
  arrived_.push_back(&request);
}

bool Http2Requests::receive(std::string_view bytes) {
  const ssize_t count =
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  // nghttp2 must have returned before it is given answers.
  for (Http2Request* const request : std::exchange(arrived_, {})) {
    if (!request->gone) owner_.arrived(*request);
  }
  return count >= 0 && nghttp2_session_want_read(session_.get()) != 0;
}

void Http2Requests::answer(Http2Request& request, std::string_view text, Ending ending) {
  if (ending == Ending::stall) return;
  if (text.empty()) {
    const auto code = ending == Ending::reset ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, request.id, code);
    return;
  }
  const Answer parts = take_apart(text);
  request.answer = parts.body;
  request.breaks_off = parts.body.size() < parts.length;
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : parts.fields) {
    fields.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  const nghttp2_data_provider body{{.ptr = &request}, &Callbacks::read};
  nghttp2_submit_response(session_.get(), request.id, fields.data(), fields.size(), &body);
}

void Http2Requests::close(Http2Request& request) {
  request.gone = true;
  nghttp2_session_set_stream_user_data(session_.get(), request.id, nullptr);
  std::erase(arrived_, &request);
  owner_.ended(request);
  const auto place = std::find_if(live_.begin(), live_.end(), [&](const auto& it) { return it.get() == &request; });
  std::swap(*place, live_.back());
  used_.push_back(std::move(live_.back()));
  live_.pop_back();
}

void Http2Requests::end() {
  while (!live_.empty()) close(*live_.back());
}

void Http2Requests::append_output(std::string& out) {
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
    if (count <= 0) return;
    out.append(text_of(bytes, static_cast<std::size_t>(count)));
  }
}

}  // namespace koobatch::sim
