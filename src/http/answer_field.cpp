#include "koobatch/http/answer_field.hpp"

#include <boost/beast/core/string.hpp>

#include <string>

namespace koobatch::http {
namespace {

/// Removes the prefix from the name, ignoring case. Returns whether it was there.
bool take_prefix(std::string_view& name, std::string_view prefix) {
  if (!boost::beast::iequals(name.substr(0, prefix.size()), prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

}  // namespace

void keep_rate_limit(std::string_view name, std::string_view value, Answer& answer) {
  std::string_view rest = name;
  if (take_prefix(rest, "X-")) take_prefix(rest, "Apig-");
  if (!take_prefix(rest, "RateLimit")) return;
  std::string& kept = answer.rate_limits;
  constexpr std::string_view colon = ": ";
  if (kept.size() + name.size() + colon.size() + value.size() + 1 > max_rate_limit_bytes) return;
  kept.append(name).append(colon).append(value).push_back('\n');
}

void keep_field(std::string_view name, std::string_view value, Answer& answer) {
  if (name == "date") {
    answer.date = value;
  } else if (name == "content-type") {
    answer.content_type = value;
  } else if (name == "content-encoding") {
    answer.content_encoding = value;
  } else if (name == "retry-after") {
    answer.retry_after = value;
  } else if (name == "location") {
    answer.location = value;
  } else if (may_be_rate_limit(name)) {
    keep_rate_limit(name, value, answer);
  }
}

}  // namespace koobatch::http
