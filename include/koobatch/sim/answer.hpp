#pragma once
#include "koobatch/core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::sim {

/// The head of an answer.
struct AnswerHead {
  int status = 200;
  std::string_view content_type = "application/json";
  bool keep_alive = true;
  std::optional<int> retry_after{};  ///< seconds
  std::string_view location{};       ///< empty: not sent
  bool chunked = false;              ///< instead of Content-Length
};

/// Renders answers by hand into one flat buffer that is reused: no serializer, no field storage.
class AnswerWriter {
 public:
  /// Appends head and body. A status that allows no body (1xx, 204, 304) gets none.
  void append(std::string& out, const AnswerHead& head, std::string_view body, WallTime now);
  /// Appends the head alone, of an answer that is chunked or ends with the connection.
  void append_head(std::string& out, const AnswerHead& head, WallTime now);

 private:
  void open(std::string& out, const AnswerHead& head, WallTime now);
  std::string_view date(WallTime now);

  std::string date_;        ///< rendered once a second
  WallTime date_second_{};  ///< the second date_ is for
};

/// {"code":CODE,"msg":MSG}
void append_code_body(std::string& out, std::int64_t code, std::string_view msg);
/// What the gateway says when `rate` requests a second are exceeded. `policy`: whose, "service" or "user".
void append_throttled_body(std::string& out, std::string_view policy, double rate);
/// A body such as the service or the gateway in front of it gives with `status`.
void append_status_body(std::string& out, int status);

}  // namespace koobatch::sim
