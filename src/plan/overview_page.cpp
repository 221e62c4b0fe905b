#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/page/embed.hpp"
#include "koobatch/page/html_template.hpp"
#include "koobatch/page/style.hpp"
#include "koobatch/plan/overview.hpp"
#include "plan/overview_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

// CMake defines where the files are, and rebuilds this when one of them changes.
KOOBATCH_EMBED(plan_html, KOOBATCH_PLAN_FOLDER "/plan.html");
KOOBATCH_EMBED(plan_style, KOOBATCH_PLAN_FOLDER "/plan.css");

namespace koobatch::plan {
namespace {

using Values = page::TemplateValues;

std::string_view html() {
  return {koobatch_asset_plan_html, koobatch_asset_plan_html_end};
}

std::string style() {
  return std::string(page::style()).append(koobatch_asset_plan_style, koobatch_asset_plan_style_end);
}

void set_headline(Values& page, const Overview& o) {
  const bool leaves_some = o.missing() + o.conflicts() > 0;
  page.set("verdict", leaves_some ? "warning" : "good").set("sign", leaves_some ? "!" : "✔");
  page.set("headline", headline(o)).set("version", harmless(o.header.version));
  page.set("desired", harmless(std::filesystem::path(o.header.desired.path).filename().native()));
  page.set("endpoint", harmless(o.header.endpoint)).set("made", describe(o.header.made));
  if (o.file) page.add("digest").set("digest", o.file->digest.substr(0, shown_digits));
}

void add_figure(Values& page, std::string_view name, std::uint64_t value, std::string_view note) {
  page.add("figure").set("name", name).set("value", format_count(value)).set("note", note);
}

void add_figures(Values& page, const Overview& o) {
  add_figure(page, "To change", o.changed(), "items");
  add_figure(page, "Lines", o.lines, "requests that change something");
  add_figure(page, "Missing", o.missing(), "desired, but missing");
  add_figure(page, "Left alone", o.conflicts(), "changes that cannot be made");
  if (!o.unselected) add_figure(page, "Not desired", o.extra(), "not mentioned; left alone");
}

void add_line(Values& type, const PlanLine& line) {
  auto& row = type.add("line").set("n", format_count(line.n)).set("item", describe_item(line));
  for (const auto& setting : show_settings(line)) {
    auto& cell = row.add("setting");
    cell.set("field", setting.field).set("was", setting.was).set("wanted", setting.wanted);
    if (!setting.note.empty()) cell.add("note").set("text", setting.note);
  }
}

void add_types(Values& page, const Overview& o) {
  for (const auto& counts : o.header.counts) {
    auto& type = page.add("type").set("title", describe_kind(o, counts));
    const auto kind = std::ranges::find(o.kinds, counts.kind, &Overview::Kind::name);
    if (kind == o.kinds.end()) continue;
    for (const auto& line : kind->examples) add_line(type, line);
    const auto more = kind->lines - kind->examples.size();
    if (more > 0) type.add("more").set("text", count_of(more, "more line"));
  }
}

void add_causes(Values& page, const Overview& o, bool left_alone) {
  Values* part = nullptr;
  for (const auto& cause : o.causes) {
    if (leaves_out(cause.reason) != left_alone) continue;
    if (part == nullptr) part = &page.add("part").set("title", left_alone ? "Left alone" : "To be looked at");
    auto& row = part->add("cause").set("count", format_count(cause.count)).set("text", describe(cause.reason));
    for (const auto& example : cause.examples) row.add("example").set("text", describe_finding(example));
    const auto more = cause.count - cause.examples.size();
    if (more > 0) row.add("more").set("text", fmt::format("{} more", format_count(more)));
  }
}

}  // namespace

std::string overview_page(const Overview& overview) {
  Values page;
  const auto style_sheet = style();
  page.set("style", style_sheet);
  page.set("policy", fmt::format("default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'",
                                 page::policy_hash(style_sheet)));
  set_headline(page, overview);
  add_figures(page, overview);
  add_types(page, overview);
  add_causes(page, overview, true);
  add_causes(page, overview, false);
  for (const auto& [name, text] : facts_of(overview)) page.add("fact").set("name", name).set("text", text);
  return page::fill_template(html(), page);
}

}  // namespace koobatch::plan
