#include "report/advice.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/koodrive/result_codes.hpp"

#include <fmt/format.h>

namespace koobatch::report {
namespace {

std::string advice_on_http(int http) {
  if (http >= 300 && http < 400)
    return "the service redirects, and redirects are never followed: check " + spell(SettingName::endpoint);
  switch (http) {
    case 401:
    case 403:
      return "not allowed with these credentials: check their permissions";
    case 404:
    case 405:
      return fmt::format("nothing answers there: check {}, and the ID", spell(SettingName::endpoint));
    case 413:
      return "the request is too large for the service: make it smaller";
    case 429:
    case 503:
      return "the service was overloaded: repeat it with a lower " + spell(SettingName::rate);
    default:
      return {};
  }
}

/// Whether something answered with a web page, where the service would have answered with JSON. Its description begins
/// with its type.
bool is_page(const Cause& cause) {
  return !cause.code && cause.text.starts_with("text/html");
}

}  // namespace

std::string_view advice(Status status, bool verifies) {
  if (verifies && status == Status::unchanged) return "as the run wanted it";
  if (verifies && status == Status::skipped) return "not as the run wanted it, or not readable: see its reason";
  switch (status) {
    case Status::succeeded:
      return "confirmed by the service";
    case Status::rejected:
      return "refused for good: correct it and run it again";
    case Status::failed:
      return "certainly not applied: run it again";
    case Status::unknown:
      return "may have been applied: check before you repeat";
    case Status::invalid:
      return "breaks a rule, was never sent: correct it";
    case Status::unchanged:
      return "already as wanted, so not sent";
    case Status::skipped:
      return "not sent; see its reason, and make a new plan";
  }
  return {};
}

std::string advice(const Cause& cause) {
  if (cause.code) {
    const auto* known = koodrive::find_result_code(*cause.code);
    if (known != nullptr && !known->advice.empty()) return std::string(known->advice);
  }
  if ((cause.http == 401 || cause.http == 403) && is_page(cause)) {
    return "a page refused it, so perhaps a firewall or a proxy, not the service: ask who runs that, and name the "
           "number on the page";
  }
  // HTTP's advice matters less than the fact that the attempt may have been applied.
  return cause.status == Status::unknown ? std::string() : advice_on_http(cause.http);
}

}  // namespace koobatch::report
