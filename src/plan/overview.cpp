#include "koobatch/plan/overview.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::plan {
namespace {

std::uint64_t sum(const std::vector<KindCounts>& counts, std::uint64_t KindCounts::* number) {
  std::uint64_t all = 0;
  for (const auto& kind : counts) all += kind.*number;
  return all;
}

}  // namespace

std::uint64_t Overview::changed() const {
  return sum(header.counts, &KindCounts::changed);
}

std::uint64_t Overview::missing() const {
  return sum(header.counts, &KindCounts::missing);
}

std::uint64_t Overview::extra() const {
  std::uint64_t all = 0;
  for (const auto& kind : header.counts) all += extra(kind);
  return all;
}

std::uint64_t Overview::extra(const KindCounts& counts) const {
  return unselected ? 0 : counts.items - (counts.desired - counts.missing);
}

std::uint64_t Overview::conflicts() const {
  std::uint64_t all = 0;
  for (const auto& cause : causes) {
    if (leaves_out(cause.reason) && cause.reason != Finding::Reason::missing) all += cause.count;
  }
  return all;
}

void Overview::add(std::vector<Cause> found) {
  for (auto& cause : found) {
    const auto known = std::ranges::find(causes, cause.reason, &Cause::reason);
    if (known == causes.end()) {
      causes.push_back(std::move(cause));
      continue;
    }
    known->count += cause.count;
    const auto room =
        OverviewBuilder::usual_examples - std::min(known->examples.size(), OverviewBuilder::usual_examples);
    for (std::size_t i = 0; i < std::min(room, cause.examples.size()); ++i) {
      known->examples.push_back(std::move(cause.examples[i]));
    }
  }
  std::ranges::sort(causes, {}, &Cause::reason);
}

Result<void> OverviewBuilder::on_line(const PlanLine& line) {
  auto& kinds = overview_.kinds;
  auto kind = std::ranges::find(kinds, line.kind->name, &Overview::Kind::name);
  if (kind == kinds.end()) kind = kinds.insert(kinds.end(), Overview::Kind{std::string(line.kind->name), 0, {}, {}});
  ++overview_.lines;
  ++kind->lines;
  for (const auto& setting : line.settings) {
    if (setting.is_carried || line.is_temporary) continue;
    ++kind->differences[std::string(line.kind->fields[setting.field].name)];
  }
  if (kind->examples.size() < examples_) kind->examples.push_back(line);
  return {};
}

void OverviewBuilder::on_finding(const Finding& finding) {
  auto& causes = overview_.causes;
  auto cause = std::ranges::find(causes, finding.reason, &Overview::Cause::reason);
  if (cause == causes.end()) cause = causes.insert(causes.end(), Overview::Cause{finding.reason, 0, {}});
  ++cause->count;
  if (cause->examples.size() < examples_) cause->examples.push_back(finding);
}

Overview OverviewBuilder::build(PlanHeader header) {
  overview_.header = std::move(header);
  std::ranges::sort(overview_.causes, {}, &Overview::Cause::reason);
  return std::move(overview_);
}

}  // namespace koobatch::plan
