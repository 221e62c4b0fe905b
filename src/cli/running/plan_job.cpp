#include "cli/running/plan_job.hpp"

#include "koobatch/job/byte_source.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/plan_file.hpp"
#include "koobatch/plan/recheck.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::cli {
namespace {

Result<void> check_no_demands(const Origins& origins) {
  for (const auto* option : {"expect", "max-plan-age", "no-recheck", "verify"}) {
    if (!origins.is_flag(option)) continue;
    return usage_error(
        fmt::format("{} is about plans, and the job is none; 'koobatch plan' makes one", origins[option]));
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

}  // namespace

Result<void> admit_plan(engine::RunSettings& settings, const PlanApproval& approval, const Origins& origins,
                        WallTime now) {
  if (settings.reader.format != job::Format::plan) return check_no_demands(origins);
  auto bytes = job::open_file(settings.job);
  if (!bytes) return bytes.error();
  plan::PlanReader reader(std::move(*bytes), koodrive::service_resources(), settings.job.string());
  const auto header = reader.begin();
  if (!header) return header.error();
  // The end tells whether anything before it was changed.
  if (auto read = reader.read_lines([](const plan::PlanLine&) { return Result<void>(); }); !read) return read.error();
  plan::PlanRequirements required{.endpoint = settings.endpoint.url(), .now = now, .max_age = approval.max_age};
  if (!approval.expected.empty()) required.expected = approval.expected;
  if (auto ok = plan::check_plan(*header, reader.digest(), required); !ok) return ok.error();
  settings.plan = {header->id, reader.digest()};
  return {};
}

std::shared_ptr<plan::Rechecks> recheck_items(engine::RunSettings& settings, const PlanTreatment& given) {
  if (settings.reader.format != job::Format::plan) return nullptr;
  auto rechecks = std::make_shared<plan::Rechecks>(koodrive::service_resources(),
                                                   plan::RecheckSettings{!given.no_recheck, given.verify});
  settings.dialogues = rechecks;
  return rechecks;
}

Result<void> recall_dependencies(const engine::RunSettings& settings, const std::filesystem::path& report,
                                 plan::Rechecks& rechecks) {
  UnfulfilledLines unfulfilled;
  if (const auto scan = report::scan(report, unfulfilled); !scan) return scan.error();
  if (unfulfilled.lines().size() == 0) return {};
  auto reader = job::open_job(settings.job, settings.reader);
  if (!reader) return reader.error();
  koodrive::Operation operation;
  for (;;) {
    const auto item = (*reader)->skip();
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) return {};
    if (*item != job::Reader::Item::operation || !unfulfilled.lines().contains((*reader)->line())) continue;
    (*reader)->render(operation);
    rechecks.break_group(operation.key_hash());
  }
}

}  // namespace koobatch::cli
