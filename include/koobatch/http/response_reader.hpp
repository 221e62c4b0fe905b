#pragma once
#include "koobatch/http/answer.hpp"
#include "koobatch/http/answer_field.hpp"
#include "koobatch/http/known_header.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::http {

constexpr std::uint32_t max_header_bytes = 16 * 1024;

/// Beast's response parser, reduced to the header fields a run needs: it stores nothing else and allocates nothing.
class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  explicit ResponseParser(Answer& answer) : answer_(answer) {
    header_limit(max_header_bytes);
    body_limit(answer.most_body);
    eager(true);
  }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override { answer_.http = code; }
  void on_field_impl(field name, string_view text, string_view value, error_code&) override {
    switch (name) {
      case field::date:
        answer_.date.assign(value.data(), value.size());
        break;
      case field::retry_after:
        answer_.retry_after.assign(value.data(), value.size());
        break;
      case field::content_type:
        answer_.content_type.assign(value.data(), value.size());
        break;
      case field::content_encoding:
        answer_.content_encoding.assign(value.data(), value.size());
        break;
      case field::location:
        answer_.location.assign(value.data(), value.size());
        break;
      case field::unknown:
        if (may_be_rate_limit({text.data(), text.size()})) {
          keep_rate_limit({text.data(), text.size()}, {value.data(), value.size()}, answer_);
        }
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

  Answer& answer_;
};

/// Reads one final answer from a stream of bytes that arrives in pieces of any size; interim (1xx) answers other than
/// 101 are skipped. Besides what Beast accepts, it reads a status line that ends right after the status, without the
/// blank that must precede an empty reason, as curl and browsers do. An answer that is there as a whole and whose
/// header is like an earlier one's is recognised without the parser. Pure: no I/O.
class ResponseReader {
 public:
  enum class State {
    more,    ///< needs more bytes, or the end
    done,    ///< the answer is complete
    failed,  ///< not a valid answer: see error()
  };

  /// Begins a new answer. `answer` must be clear, and outlive the reading of it.
  void start(Answer& answer);
  /// Consumes as much of `bytes` as it can and adds that to `consumed`. The next call must start with the bytes not
  /// consumed. Once done, any further bytes belong to no answer of ours.
  State feed(std::string_view bytes, std::size_t& consumed);
  /// Reports that the peer closed its side: done if the answer may end that way, else failed.
  State end();

  /// Whether any byte of the answer has arrived.
  bool begun() const { return begun_; }
  /// Whether the connection can carry another exchange. Precondition: done.
  bool keep_alive() const { return !parser_ || (parser_->keep_alive() && !parser_->need_eof()); }
  /// Why it failed. Precondition: failed.
  const boost::beast::error_code& error() const { return error_; }

 private:
  State parse(std::string_view bytes, std::size_t& consumed);
  State check();
  std::size_t put(std::string_view bytes);
  void learn(std::string_view answer);

  Answer* answer_ = nullptr;
  std::optional<ResponseParser> parser_;  ///< none if nothing has arrived, or if the answer was recognised
  KnownHeader known_;
  std::uint32_t unknown_ = 0;  ///< successes that were not recognised since the last that was
  boost::beast::error_code error_;
  bool begun_ = false;
  bool in_first_line_ = true;
};

/// Why an answer is not valid, for people: ResponseReader::error(), explained where its own words say little.
std::string describe_fault(const boost::beast::error_code& fault, std::size_t most_body = max_body_bytes);

}  // namespace koobatch::http
