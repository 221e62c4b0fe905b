#pragma once
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::sim {

/// A request as the service sees it. The views point into the connection's buffer.
struct Request {
  std::string_view method, target;
  int version = 11;  ///< 10 or 11
  bool keep_alive = true;
  bool expects_continue = false;
  bool debugs_gateway = false;  ///< X-Apig-Mode: debug
  std::optional<std::string_view> host, authorization, user_id, date, trace_id, language, content_type;
  std::string_view repeated;  ///< a header from above that was given twice; empty: none
  /// Other header fields that begin with "x-", for operations that have some; name and value.
  std::array<std::pair<std::string_view, std::string_view>, 8> others;
  std::size_t other_count = 0;
  std::string_view body;

  void clear() { *this = Request{}; }
  /// Keeps another header field, if there is room.
  void keep_other(std::string_view name, std::string_view value) {
    if (other_count < others.size()) others[other_count++] = {name, value};
  }
};

/// Splits a connection's bytes into requests. Of the headers it keeps only those that the service looks at, in place:
/// no map, no copy. Does no I/O; reads into its own buffer, which is allocated once.
class RequestReader {
 public:
  enum class Progress {
    incomplete,  ///< read more into space(), then commit()
    complete,    ///< request() is whole; next() makes room for the following one
    malformed,   ///< error() says why; nothing after it can be parsed
  };

  static constexpr std::size_t header_limit = 32 * 1024;  ///< a token of the vendor's IAM alone can have 16 KiB
  static constexpr std::size_t body_limit = 1024 * 1024;

  RequestReader();
  /// Never empty while parse() returns `incomplete`.
  std::span<char> space();
  void commit(std::size_t bytes) { end_ += bytes; }
  Progress parse();

  const Request& request() const { return request_; }
  bool head_read() const { return parser_.has_value() && parser_->is_header_done(); }
  /// Whether any byte of the current request has arrived.
  bool started() const { return end_ > 0; }
  /// What was read and not parsed yet.
  std::string_view unparsed() const { return {buffer_.get() + begin_, end_ - begin_}; }
  /// Whether there are bytes after the complete request.
  bool has_more() const { return begin_ < end_; }
  boost::system::error_code error() const { return error_; }
  void next();

 private:
  class Parser final : public boost::beast::http::basic_parser<true> {
   public:
    explicit Parser(RequestReader& reader);

   private:
    using error_code = boost::beast::error_code;
    using view = boost::beast::string_view;
    void on_request_impl(boost::beast::http::verb, view method, view target, int version, error_code&) override;
    void on_response_impl(int, view, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field, view name, view value, error_code&) override;
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(view body, error_code&) override;
    void on_chunk_header_impl(std::uint64_t, view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, view body, error_code&) override;
    void on_finish_impl(error_code&) override {}

    RequestReader& reader_;
  };

  bool holds(std::string_view text) const;
  void keep(std::optional<std::string_view>& slot, std::string_view name, std::string_view value);

  static constexpr std::size_t capacity = header_limit + 16 * 1024;

  std::unique_ptr<char[]> buffer_;  ///< not initialised, so that an idle connection costs only the memory it has used
  std::size_t begin_ = 0;           ///< of what has not been parsed
  std::size_t end_ = 0;             ///< of what has been read
  std::size_t head_end_ = 0;        ///< the head stays in place before this until next(); 0: incomplete
  std::optional<Parser> parser_;    ///< a Beast parser handles a single message
  Request request_;
  std::string body_;
  boost::system::error_code error_;
};

}  // namespace koobatch::sim
