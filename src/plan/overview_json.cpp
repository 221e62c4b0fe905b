#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/plan/overview.hpp"
#include "plan/overview_words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::plan {
namespace {

constexpr int schema = 1;

/// Appends a JSON string in which nothing affects a terminal.
void append_text(std::string& out, std::string_view text) {
  std::string json;
  append_json_string(json, text);
  append_harmless_json(out, json);
}

void append_value(std::string& out, const state::Value& value) {
  std::string json;
  state::append_json(json, value);
  append_harmless_json(out, json);
}

template <class Items, class Append>
void append_list(std::string& out, const Items& items, Append append) {
  out.push_back('[');
  for (const auto& item : items) {
    if (&item != items.data()) out.push_back(',');
    append(out, item);
  }
  out.push_back(']');
}

void append_plan(std::string& out, const Overview& o) {
  JsonWriter json(out);
  append_text(json.key("id"), o.header.id);
  append_text(json.key("version"), o.header.version);
  json.add("made", timestamp(o.header.made)).add("expires", timestamp(o.header.expires)).add("lines", o.lines);
  if (o.file) {
    append_text(json.key("path"), o.file->path);
    json.add("sha256", o.file->digest);
  }
  json.end();
}

void append_state(std::string& out, const Overview& o) {
  const auto& state = o.header.state;
  JsonWriter json(out);
  if (!o.state_path.empty()) append_text(json.key("path"), o.state_path);
  json.add("xxh3", fmt::format("{:016x}", state.xxh3));
  json.add("from", timestamp(state.from)).add("to", timestamp(state.to));
  json.add("items", state.items).add("users", state.users).add("complete", state.is_complete);
  json.end();
}

void append_desired(std::string& out, const PlanHeader::Desired& desired) {
  JsonWriter json(out);
  append_text(json.key("path"), desired.path);
  json.add("xxh3", fmt::format("{:016x}", desired.xxh3));
  json.end();
}

void append_setting(std::string& out, const PlanLine& line, const Step::Setting& setting) {
  JsonWriter json(out);
  json.add("field", line.kind->fields[setting.field].name);
  append_value(json.key("was"), setting.was);
  append_value(json.key("wanted"), setting.wanted);
  if (setting.is_carried) json.add("carried", true);
  json.end();
}

void append_line(std::string& out, const PlanLine& line) {
  JsonWriter json(out);
  json.add("n", line.n).add("op", line.operation->name);
  append_text(json.key("id"), line.id);
  if (!line.user_id.empty()) append_text(json.key("user_id"), line.user_id);
  append_list(json.key("fields"), line.settings,
              [&](std::string& text, const Step::Setting& setting) { append_setting(text, line, setting); });
  if (line.needs) json.add("needs", *line.needs);
  if (line.is_temporary) json.add("temporary", true);
  json.end();
}

void append_differences(std::string& out, const Overview::Kind& kind) {
  JsonWriter json(out);
  for (const auto& [field, count] : kind.differences) json.add(field, count);
  json.end();
}

void append_kind(std::string& out, const Overview& o, const KindCounts& counts) {
  JsonWriter json(out);
  json.add("type", counts.kind).add("items", counts.items).add("desired", counts.desired);
  json.add("changed", counts.changed).add("missing", counts.missing);
  if (!o.unselected) json.add("extra", o.extra(counts));
  const auto kind = std::ranges::find(o.kinds, counts.kind, &Overview::Kind::name);
  const Overview::Kind nothing;
  const auto& changes = kind == o.kinds.end() ? nothing : *kind;
  json.add("lines", changes.lines);
  append_differences(json.key("differences"), changes);
  append_list(json.key("first_lines"), changes.examples, append_line);
  json.end();
}

void append_finding(std::string& out, const Finding& finding) {
  JsonWriter json(out);
  json.add("line", finding.line);
  if (finding.kind != nullptr) json.add("type", finding.kind->name);
  if (!finding.id.empty()) append_text(json.key("id"), finding.id);
  if (!finding.field.empty()) append_text(json.key("field"), finding.field);
  if (!finding.other.empty()) append_text(json.key("other_id"), finding.other);
  if (!finding.message.empty()) append_text(json.key("message"), finding.message);
  json.end();
}

void append_cause(std::string& out, const Overview::Cause& cause) {
  JsonWriter json(out);
  json.add("reason", name_of(cause.reason)).add("count", cause.count).add("left_alone", leaves_out(cause.reason));
  append_list(json.key("first"), cause.examples, append_finding);
  json.end();
}

}  // namespace

std::string overview_json(const Overview& o) {
  std::string out;
  JsonWriter json(out);
  json.add("schema", schema);
  append_plan(json.key("plan"), o);
  append_text(json.key("endpoint"), o.header.endpoint);
  append_state(json.key("state"), o);
  append_desired(json.key("desired"), o.header.desired);
  append_list(json.key("limits"), o.header.limits, append_text);
  json.add("changed", o.changed()).add("missing", o.missing()).add("conflicts", o.conflicts());
  if (o.unselected) json.add("unselected", *o.unselected);
  append_list(json.key("types"), o.header.counts,
              [&](std::string& text, const KindCounts& counts) { append_kind(text, o, counts); });
  append_list(json.key("findings"), o.causes, append_cause);
  json.end();
  return out;
}

}  // namespace koobatch::plan
