#pragma once
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The protocol on a run's control socket: one line of JSON each way.
namespace koobatch::control {

/// {"do":"status"} or {"do":"set","rate":200,"pause":true}, in which either setting may be missing.
struct Request {
  std::optional<double> rate;  ///< requests a second from now on; 0: no limit
  std::optional<bool> pause;   ///< whether to pause or to continue

  bool changes() const { return rate || pause; }
};
constexpr std::size_t longest_request = 1024;

/// {"ok":true,"text":"…","status":{…}} or {"ok":false,"error":"…"}.
struct Reply {
  std::string text;    ///< for people, to follow the report's name: lines of UTF-8 without a final newline
  std::string status;  ///< for programs: a JSON object
};
constexpr std::size_t longest_reply = std::size_t{256} * 1024;

/// Includes the newline.
std::string to_line(const Request& request);
std::string to_line(const Result<Reply>& reply);

/// `line` is without its newline, and may hold any bytes. A request that is not fully understood is rejected as a
/// whole.
Result<Request> parse_request(std::string_view line);
/// The error is the run's own, or says that the reply is unreadable.
Result<Reply> parse_reply(std::string_view line);

}  // namespace koobatch::control
