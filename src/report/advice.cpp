#include "koobatch/report/advice.hpp"

#include <algorithm>
#include <array>

namespace koobatch::report {
namespace {

struct CodeRow {
  std::int64_t code;
  std::string_view advice;
};

/// The service's documented codes. 13000201, a failure it does not explain, says nothing to go by.
constexpr std::array<CodeRow, 7> codes = {{
    {13000102, "the service refuses a value: compare the fields with its documentation"},
    {13000301, "the user's space is missing or not in order: look there first"},
    {13000305, "it is in the recycle bin: restore it, or drop the operation"},
    {13000306, "it is in the recycle bin: restore it, or drop the operation"},
    {13000309, "there is no such thing, or no longer: check the ID and the user, or drop the operation"},
    {13000405, "the name is taken: choose another one"},
    {13000410, "this user may not do it: name another user_id, or ask for the permission"},
}};

std::string_view advice_on_http(int http) {
  if (http >= 300 && http < 400) return "the service sends elsewhere, which is never followed: check --endpoint";
  switch (http) {
    case 401:
    case 403:
      return "not allowed with these credentials: check their rights";
    case 404:
    case 405:
      return "nothing answers there: check --endpoint, and the ID";
    case 413:
      return "the request is too large for the service: make it smaller";
    case 429:
    case 503:
      return "the service had no room: repeat it with a lower --rate";
    default:
      return {};
  }
}

}  // namespace

std::string_view advice(Status status) {
  switch (status) {
    case Status::succeeded:
      return {};
    case Status::rejected:
      return "refused for good: correct it and run it again";
    case Status::failed:
      return "certainly not applied: run it again";
    case Status::unknown:
      return "may have been applied: look before you repeat";
    case Status::invalid:
      return "breaks a rule, was never sent: correct it";
  }
  return {};
}

std::string_view advice(const Cause& cause) {
  const auto known = std::find_if(codes.begin(), codes.end(), [&](const auto& row) { return row.code == cause.code; });
  if (known != codes.end()) return known->advice;
  // What HTTP says of an attempt that may have been applied is less than that it may have been.
  return cause.status == Status::unknown ? std::string_view() : advice_on_http(cause.http);
}

}  // namespace koobatch::report
