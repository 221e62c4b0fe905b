#include "plan/overview_words.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "plan/shown_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::plan {
namespace {

using Reason = Finding::Reason;

std::uint64_t left_as_they_are(const Overview& overview) {
  return overview.missing() + overview.conflicts();
}

std::string describe_state(const PlanHeader::State& state) {
  std::string text = fmt::format("{} of {}, read ", count_of(state.items, "item"), count_of(state.users, "user"));
  text += describe(state.from);
  if (state.to != state.from) text.append(" to ").append(describe(state.to));
  if (!state.is_complete) text += ", not complete";
  return text;
}

std::string with_path(std::string_view path, std::string text) {
  return path.empty() ? text : harmless(path) + ": " + std::move(text);
}

std::string describe_file(const Overview& overview) {
  return fmt::format("{}: {}, digest {}, good until {}", harmless(overview.file->path),
                     count_of(overview.lines, "line"), overview.file->digest.substr(0, shown_digits),
                     describe(overview.header.expires));
}

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all.append(all.empty() ? "" : ", ").append(harmless(text));
  return all;
}

std::string note_of(const PlanLine& line, const Step::Setting& setting) {
  if (setting.is_carried) return "unchanged, sent because the service requires it";
  if (line.is_temporary) return "for the time being";
  return looks_same(setting.was, setting.wanted) ? "looks the same" : "";
}

}  // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::missing:
      return "missing";
    case Reason::changed_since:
      return "changed_since";
    case Reason::unreadable:
      return "unreadable";
    case Reason::unset:
      return "unset";
    case Reason::not_captured:
      return "not_captured";
    case Reason::invalid:
      return "invalid";
    case Reason::name_held:
      return "name_held";
    case Reason::name_held_twice:
      return "name_held_twice";
    case Reason::name_wished_twice:
      return "name_wished_twice";
    case Reason::no_temporary:
      return "no_temporary";
    case Reason::looks_same:
      return "looks_same";
    case Reason::near_clash:
      return "near_clash";
  }
  return "";
}

std::string_view describe(Reason reason) {
  switch (reason) {
    case Reason::missing:
      return "there is no such item";
    case Reason::changed_since:
      return "somebody has changed it since it was exported";
    case Reason::unreadable:
      return "the state does not show the present value, so a change could neither be checked nor undone";
    case Reason::unset:
      return "the service cannot unset a value";
    case Reason::not_captured:
      return "the run did not record the earlier value";
    case Reason::invalid:
      return "the value breaks a rule of the service";
    case Reason::name_held:
      return "another item has the name, and keeps it";
    case Reason::name_held_twice:
      return "several items have the name, so nobody can tell when it is free";
    case Reason::name_wished_twice:
      return "several items are to have the name";
    case Reason::no_temporary:
      return "names form a cycle, and no temporary name is available";
    case Reason::looks_same:
      return "the change is invisible: only the Unicode form of the characters differs";
    case Reason::near_clash:
      return "another item's name differs only in case or in the Unicode form of its characters";
  }
  return "";
}

std::string headline(const Overview& overview) {
  std::uint64_t items = 0;
  for (const auto& kind : overview.header.counts) items += kind.items;
  std::string text = overview.changed() == 0
                         ? std::string("Nothing to change")
                         : fmt::format("{} of {} to change", format_count(overview.changed()), count_of(items, "item"));
  if (const auto left = left_as_they_are(overview); left > 0)
    text += fmt::format(", {} left alone", format_count(left));
  return text;
}

std::string describe_kind(const Overview& overview, const KindCounts& counts) {
  std::string text = fmt::format("{}: {} of {} to change", harmless(counts.kind), format_count(counts.changed),
                                 format_count(counts.items));
  const auto kind = std::ranges::find(overview.kinds, counts.kind, &Overview::Kind::name);
  if (kind == overview.kinds.end()) return text;
  std::string fields;
  for (const auto& [name, count] : kind->differences) {
    fields += fmt::format("{}{} {}", fields.empty() ? "" : ", ", harmless(name), format_count(count));
  }
  return fields.empty() ? text : fmt::format("{} ({})", text, fields);
}

std::string describe_finding(const Finding& finding) {
  std::string text;
  if (finding.line > 0) text = fmt::format("line {}: ", format_count(finding.line));
  if (finding.kind != nullptr) text += harmless(finding.kind->name);
  if (!finding.id.empty()) text.append(finding.kind != nullptr ? " " : "").append(harmless(finding.id));
  if (!finding.field.empty()) text.append(", ").append(harmless(finding.field));
  if (!finding.message.empty()) text.append(": ").append(harmless(finding.message));
  if (!finding.other.empty()) text.append("; the other one is ").append(harmless(finding.other));
  return text;
}

std::string describe_item(const PlanLine& line) {
  std::string text = harmless(line.id);
  if (!line.user_id.empty()) text.append(" of user ").append(harmless(line.user_id));
  if (line.needs) text += fmt::format(", once line {} has succeeded", format_count(*line.needs));
  return text;
}

std::vector<std::pair<std::string_view, std::string>> facts_of(const Overview& overview) {
  const auto& header = overview.header;
  std::vector<std::pair<std::string_view, std::string>> facts;
  facts.emplace_back("endpoint", harmless(header.endpoint));
  facts.emplace_back("state", with_path(overview.state_path, describe_state(header.state)));
  facts.emplace_back("desired", harmless(header.desired.path));
  facts.emplace_back("limits", join(header.limits));
  if (overview.is_made_earlier) facts.emplace_back("made", describe(header.made));
  if (overview.file) facts.emplace_back("plan", describe_file(overview));
  return facts;
}

std::string describe(WallTime time) {
  auto text = timestamp(time);
  return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

std::vector<ShownSetting> show_settings(const PlanLine& line) {
  std::vector<ShownSetting> shown;
  for (const auto& setting : line.settings) {
    auto [was, wanted] = show_change(setting.was, setting.wanted);
    shown.push_back(
        {harmless(line.kind->fields[setting.field].name), std::move(was), std::move(wanted), note_of(line, setting)});
  }
  return shown;
}

}  // namespace koobatch::plan
