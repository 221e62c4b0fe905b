#include "sim/answer.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/http/date.hpp"
#include "sim/service.hpp"

#include <boost/beast/http/status.hpp>

namespace koobatch::sim {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

/// "HTTP/1.1 200 OK\r\n"
void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<unsigned>(status));
  out.push_back(' ');
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  out.append(reason.data(), reason.size());
  out.append("\r\n");
}

bool allows_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

std::string_view AnswerWriter::date(WallTime now) {
  const WallTime second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != date_second_ || date_.empty()) {
    date_second_ = second;
    date_ = http::format_date(second);
  }
  return date_;
}

void AnswerWriter::append_head(std::string& out, const AnswerHead& head, WallTime now) {
  open(out, head, now);
  if (head.chunked) out.append("Transfer-Encoding: chunked\r\n");
  out.append("\r\n");
}

void AnswerWriter::append(std::string& out, const AnswerHead& head, std::string_view body, WallTime now) {
  open(out, head, now);
  if (!allows_body(head.status)) {
    out.append("\r\n");
    return;
  }
  out.append("Content-Length: ");
  append_number(out, body.size());
  out.append("\r\n\r\n");
  out.append(body);
}

void AnswerWriter::open(std::string& out, const AnswerHead& head, WallTime now) {
  append_status_line(out, head.status);
  if (head.date != ClockFault::Date::none) {
    out.append("Date: ");
    out.append(head.date == ClockFault::Date::shown ? date(now) : "in the afternoon");
    out.append("\r\n");
  }
  if (allows_body(head.status)) {
    out.append("Content-Type: ");
    out.append(head.content_type);
    out.append("\r\n");
  }
  out.append(head.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
  if (head.retry_after) {
    out.append("Retry-After: ");
    append_number(out, static_cast<unsigned>(*head.retry_after));
    out.append("\r\n");
  }
  out.append(head.fields);
  if (!head.location.empty()) {
    out.append("Location: ");
    out.append(head.location);
    out.append("\r\n");
  }
}

void append_code_body(std::string& out, std::int64_t code, std::string_view msg) {
  JsonWriter(out).add("code", code).add("msg", msg).end();
}

void append_gateway_body(std::string& out, std::string_view code, std::string_view msg) {
  JsonWriter(out).add("error_code", code).add("error_msg", msg).end();
}

void append_status_body(std::string& out, int status) {
  switch (status) {
    case 400:
      append_code_body(out, koodrive::code::parameter_check_failed, "Parameter check failed.");
      break;
    case 401:
      append_gateway_body(out, "APIG.0301", "Incorrect IAM authentication information");
      break;
    case 403:
      append_code_body(out, koodrive::code::no_permission, "No permission.");
      break;
    case 404:
      append_code_body(out, koodrive::code::no_such_resource, "The resource does not exist.");
      break;
    case 429:
      append_gateway_body(
          out, "APIG.0308",
          "The throttling threshold has been reached: policy service over ratelimit,limit:100,time:1 second");
      break;
    case 502:
      append_gateway_body(out, "APIG.0202", "Backend unavailable");
      break;
    case 503:
      append_gateway_body(out, "APIG.0202", "Backend unavailable");
      break;
    case 504:
      append_gateway_body(out, "APIG.0201", "Backend timeout");
      break;
    default:
      append_code_body(out, koodrive::code::generic_failure, "Operation failed.");
  }
}

}  // namespace koobatch::sim
