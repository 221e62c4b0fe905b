#include "koobatch/report/fleet_record.hpp"

#include "koobatch/core/json.hpp"

#include "report/line_text.hpp"

#include <fmt/format.h>

namespace koobatch::report {

std::string enrolment_key(std::int64_t number, std::uint64_t nonce) {
  return fmt::format("{}:{:016x}", number, nonce);
}

void append_line(std::string& out, const WorkerRecord& record) {
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.add("type", "worker");
  append_text(json.key("key"), record.key);
  append_text(json.key("name"), record.name);
  append_text(json.key("state"), record.state);
  json.add("trace_prefix", record.trace_prefix);
  append_timestamp_member(json.key("enrolled"), record.enrolled);
  append_timestamp_member(json.key("last_beat"), record.last_beat);
  json.add("requests", record.requests);
  append_sum(out, start);
}

void append_line(std::string& out, const CollectedRecord& record) {
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.add("type", "collected");
  append_timestamp_member(json.key("at"), record.at);
  JsonWriter cursors(json.key("cursors"));
  for (const auto& [key, group] : record.cursors) cursors.add(key, group);
  cursors.end();
  append_sum(out, start);
}

}  // namespace koobatch::report
