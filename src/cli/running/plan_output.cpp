#include "cli/running/plan_output.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "koobatch/core/random_bits.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/common.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

/// A plan holds names that are not everybody's business.
constexpr mode_t readable_by_owner = 0600;
constexpr mode_t readable_by_all = 0644;
constexpr std::size_t chunk = std::size_t{64} << 10;

/// Writes the lines of a plan, which was made once already to count them.
class PlanWriter final : public plan::PlanVisitor {
 public:
  explicit PlanWriter(NewFile& file) : file_(file) {}

  void begin(const plan::PlanHeader& header) { encoder_.begin(header, buffer_); }

  Result<void> on_line(const plan::PlanLine& line) override {
    encoder_.add(line, buffer_);
    return buffer_.size() < chunk ? Result<void>() : flush();
  }
  void on_finding(const plan::Finding&) override {}

  /// Returns the digest.
  Result<std::string> end() {
    auto digest = encoder_.end(buffer_);
    if (auto written = flush(); !written) return written.error();
    return digest;
  }

 private:
  Result<void> flush() {
    auto written = file_.write(buffer_);
    buffer_.clear();
    return written;
  }

  NewFile& file_;
  plan::PlanEncoder encoder_;
  std::string buffer_;
};

std::string describe(const plan::Breach& breach, const std::string& state) {
  using Reason = plan::Breach::Reason;
  switch (breach.reason) {
    case Reason::too_many_changes:
      return fmt::format(
          "{} of {} of type {} would be changed, more than allowed; if that is intended, give --max-changes {}",
          format_count(breach.count), count_of(breach.total, "item"), breach.kind, breach.allowance);
    case Reason::state_empty:
      return fmt::format(
          "{} has no item of type {}, although {} are desired: it is probably the wrong state; read it again with "
          "'koobatch export'",
          state, breach.kind, format_count(breach.count));
    case Reason::state_incomplete:
      return fmt::format(
          "{} is incomplete, and what was not read would look missing; read it again with 'koobatch export'", state);
    case Reason::too_many_missing:
      return fmt::format(
          "{} of {} desired items of type {} are missing: this is probably the wrong state; otherwise, remove what no "
          "longer exists from the desired state",
          format_count(breach.count), format_count(breach.total), breach.kind);
  }
  return {};
}

}  // namespace

Result<PlanOutput> PlanOutput::open(const PlanDestinations& destinations) {
  PlanOutput output(destinations);
  if (!destinations.plan.empty()) {
    auto file = NewFile::create(destinations.plan, readable_by_owner);
    if (!file) return file.error();
    output.plan_.emplace(std::move(*file));
  }
  if (!destinations.html.empty()) {
    auto file = NewFile::create(destinations.html, readable_by_all);
    if (!file) return file.error();
    output.page_.emplace(std::move(*file));
  }
  return output;
}

Result<void> PlanOutput::write_plan(plan::PlanMaker& maker, plan::Overview& overview) {
  if (!plan_) return {};
  PlanWriter writer(*plan_);
  writer.begin(overview.header);
  if (const auto made = maker.plan(writer); !made) return made.error();
  auto digest = writer.end();
  if (!digest) return digest.error();
  if (auto finished = plan_->finish(); !finished) return finished;
  overview.file = {destinations_.plan.string(), std::move(*digest)};
  return {};
}

Result<void> PlanOutput::show(const plan::Overview& overview) {
  if (page_) {
    if (auto written = page_->write(plan::overview_page(overview)); !written) return written;
    if (auto finished = page_->finish(); !finished) return finished;
    observe::log::print(spdlog::level::info, fmt::format("{}: the plan as a page, to be opened in a browser",
                                                         harmless(destinations_.html.string())));
  }
  const auto text =
      destinations_.json ? plan::overview_json(overview) + "\n" : plan::overview_text(overview, output_style().colour);
  const auto written = write_output(text);
  return written ? Result<void>() : written.error();
}

Result<void> check_destinations(const PlanDestinations& destinations) {
  const auto& [plan, html, json] = destinations;
  if (plan.empty() || plan.lexically_normal() != html.lexically_normal()) return {};
  return usage_error("--out and --html name the same file");
}

std::string new_plan_id() {
  return fmt::format("{:016x}", random_bits());
}

int refuse(const std::vector<plan::Breach>& breaches, const std::string& state) {
  std::string last;
  for (const auto& breach : breaches) {
    auto text = describe(breach, harmless(state));
    if (text == last) continue;
    observe::log::print(spdlog::level::err, "koobatch: " + text);
    last = std::move(text);
  }
  observe::log::print(spdlog::level::err, "koobatch: no plan was written");
  return exit_limit;
}

}  // namespace koobatch::cli
