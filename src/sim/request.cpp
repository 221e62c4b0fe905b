#include "sim/request.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <cstring>
#include <functional>

namespace koobatch::sim {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

RequestReader::Parser::Parser(RequestReader& reader) : reader_(reader) {
  header_limit(RequestReader::header_limit);
  body_limit(std::uint64_t{RequestReader::body_limit});
}

void RequestReader::Parser::on_request_impl(http::verb, view method, view target, int version, error_code&) {
  reader_.request_.method = to_std(method);
  reader_.request_.target = to_std(target);
  reader_.request_.version = version;
}

void RequestReader::Parser::on_field_impl(http::field, view name, view value, error_code& error) {
  // A value folded over several lines arrives in memory that is freed afterwards. RFC 9112, 5.2 lets a server reject
  // it.
  if (!value.empty() && !reader_.holds(to_std(value))) {
    error = http::error::bad_value;
    return;
  }
  Request& r = reader_.request_;
  const auto is = [&](const char* known) { return beast::iequals(name, known); };
  // By length first, which distinguishes most names.
  switch (name.size()) {
    case 4:
      if (is("Host")) reader_.keep(r.host, "Host", to_std(value));
      break;
    case 6:
      if (is("X-Date"))
        reader_.keep(r.date, "X-Date", to_std(value));
      else if (is("Expect"))
        r.expects_continue = beast::iequals(value, "100-continue");
      break;
    case 8:
      if (is("language")) reader_.keep(r.language, "language", to_std(value));
      break;
    case 9:
      if (is("X-User-Id"))
        reader_.keep(r.user_id, "X-User-Id", to_std(value));
      else if (is("X-Traceid"))
        reader_.keep(r.trace_id, "X-Traceid", to_std(value));
      break;
    case 11:
      if (is("X-Apig-Mode")) r.debugs_gateway = beast::iequals(value, "debug");
      break;
    case 12:
      if (is("Content-Type")) reader_.keep(r.content_type, "Content-Type", to_std(value));
      break;
    case 13:
      if (is("Authorization")) reader_.keep(r.authorization, "Authorization", to_std(value));
      break;
    default:
      break;
  }
  constexpr std::size_t own = 2;
  if (name.size() > own && beast::iequals(name.substr(0, own), "x-")) r.keep_other(to_std(name), to_std(value));
}

std::size_t RequestReader::Parser::on_body_impl(view body, error_code&) {
  reader_.body_.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestReader::Parser::on_chunk_body_impl(std::uint64_t, view body, error_code& error) {
  // Beast itself checks Content-Length against the limit, but chunks only one at a time.
  if (reader_.body_.size() + body.size() > RequestReader::body_limit) {
    error = http::error::body_limit;
    return 0;
  }
  return on_body_impl(body, error);
}

RequestReader::RequestReader() : buffer_(new char[capacity]) {}

std::span<char> RequestReader::space() {
  if (head_end_ > 0 && begin_ == end_) begin_ = end_ = head_end_;
  if (head_end_ > 0 && end_ == capacity) {
    // What remains is the beginning of a chunk header; everything between it and the message's head has been consumed.
    std::memmove(buffer_.get() + head_end_, buffer_.get() + begin_, end_ - begin_);
    end_ = head_end_ + (end_ - begin_);
    begin_ = head_end_;
  }
  return {buffer_.get() + end_, capacity - end_};
}

RequestReader::Progress RequestReader::parse() {
  if (!parser_) parser_.emplace(*this);
  while (begin_ < end_ && !parser_->is_done()) {
    const std::size_t taken = parser_->put({buffer_.get() + begin_, end_ - begin_}, error_);
    begin_ += taken;
    // The parser is not eager, so it stops between head and body.
    if (head_end_ == 0 && parser_->is_header_done()) head_end_ = begin_;
    if (error_ == http::error::need_more) {
      error_ = {};
      if (end_ - begin_ < capacity - head_end_) break;
      error_ = http::error::header_limit;
    }
    if (error_) return Progress::malformed;
  }
  if (!parser_->is_done()) return Progress::incomplete;
  request_.keep_alive = parser_->keep_alive();
  request_.body = body_;
  return Progress::complete;
}

void RequestReader::next() {
  if (has_more()) std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = head_end_ = 0;
  parser_.reset();
  request_.clear();
  body_.clear();
}

bool RequestReader::holds(std::string_view text) const {
  const std::less_equal<> no_later;  // unlike <=, defined for pointers into different objects
  return no_later(buffer_.get(), text.data()) && no_later(text.data() + text.size(), buffer_.get() + end_);
}

void RequestReader::keep(std::optional<std::string_view>& slot, std::string_view name, std::string_view value) {
  if (slot) request_.repeated = name;
  slot = value;
}

}  // namespace koobatch::sim
