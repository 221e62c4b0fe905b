#include "koobatch/core/json.hpp"
#include "koobatch/plan/plan_file.hpp"
#include "plan/plan_members.hpp"
#include "plan/plan_text.hpp"

#include <fmt/format.h>

#include <cassert>

namespace koobatch::plan {
namespace {

void append_state(std::string& out, const PlanHeader::State& state) {
  JsonWriter json(out);
  json.add("xxh3", fmt::format("{:016x}", state.xxh3));
  json.add("from", timestamp(state.from)).add("to", timestamp(state.to));
  json.add("items", state.items).add("users", state.users).add("complete", state.is_complete);
  json.end();
}

void append_desired(std::string& out, const PlanHeader::Desired& desired) {
  JsonWriter json(out);
  json.add("path", desired.path).add("xxh3", fmt::format("{:016x}", desired.xxh3));
  json.end();
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  out.push_back('[');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, texts[i]);
  }
  out.push_back(']');
}

void append_counts(std::string& out, const std::vector<KindCounts>& counts) {
  JsonWriter json(out);
  for (const auto& kind : counts) {
    JsonWriter numbers(json.key(kind.kind));
    numbers.add("items", kind.items).add("desired", kind.desired);
    numbers.add("changed", kind.changed).add("missing", kind.missing);
    numbers.end();
  }
  json.end();
}

void append_was(std::string& out, const PlanLine& line) {
  JsonWriter json(out);
  for (const auto& setting : line.settings) {
    state::append_json(json.key(line.kind->fields[setting.field].target().name), setting.was);
  }
  json.end();
}

}  // namespace

void append_line(std::string& out, const PlanLine& line) {
  JsonWriter json(out);
  json.add(members::n, line.n).add(members::type, line.kind->name).add(members::op, line.operation->name);
  json.add(line.operation->fields[line.operation->key_field].name, line.id);
  for (const auto& setting : line.settings) {
    state::append_json(json.key(line.kind->fields[setting.field].target().name), setting.wanted);
  }
  if (!line.user_id.empty()) json.add(members::user_id, line.user_id);
  append_was(json.key(members::was), line);
  if (line.needs) json.add(members::needs, *line.needs);
  if (line.is_temporary) json.add(members::temporary, true);
  json.end();
}

void PlanEncoder::begin(const PlanHeader& header, std::string& out) {
  const auto from = out.size();
  JsonWriter json(out);
  json.add(members::plan, members::version);
  json.add("id", header.id).add("made", timestamp(header.made)).add("version", header.version);
  json.add("endpoint", header.endpoint);
  append_state(json.key("state"), header.state);
  append_desired(json.key("desired"), header.desired);
  append_texts(json.key("limits"), header.limits);
  append_counts(json.key("counts"), header.counts);
  json.add("expires", timestamp(header.expires));
  json.end();
  finish_line(out, from);
}

void PlanEncoder::add(const PlanLine& line, std::string& out) {
  assert(line.n == lines_ + 1 && (!line.needs || *line.needs < line.n));
  lines_ = line.n;
  const auto from = out.size();
  append_line(out, line);
  finish_line(out, from);
}

std::string PlanEncoder::end(std::string& out) {
  std::string digest;
  auth::append_hex(sha256_.digest(), digest);
  JsonWriter json(out);
  json.add(members::end, members::version).add(members::lines, lines_).add(members::sha256, digest);
  json.end();
  out.push_back('\n');
  return digest;
}

void PlanEncoder::finish_line(std::string& out, std::size_t from) {
  out.push_back('\n');
  sha256_.add(std::string_view(out).substr(from));
}

}  // namespace koobatch::plan
