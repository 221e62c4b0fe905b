#include "state/summary.hpp"

#include "koobatch/core/json.hpp"

#include <cstdint>
#include <string_view>

namespace koobatch::state {
namespace {

constexpr std::int64_t format = 1;

std::optional<WallTime> time_of(const simdjson::dom::object& object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return std::nullopt;
  return parse_timestamp(text);
}

}  // namespace

void append_summary(std::string& out, const StateSummary& summary) {
  JsonWriter json(out);
  json.add(state_member, format);
  json.add("items", summary.items).add("users", summary.users);
  json.add("from", timestamp(summary.from)).add("to", timestamp(summary.to));
  json.add("complete", summary.is_complete);
  if (!summary.endpoint.empty()) json.add("endpoint", summary.endpoint);
  json.end();
}

std::optional<StateSummary> read_summary(const simdjson::dom::object& object) {
  StateSummary summary;
  std::int64_t version = 0;
  const auto from = time_of(object, "from");
  const auto to = time_of(object, "to");
  const bool is_read = object[state_member].get(version) == simdjson::SUCCESS && version == format && from && to &&
                       object["items"].get(summary.items) == simdjson::SUCCESS &&
                       object["users"].get(summary.users) == simdjson::SUCCESS &&
                       object["complete"].get(summary.is_complete) == simdjson::SUCCESS;
  if (!is_read) return std::nullopt;
  std::string_view endpoint;
  if (const auto error = object["endpoint"].get(endpoint); error != simdjson::NO_SUCH_FIELD && error) {
    return std::nullopt;
  }
  summary.endpoint = endpoint;
  summary.from = *from;
  summary.to = *to;
  return summary;
}

}  // namespace koobatch::state
