#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/sim/simulator.hpp"

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
  std::string_view fields{};         ///< further header lines, each with its line break
  bool chunked = false;              ///< instead of Content-Length
  ClockFault::Date date = ClockFault::Date::shown;
};

/// Renders answers into one flat buffer that is reused, without a serializer or field storage.
class AnswerWriter {
 public:
  /// Appends head and body. A status that allows no body (1xx, 204, 304) is sent without one.
  void append(std::string& out, const AnswerHead& head, std::string_view body, WallTime now);
  /// Appends only the head, for an answer that is chunked or ends with the connection.
  void append_head(std::string& out, const AnswerHead& head, WallTime now);

 private:
  void open(std::string& out, const AnswerHead& head, WallTime now);
  std::string_view date(WallTime now);

  std::string date_;        ///< rendered once a second
  WallTime date_second_{};  ///< the second date_ is for
};

/// {"code":CODE,"msg":MSG}
void append_code_body(std::string& out, std::int64_t code, std::string_view msg);
/// {"error_code":CODE,"error_msg":MSG}, as the gateway in front of the service answers.
void append_gateway_body(std::string& out, std::string_view code, std::string_view msg);
/// Appends a body such as the service, or the gateway in front of it, sends with `status`.
void append_status_body(std::string& out, int status);

}  // namespace koobatch::sim
