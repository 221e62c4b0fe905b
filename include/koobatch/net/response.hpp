#pragma once
#include "koobatch/flow/outcome.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace koobatch::net {

constexpr std::uint32_t max_header_bytes = 16 * 1024;
constexpr std::uint64_t max_body_bytes = 64 * 1024;

/// Beast's response parser, keeping of the header only what the run needs: nothing is stored per field, nothing
/// allocated.
class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  explicit ResponseParser(flow::Answer& answer) : answer_(answer) {
    header_limit(max_header_bytes);
    body_limit(max_body_bytes);
    eager(true);
  }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override { answer_.http = code; }
  void on_field_impl(field name, string_view, string_view value, error_code&) override {
    switch (name) {
      case field::date:
        answer_.date.assign(value.data(), value.size());
        break;
      case field::retry_after:
        answer_.retry_after.assign(value.data(), value.size());
        break;
      case field::location:
        answer_.location.assign(value.data(), value.size());
        break;
      default:
        break;
    }
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view bytes, error_code&) override {
    answer_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(error_code&) override {}

  flow::Answer& answer_;
};

/// Reads one final answer from a stream of bytes that arrives in pieces of any size; interim (1xx) answers other than
/// 101 are passed over. Pure: knows nothing of sockets.
class ResponseReader {
 public:
  enum class State {
    more,    ///< give it more bytes, or the end
    done,    ///< the answer is complete
    failed,  ///< no answer can be made of this: see error()
  };

  /// Begins a new answer; `answer` must live until it is done.
  void start(flow::Answer& answer);
  /// Takes what it can of `bytes`, which must start with those not consumed before; adds to `consumed`. After done, the
  /// rest of the bytes belongs to no answer of ours.
  State feed(std::string_view bytes, std::size_t& consumed);
  /// The peer closed its side: done if that is how the answer was to end, else failed.
  State end();

  /// Has any byte of the answer come?
  bool begun() const { return begun_; }
  /// After done: may the connection carry another exchange?
  bool keep_alive() const { return parser_->keep_alive() && !parser_->need_eof(); }
  /// After failed: why.
  const boost::beast::error_code& error() const { return error_; }

 private:
  State check();

  flow::Answer* answer_ = nullptr;
  std::optional<ResponseParser> parser_;
  boost::beast::error_code error_;
  bool begun_ = false;
};

}  // namespace koobatch::net
