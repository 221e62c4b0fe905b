#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/plan/overview.hpp"
#include "plan/overview_words.hpp"
#include "plan/shown_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace koobatch::plan {
namespace {

enum class Tone { good, warning, bad, quiet, strong };

class TextWriter {
 public:
  TextWriter(const Overview& overview, bool colour) : o_(overview), colour_(colour) {}

  std::string write() {
    line(paint(Tone::strong, headline(o_)));
    for (const auto& counts : o_.header.counts) kind(counts);
    left_alone();
    to_be_seen();
    out_.push_back('\n');
    for (const auto& [name, text] : facts_of(o_)) line(fmt::format("  {:<9} {}", name, text));
    return std::move(out_);
  }

 private:
  std::string paint(Tone tone, std::string_view text) const {
    constexpr std::string_view codes[] = {"32", "33", "31", "2", "1"};
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(tone)], text) : std::string(text);
  }

  void line(std::string_view text) { out_.append(text).push_back('\n'); }

  void title(std::string_view text) {
    out_.push_back('\n');
    line(paint(Tone::strong, text));
  }

  void kind(const KindCounts& counts) {
    title(describe_kind(o_, counts));
    const auto found = std::ranges::find(o_.kinds, counts.kind, &Overview::Kind::name);
    if (found == o_.kinds.end()) return;
    for (const auto& example : found->examples) change(example);
    const auto more = found->lines - found->examples.size();
    if (more > 0) line(paint(Tone::quiet, fmt::format("  and {} more", count_of(more, "line"))));
  }

  void change(const PlanLine& example) {
    line(fmt::format("  {} {}", paint(Tone::quiet, fmt::format("{:>5}", format_count(example.n))),
                     describe_item(example)));
    for (auto& setting : show_settings(example)) {
      auto text = fmt::format("        {} {} {} → {}", paint(Tone::warning, "~"), setting.field,
                              paint(Tone::bad, isolated(std::move(setting.was))),
                              paint(Tone::good, isolated(std::move(setting.wanted))));
      if (!setting.note.empty()) text += paint(Tone::quiet, fmt::format("  ({})", setting.note));
      line(text);
    }
  }

  void cause(const Overview::Cause& cause) {
    line(fmt::format("  {:>6} × {}", format_count(cause.count), describe(cause.reason)));
    for (const auto& example : cause.examples) {
      line(paint(Tone::quiet, fmt::format("           {}", describe_finding(example))));
    }
    const auto more = cause.count - cause.examples.size();
    if (more > 0) line(paint(Tone::quiet, fmt::format("           and {} more", format_count(more))));
  }

  void left_alone() {
    const bool any = std::ranges::any_of(o_.causes, [](const auto& each) { return leaves_out(each.reason); });
    const auto unfound = o_.is_made_earlier ? o_.missing() : 0;
    if (!any && unfound == 0 && o_.extra() == 0 && o_.unselected.value_or(0) == 0) return;
    title("Left alone");
    for (const auto& each : o_.causes) {
      if (leaves_out(each.reason)) cause(each);
    }
    if (unfound > 0) count(unfound, describe(Finding::Reason::missing));
    for (const auto& counts : o_.header.counts) {
      const auto extra = o_.extra(counts);
      if (extra > 0) count(extra, fmt::format("{} not mentioned in the desired state", harmless(counts.kind)));
    }
    if (o_.unselected.value_or(0) > 0) count(*o_.unselected, "desired, but not selected");
  }

  void count(std::uint64_t number, std::string_view what) {
    line(fmt::format("  {:>6} × {}", format_count(number), what));
  }

  void to_be_seen() {
    const bool any = std::ranges::any_of(o_.causes, [](const auto& each) { return !leaves_out(each.reason); });
    if (!any) return;
    title("To be looked at");
    for (const auto& each : o_.causes) {
      if (!leaves_out(each.reason)) cause(each);
    }
  }

  const Overview& o_;
  bool colour_;
  std::string out_;
};

}  // namespace

std::string overview_text(const Overview& overview, bool colour) {
  return TextWriter(overview, colour).write();
}

}  // namespace koobatch::plan
