#include "koobatch/http/response_reader.hpp"

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <bit>
#include <cassert>

namespace koobatch::http {

using error = boost::beast::http::error;

namespace {

/// A status line that lacks the blank after the status, which is required even without a reason (RFC 9112, 4). Each 0
/// stands for any digit.
constexpr std::string_view bare_status_line = "HTTP/1.0 000\r\n";

/// Whether `bytes` are such a line, or its beginning, followed by anything.
bool begin_with_bare_line(std::string_view bytes) {
  const auto is_like = [](char shape, char c) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; };
  const std::size_t size = std::min(bytes.size(), bare_status_line.size());
  return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size), bare_status_line.begin(),
                    [&](char c, char shape) { return is_like(shape, c); });
}

/// The line as it should be.
std::string with_blank(std::string_view bare_line) {
  const std::size_t status_end = bare_status_line.size() - 2;
  return std::string(bare_line.substr(0, status_end)).append(" \r\n");
}

/// Whether a line of the header ends in LF alone. `bytes`: from the header on, perhaps with some of the body.
bool has_bare_line_feed(std::string_view bytes) {
  const std::string_view header = bytes.substr(0, bytes.find("\r\n\r\n"));
  for (auto at = header.find('\n'); at != std::string_view::npos; at = header.find('\n', at + 1)) {
    if (at == 0 || header[at - 1] != '\r') return true;
  }
  return false;
}

}  // namespace

void ResponseReader::start(Answer& answer) {
  answer_ = &answer;
  parser_.reset();
  error_ = {};
  begun_ = false;
  in_first_line_ = true;
}

/// Passes bytes to the parser, and returns how many of them it has consumed.
std::size_t ResponseReader::put(std::string_view bytes) {
  // Fewer cannot end a body in chunks, and Beast asserts that it is never given fewer at the end of an empty one.
  constexpr std::string_view shortest_end = "0\r\n\r\n";
  if (parser_->is_header_done() && parser_->chunked() && bytes.size() < shortest_end.size()) {
    error_ = error::need_more;
    return 0;
  }
  if (!in_first_line_ || !begin_with_bare_line(bytes)) {
    const std::size_t used = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), error_);
    in_first_line_ = in_first_line_ && used == 0;
    return used;
  }
  if (bytes.size() < bare_status_line.size()) {
    error_ = error::need_more;
    return 0;
  }
  const std::string line = with_blank(bytes.substr(0, bare_status_line.size()));
  in_first_line_ = false;
  return parser_->put(boost::asio::buffer(line), error_) == 0 ? 0 : bare_status_line.size();
}

ResponseReader::State ResponseReader::check() {
  if (error_ == error::need_more) {
    error_ = {};
    return State::more;
  }
  if (error_) return State::failed;
  if (!parser_->is_done()) return State::more;
  if (answer_->http < 100) {
    error_ = error::bad_status;
    return State::failed;
  }
  const bool interim = answer_->http < 200 && answer_->http != 101;
  if (!interim) return State::done;
  answer_->clear();
  start(*answer_);
  begun_ = true;
  parser_.emplace(*answer_);
  return State::more;
}

ResponseReader::State ResponseReader::feed(std::string_view bytes, std::size_t& consumed) {
  assert(answer_ != nullptr);
  if (bytes.empty()) return State::more;
  const bool first = !begun_;
  begun_ = true;
  if (!first) return parse(bytes, consumed);
  if (const std::size_t size = known_.read(bytes, *answer_); size != 0) {
    consumed += size;
    unknown_ = 0;
    return State::done;
  }
  std::size_t used = 0;
  const State state = parse(bytes, used);
  consumed += used;
  if (state == State::done) learn(bytes.substr(0, used));
  return state;
}

/// Learns the header of an answer that came in one piece, now and then: where no answer is like the last one, learning
/// from each would be for nothing.
void ResponseReader::learn(std::string_view answer) {
  constexpr int success = 200;
  const std::size_t body_size = answer_->body.size();
  const auto length = parser_->content_length();
  const bool whole = length && *length == body_size && !parser_->chunked();
  if (answer_->http != success || !whole || !keep_alive() || !std::has_single_bit(++unknown_)) return;
  const auto header = answer.substr(0, answer.size() - body_size);
  // Not after an interim answer.
  if (header.find("\r\n\r\n") + 4 == header.size()) known_.learn(header, *answer_);
}

ResponseReader::State ResponseReader::parse(std::string_view bytes, std::size_t& consumed) {
  if (!parser_) parser_.emplace(*answer_);
  State state = State::more;
  while (state == State::more && !bytes.empty()) {
    const std::size_t used = put(bytes);
    bytes.remove_prefix(used);
    consumed += used;
    state = check();
    // Beast waits for CR LF for ever, or calls the LF a bad character.
    if (state != State::done && !parser_->is_header_done() && has_bare_line_feed(bytes)) {
      error_ = error::bad_line_ending;
      state = State::failed;
    }
    if (used == 0) break;
  }
  return state;
}

ResponseReader::State ResponseReader::end() {
  // Beast must have seen some of the answer, and after an interim one it has not.
  if (!parser_ || !parser_->got_some()) {
    error_ = error::partial_message;
    return State::failed;
  }
  parser_->put_eof(error_);
  return check() == State::done ? State::done : State::failed;
}

std::string describe_fault(const boost::beast::error_code& fault, std::size_t most_body) {
  const auto explained = [&](std::string_view why) { return fmt::format("{}: {}", fault.message(), why); };
  if (fault == error::header_limit) return explained(fmt::format("more than {} KiB", max_header_bytes / 1024));
  if (fault == error::body_limit) return explained(fmt::format("more than {} KiB", most_body / 1024));
  if (fault == error::bad_line_ending) return explained("a line of its header ends in LF instead of CR LF");
  if (fault == error::bad_version) return explained("it does not begin with HTTP/1.0 or HTTP/1.1");
  if (fault == error::bad_status) return explained("no status follows the version");
  if (fault == error::bad_reason) return explained("its first line holds a character that is not allowed");
  if (fault == error::bad_field) return explained("a line of its header does not begin with a name and a colon");
  if (fault == error::bad_value) return explained("a field of its header holds a character that is not allowed");
  return fault.message();
}

}  // namespace koobatch::http
