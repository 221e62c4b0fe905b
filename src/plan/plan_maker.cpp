#include "koobatch/plan/plan_maker.hpp"

#include "plan/item_join.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::plan {
namespace {

/// What an entry without identifier was looked for by: {"name":"Plans"}.
std::string describe_match(const state::Entry& entry) {
  std::string text;
  for (std::size_t i = 0; i < entry.match.size(); ++i) {
    if (!entry.match[i]) continue;
    text.append(text.empty() ? "" : ", ").append(entry.item.kind->fields[i].name).append(" ");
    text += state::describe(*entry.match[i]);
  }
  return text;
}

KindCounts& counts_of(std::vector<KindCounts>& counts, const koodrive::ResourceKind& kind) {
  const auto found = std::ranges::find(counts, kind.name, &KindCounts::kind);
  return found != counts.end() ? *found : counts.emplace_back(KindCounts{std::string(kind.name)});
}

/// Takes the items that there are out of a group. The others are missing.
std::vector<Wish> split(std::vector<ItemJoin::Pair>& group, PlanVisitor& visitor) {
  std::vector<Wish> wishes;
  for (auto& [desired, present] : group) {
    if (present) {
      wishes.push_back({std::move(desired), std::move(*present)});
    } else {
      visitor.on_finding({Finding::Reason::missing, desired.line, desired.item.kind, desired.item.id});
    }
  }
  return wishes;
}

Result<GroupPlan> plan_next(ItemJoin& join, std::vector<ItemJoin::Pair>& group, const PlannerSettings& settings,
                            std::uint64_t first_n, PlanVisitor& visitor) {
  const auto bystanders = join.bystanders(group);
  if (!bystanders) return bystanders.error();
  const auto wishes = split(group, visitor);
  Result<bool> taken = false;
  const IsNameTaken is_taken = [&](std::string_view name) {
    if (taken) taken = join.is_taken(wishes.front().present, name);
    return taken && *taken;
  };
  auto planned = plan_group(wishes, *bystanders, settings, first_n, is_taken);
  if (!taken) return taken.error();
  return planned;
}

}  // namespace

PlanMaker::PlanMaker(Settings settings) : settings_(std::move(settings)) {}
PlanMaker::~PlanMaker() = default;

Result<std::unique_ptr<PlanMaker>> PlanMaker::create(const koodrive::ResourceCatalogue& kinds, Settings settings) {
  auto join = ItemJoin::create(settings.folder, kinds, settings.planner.names);
  if (!join) return join.error();
  std::unique_ptr<PlanMaker> maker(new PlanMaker(std::move(settings)));
  maker->join_ = std::move(*join);
  return maker;
}

bool PlanMaker::selects(const state::Item& item) const {
  return !settings_.selects || settings_.selects(*item.kind, item.id);
}

Result<void> PlanMaker::add_desired(const state::Entry& entry) {
  if (entry.item.id.empty()) {
    matches_.add(entry);
    return {};
  }
  if (selects(entry.item)) return join_->add_desired(entry);
  ++unselected_;
  return {};
}

Result<void> PlanMaker::add_present(const state::Item& item) {
  matches_.see(item);
  return join_->add_present(item);
}

Result<void> PlanMaker::join_match(Matches::Match match, std::vector<Matches::Match>& ambiguous) {
  using Outcome = Matches::Outcome;
  const auto& item = match.entry.item;
  if (match.outcome == Outcome::ambiguous) {
    ambiguous.push_back(std::move(match));
  } else if (!selects(item)) {
    ++unselected_;
  } else if (match.outcome == Outcome::missing) {
    unmatched_.push_back({.reason = Finding::Reason::missing,
                          .line = match.entry.line,
                          .kind = item.kind,
                          .id = {},
                          .message = describe_match(match.entry)});
  } else {
    return join_->add_desired(match.entry);
  }
  return {};
}

Result<std::vector<Matches::Match>> PlanMaker::finish() {
  std::vector<Matches::Match> ambiguous;
  for (auto& match : matches_.finish()) {
    if (auto joined = join_match(std::move(match), ambiguous); !joined) return joined.error();
  }
  if (auto finished = join_->finish(); !finished) return finished.error();
  return ambiguous;
}

Result<std::vector<KindCounts>> PlanMaker::plan(PlanVisitor& visitor) {
  if (std::exchange(is_planned_, true)) {
    if (auto rewound = join_->rewind(); !rewound) return rewound.error();
  }
  auto counts = join_->counts();
  if (!counts) return counts.error();
  for (const auto& finding : unmatched_) {
    auto& kind = counts_of(*counts, *finding.kind);
    ++kind.desired;
    ++kind.missing;
    visitor.on_finding(finding);
  }
  std::uint64_t lines = 0;
  std::vector<ItemJoin::Pair> group;
  for (;;) {
    const auto more = join_->next_group(group);
    if (!more) return more.error();
    if (!*more) return std::move(*counts);
    const auto& kind = *group.front().desired.item.kind;
    const auto planned = plan_next(*join_, group, settings_.planner, lines + 1, visitor);
    if (!planned) return planned.error();
    for (const auto& finding : planned->findings) visitor.on_finding(finding);
    for (const auto& line : planned->lines) {
      if (auto taken = visitor.on_line(line); !taken) return taken.error();
    }
    lines += planned->lines.size();
    counts_of(*counts, kind).changed += planned->changed_items;
  }
}

}  // namespace koobatch::plan
