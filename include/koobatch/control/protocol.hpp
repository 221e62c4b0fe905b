#pragma once
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What is said on the socket of a run: one line of JSON each way.
namespace koobatch::control {

/// {"do":"status"} or {"do":"set","rate":200,"pause":true}, in which either member may be missing.
struct Request {
  std::optional<double> rate;  ///< requests a second from now on; 0: no limit
  std::optional<bool> pause;   ///< a pause is to begin, or to end

  bool changes() const { return rate || pause; }
};
constexpr std::size_t longest_request = 1024;

/// {"ok":true,"text":"…","status":{…}} or {"ok":false,"error":"…"}.
struct Reply {
  std::string text;    ///< for people, to follow the report's name: lines of UTF-8 without a final newline
  std::string status;  ///< for programs: a JSON object
};
constexpr std::size_t longest_reply = std::size_t{256} * 1024;

/// With the newline.
std::string to_line(const Request& request);
std::string to_line(const Result<Reply>& reply);

/// Without the newline; of any bytes. What is not understood wholly is not obeyed at all.
Result<Request> parse_request(std::string_view line);
/// An error is what the run said, or that it was nothing one could understand.
Result<Reply> parse_reply(std::string_view line);

}  // namespace koobatch::control
