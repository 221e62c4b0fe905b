#pragma once
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace koobatch::sim {

/// A request as the service sees it. The views point into the connection's buffer.
struct Request {
  std::string_view method, target;
  int version = 11;  ///< 10 or 11
  bool keep_alive = true;
  bool expects_continue = false;
  std::optional<std::string_view> host, authorization, user_id, date, trace_id, language, content_type;
  std::string_view repeated;  ///< one of the headers above that was given twice; empty: none
  std::string_view body;

  void clear() { *this = Request{}; }
};

/// Cuts a connection's bytes into requests. Keeps of the headers only what the service looks at, in place: no map, no
/// copy. Does no I/O; reads into its own buffer, which is allocated once.
class RequestReader {
 public:
  enum class Progress {
    incomplete,  ///< read more into space(), then commit()
    complete,    ///< request() is whole; next() makes room for the following one
    malformed,   ///< error() says why; nothing after it can be understood
  };

  static constexpr std::size_t header_limit = 32 * 1024;  ///< a token of the vendor's IAM alone may have 16 KiB
  static constexpr std::size_t body_limit = 1024 * 1024;

  RequestReader();
  /// Never empty while parse() asks for more.
  std::span<char> space();
  void commit(std::size_t bytes) { end_ += bytes; }
  Progress parse();

  const Request& request() const { return request_; }
  bool head_read() const { return parser_.has_value() && parser_->is_header_done(); }
  /// Has any byte of the present request arrived?
  bool started() const { return end_ > 0; }
  /// Are there bytes behind the complete request?
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

  std::unique_ptr<char[]> buffer_;  ///< not initialised, so that an idle connection costs only what it has used
  std::size_t begin_ = 0;           ///< of what was not parsed yet
  std::size_t end_ = 0;             ///< of what was read
  std::size_t head_end_ = 0;        ///< the head stays in place before this until next(); 0: not whole yet
  std::optional<Parser> parser_;    ///< a Beast parser serves one message
  Request request_;
  std::string body_;
  boost::system::error_code error_;
};

}  // namespace koobatch::sim
