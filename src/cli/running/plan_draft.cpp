#include "cli/running/plan_draft.hpp"

#include "cli/output.hpp"
#include "cli/running/scratch.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/http/endpoint.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::cli {
namespace {

namespace fs = std::filesystem;

/// How long a plan is good for.
constexpr auto lifetime = std::chrono::hours(24);

/// How old the state was when the plan was made.
Duration state_age(const plan::Overview& overview) {
  return overview.header.made - overview.header.state.from;
}

}  // namespace

Result<PlanDraft> PlanDraft::open(Settings settings) {
  PlanDraft draft(std::move(settings));
  if (const auto& path = draft.settings_.state; !path.empty()) {
    if (auto opened = draft.open_state(path, harmless(path.string())); !opened) return opened.error();
  }
  const auto folder = temporary_folder();
  if (!folder) return folder.error();
  draft.id_ = new_plan_id();
  auto maker = plan::PlanMaker::create(
      koodrive::service_resources(),
      {.planner = {draft.id_, draft.settings_.names}, .folder = *folder, .selects = draft.settings_.selects});
  if (!maker) return maker.error();
  draft.maker_ = std::move(*maker);
  return draft;
}

Result<void> PlanDraft::open_state(const fs::path& file, std::string name) {
  state_name_ = std::move(name);
  if (job::format_of(file) == job::Format::csv) {
    return usage_error(state_name_ + ": a state as CSV does not say whether it is complete; give the one as NDJSON");
  }
  auto state = state::open_items(file, job::Format::ndjson, koodrive::service_resources(), state::Role::present);
  if (!state) return state.error();
  state_ = std::move(*state);
  return {};
}

Result<std::string> PlanDraft::find_endpoint() const {
  const auto* const summary = state_->summary();
  const auto recorded = summary == nullptr ? std::string() : summary->endpoint;
  if (settings_.endpoint.empty()) {
    if (!recorded.empty()) return recorded;
    return usage_error(state_name() + ": does not say which service it is the state of; give --endpoint https://HOST");
  }
  const auto endpoint = http::parse_endpoint(settings_.endpoint);
  if (!endpoint) return endpoint.error();
  if (recorded.empty() || recorded == endpoint->url()) return endpoint->url();
  return usage_error(fmt::format("{}: is the state of {}, not of {} ({})", state_name(), harmless(recorded),
                                 endpoint->url(), settings_.endpoint_origin));
}

plan::PlanHeader::State PlanDraft::describe_state() const {
  plan::PlanHeader::State state{.xxh3 = state_->digest().xxh3};
  if (const auto* const summary = state_->summary()) {
    state.from = summary->from;
    state.to = summary->to;
    state.items = summary->items;
    state.users = summary->users;
    state.is_complete = summary->is_complete;
  }
  return state;
}

Result<plan::Overview> PlanDraft::make(plan::PlanHeader::Desired desired, const plan::Limits& limits) {
  auto endpoint = find_endpoint();
  if (!endpoint) return endpoint.error();
  plan::OverviewBuilder builder;
  auto counts = maker_->plan(builder);
  if (!counts) return counts.error();
  const auto made = WallClock::now();
  auto overview = builder.build({.id = id_,
                                 .made = made,
                                 .version = KOOBATCH_VERSION,
                                 .endpoint = std::move(*endpoint),
                                 .state = describe_state(),
                                 .desired = std::move(desired),
                                 .limits = plan::describe(limits),
                                 .counts = std::move(*counts),
                                 .expires = made + lifetime});
  overview.state_path = settings_.state.string();
  if (settings_.selects) overview.unselected = maker_->unselected();
  return overview;
}

Result<std::optional<int>> PlanDraft::conclude(plan::Overview& overview, const Rules& rules, PlanOutput& output) {
  const auto breaches = plan::find_breaches(overview.header.counts, overview.header.state.is_complete, rules.limits);
  const auto age = state_age(overview);
  const bool is_too_old = rules.max_state_age && age > *rules.max_state_age;
  if (breaches.empty() && !is_too_old) {
    if (auto written = output.write_plan(*maker_, overview); !written) return written.error();
  }
  if (auto shown = output.show(overview); !shown) return shown.error();
  if (!breaches.empty()) return std::optional(refuse(breaches, state_name()));
  if (!is_too_old) return std::optional<int>();
  return Error{
      ErrorKind::limit,
      fmt::format("{}: was read {} ago, more than {}; no plan was written: export it again with 'koobatch export'",
                  state_name(), format_duration(age), rules.max_state_age_origin)};
}

}  // namespace koobatch::cli
