#include "koobatch/net/response.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace koobatch::net {

namespace http = boost::beast::http;

void ResponseReader::start(flow::Answer& answer) {
  answer_ = &answer;
  parser_.emplace(answer);
  error_ = {};
  begun_ = false;
}

ResponseReader::State ResponseReader::check() {
  if (error_ == http::error::need_more) {
    error_ = {};
    return State::more;
  }
  if (error_) return State::failed;
  if (!parser_->is_done()) return State::more;
  if (answer_->http < 100) {
    error_ = http::error::bad_status;
    return State::failed;
  }
  const bool interim = answer_->http < 200 && answer_->http != 101;
  if (!interim) return State::done;
  const bool begun = begun_;
  answer_->clear();
  start(*answer_);
  begun_ = begun;
  return State::more;
}

ResponseReader::State ResponseReader::feed(std::string_view bytes, std::size_t& consumed) {
  begun_ |= !bytes.empty();
  State state = State::more;
  while (state == State::more && !bytes.empty()) {
    const std::size_t used = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), error_);
    bytes.remove_prefix(used);
    consumed += used;
    state = check();
    if (used == 0) break;
  }
  return state;
}

ResponseReader::State ResponseReader::end() {
  parser_->put_eof(error_);
  return check() == State::done ? State::done : State::failed;
}

}  // namespace koobatch::net
