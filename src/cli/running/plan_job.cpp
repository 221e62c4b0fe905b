#include "cli/running/plan_job.hpp"

#include "cli/running/other_writers.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/capture.hpp"
#include "koobatch/plan/plan_file.hpp"
#include "koobatch/plan/recheck.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <utility>

namespace koobatch::cli {
namespace {

Result<void> check_no_demands(const Origins& origins) {
  for (const auto* option : {"expect", "max-plan-age", "no-recheck", "verify"}) {
    if (!origins.is_flag(option)) continue;
    return usage_error(
        fmt::format("{} is for plans only, and the job is not one; make one with 'koobatch plan'", origins[option]));
  }
  return {};
}

/// Collects the lines of a job whose wish is not fulfilled.
class UnfulfilledLines final : public report::Visitor {
 public:
  Result<void> on_result(const report::ResultLine& result) override {
    if (is_fulfilled(result.status)) return {};
    lines_.insert(result.line);
    return {};
  }
  const report::LineSet& lines() const { return lines_; }

 private:
  report::LineSet lines_;
};

/// Reads the plan, whose bytes are those that were validated, and records it in the settings.
Result<void> read_plan(engine::RunSettings& settings, plan::PlanRequirements required) {
  if (settings.skip_invalid) {
    return usage_error(
        "--skip-invalid: the operations of a plan belong together; it is carried out whole or not at all");
  }
  auto bytes = job::open_verified_file(settings.job, settings.reader.expected);
  if (!bytes) return bytes.error();
  plan::PlanReader reader(std::move(*bytes), koodrive::service_resources(), settings.job.string());
  const auto header = reader.begin();
  if (!header) return header.error();
  // The end tells whether anything before it was changed.
  if (auto read = reader.read_lines([](const plan::PlanLine&) { return Result<void>(); }); !read) return read.error();
  required.endpoint = settings.endpoint.url();
  if (auto ok = plan::check_plan(*header, reader.digest(), required); !ok) return ok.error();
  if (struct stat facts{}; ::stat(settings.job.c_str(), &facts) == 0) warn_of_other_writers(settings.job, facts);
  settings.plan = {header->id, reader.digest()};
  return {};
}

bool is_plan(const engine::RunSettings& settings) {
  return settings.reader.format == job::Format::plan;
}

}  // namespace

Result<void> admit_plan(engine::RunSettings& settings, const PlanApproval& approval, const Origins& origins,
                        WallTime now) {
  if (!is_plan(settings)) return check_no_demands(origins);
  if (origins.is_flag("capture")) {
    return usage_error(
        fmt::format("{}: a plan says what its items were before, so it can be undone as it is", origins["capture"]));
  }
  plan::PlanRequirements required{.endpoint = {}, .now = now, .max_age = approval.max_age};
  if (!approval.expected.empty()) required.expected = approval.expected;
  return read_plan(settings, std::move(required));
}

Result<void> readmit_plan(engine::RunSettings& settings, const PlanTreatment& given, WallTime now) {
  if (!is_plan(settings)) return {};
  return read_plan(settings, {.endpoint = {}, .now = now, .max_age = given.max_plan_age});
}

void read_items(engine::RunSettings& settings, const Running& given) {
  if (!is_plan(settings)) {
    if (given.treatment.capture) settings.dialogues = std::make_shared<plan::Captures>(koodrive::service_resources());
    return;
  }
  settings.scheduler.groups.emplace();
  settings.dialogues = std::make_shared<plan::Rechecks>(
      koodrive::service_resources(), plan::RecheckSettings{.before = !given.plan.no_recheck,
                                                           .verified = given.plan.verify,
                                                           .seed = static_cast<std::uint32_t>(std::random_device()())});
}

Result<void> recall_dependencies(engine::RunSettings& settings, const std::filesystem::path& report,
                                 const report::Scan& scan) {
  if (!is_plan(settings)) return {};
  UnfulfilledLines unfulfilled;
  if (const auto read = report::scan(report, unfulfilled); !read) return read.error();
  auto reader = job::open_job(settings.job, settings.reader);
  if (!reader) return reader.error();
  koodrive::Operation operation;
  for (;;) {
    const auto item = (*reader)->skip();
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) return {};
    const auto line = (*reader)->line();
    const bool has_noted =
        std::ranges::binary_search(scan.noted, line, {}, [](const auto& note) { return note.trace_id.line; });
    if (*item != job::Reader::Item::operation || !(scan.done.contains(line) || has_noted)) continue;
    (*reader)->render(operation);
    const bool is_unfulfilled = has_noted || unfulfilled.lines().contains(line);
    settings.scheduler.groups->ended(operation, is_unfulfilled ? Status::failed : Status::succeeded);
  }
}

}  // namespace koobatch::cli
