#include "net/proxy.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/http/response_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::net {
namespace {

constexpr std::size_t longest_status_line = 200;

/// Always includes the port; an IPv6 address is in brackets.
std::string host_and_port(const http::Endpoint& target) {
  return target.host.find(':') == std::string::npos ? fmt::format("{}:{}", target.host, target.port)
                                                    : fmt::format("[{}]:{}", target.host, target.port);
}

/// Whether the line is like "HTTP/1.1 403 Forbidden".
bool is_status_line(std::string_view line) {
  return line.size() >= 12 && line.starts_with("HTTP/1.") && is_digit(line[7]) && line[8] == ' ' &&
         std::all_of(line.begin() + 9, line.begin() + 12, is_digit) && (line.size() == 12 || line[12] == ' ');
}

/// Status and reason from "HTTP/1.1 403 Forbidden".
std::string words_of(std::string_view status_line) {
  return printable_ascii(status_line.substr(9), longest_status_line);
}

}  // namespace

std::string connect_request(const http::Endpoint& target) {
  const std::string authority = host_and_port(target);
  return fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", authority);
}

ProxyAnswer::State ProxyAnswer::feed(std::string_view bytes) {
  head_ += bytes;
  constexpr std::string_view end = "\r\n\r\n";
  const auto at = head_.find(end);
  const bool whole = at != std::string::npos;
  if ((whole ? at + end.size() : head_.size()) > http::max_header_bytes) {
    return refuse(fmt::format("its answer has a header of more than {} KiB", http::max_header_bytes / 1024));
  }
  if (!whole) return State::more;
  return judge(std::string_view(head_).substr(0, head_.find("\r\n")), head_.size() > at + end.size());
}

ProxyAnswer::State ProxyAnswer::refuse(std::string why) {
  refusal_ = std::move(why);
  return State::refused;
}

ProxyAnswer::State ProxyAnswer::judge(std::string_view status_line, bool more_behind) {
  if (!is_status_line(status_line)) return refuse("its answer is not HTTP/1.1");
  const std::string_view status = status_line.substr(9, 3);
  if (status == "407") {
    return refuse(fmt::format("HTTP {}; a proxy that asks for a password is not supported", words_of(status_line)));
  }
  if (status.front() != '2') return refuse(fmt::format("HTTP {}", words_of(status_line)));
  // The target waits for our first byte, in TLS and in HTTP, so bytes that are there already come from elsewhere.
  if (more_behind) return refuse("it sent bytes that the service cannot have sent");
  return State::open;
}

}  // namespace koobatch::net
