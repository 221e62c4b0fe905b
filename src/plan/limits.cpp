#include "koobatch/plan/limits.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace koobatch::plan {
namespace {

Result<Allowance> parse_allowance(std::string_view text) {
  if (text.ends_with('%')) {
    text.remove_suffix(1);
    double percent = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
    if (error != std::errc() || rest != end || !(percent >= 0 && percent <= 100)) {
      return usage_error("a share is a number from 0 to 100, followed by %");
    }
    return Allowance{.percent = percent};
  }
  const auto count = parse_count(text, 0, std::numeric_limits<std::uint32_t>::max());
  if (!count) return usage_error("give a number such as 500, a share such as 30%, or one for a type: album=5%");
  return Allowance{.count = *count};
}

std::string text_of(const Allowance& allowance) {
  return allowance.count ? std::to_string(*allowance.count) : fmt::format("{}%", allowance.percent.value_or(0));
}

bool is_exceeded(std::uint64_t count, std::uint64_t total, double percent) {
  return static_cast<double>(count) * 100 > percent * static_cast<double>(total);
}

bool allows(const Allowance& allowance, const KindCounts& counts) {
  if (allowance.count) return counts.changed <= *allowance.count;
  return counts.items < Limits::least_items ||
         !is_exceeded(counts.changed, counts.items, allowance.percent.value_or(0));
}

const Allowance& allowance_of(const KindCounts& counts, const Limits& limits) {
  const auto own = limits.changes_of.find(counts.kind);
  return own == limits.changes_of.end() ? limits.changes : own->second;
}

void find_breaches_of(const KindCounts& counts, bool is_complete, bool is_only_kind, const Limits& limits,
                      std::vector<Breach>& out) {
  using Reason = Breach::Reason;
  if (counts.desired == 0) return;
  const auto number = std::to_string(counts.changed);
  if (!is_complete) {
    out.push_back({Reason::state_incomplete, counts.kind, counts.items, counts.items});
  } else if (counts.items == 0) {
    out.push_back({Reason::state_empty, counts.kind, counts.desired, counts.desired});
  } else if (is_exceeded(counts.missing, counts.desired, Limits::most_missing) &&
             counts.desired >= Limits::least_items) {
    out.push_back({Reason::too_many_missing, counts.kind, counts.missing, counts.desired});
  }
  if (allows(allowance_of(counts, limits), counts)) return;
  out.push_back({Reason::too_many_changes, counts.kind, counts.changed, counts.items,
                 is_only_kind ? number : counts.kind + "=" + number});
}

}  // namespace

Result<void> add_allowance(std::string_view text, Limits& limits) {
  const auto equals = text.find('=');
  const auto allowance = parse_allowance(equals == std::string_view::npos ? text : text.substr(equals + 1));
  if (!allowance) return allowance.error();
  if (equals == std::string_view::npos) {
    limits.changes = *allowance;
  } else if (equals == 0) {
    return usage_error("names no type before =");
  } else {
    limits.changes_of.insert_or_assign(std::string(text.substr(0, equals)), *allowance);
  }
  return {};
}

std::vector<std::string> describe(const Limits& limits) {
  std::vector<std::string> texts = {text_of(limits.changes)};
  for (const auto& [kind, allowance] : limits.changes_of) texts.push_back(kind + "=" + text_of(allowance));
  return texts;
}

std::vector<Breach> find_breaches(const std::vector<KindCounts>& counts, bool is_complete, const Limits& limits) {
  std::vector<Breach> breaches;
  const bool is_only_kind = std::ranges::count_if(counts, [](const auto& kind) { return kind.changed > 0; }) == 1;
  for (const auto& kind : counts) find_breaches_of(kind, is_complete, is_only_kind, limits, breaches);
  return breaches;
}

}  // namespace koobatch::plan
