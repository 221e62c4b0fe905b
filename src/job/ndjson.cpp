#include "job/json_object.hpp"
#include "job/line_records.hpp"
#include "job/valid_records.hpp"
#include "koobatch/job/json_syntax.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace koobatch::job {
namespace {

class NdjsonSource final : public LineRecords {
 public:
  NdjsonSource(LineSplitter lines, const koodrive::OperationCatalogue& catalogue, std::string name,
               const Reading& reading, bool found_valid)
      : LineRecords(std::move(lines)),
        catalogue_(catalogue),
        name_(std::move(name)),
        default_row_(catalogue.find(reading.operation)),
        valid_(found_valid ? std::optional<ValidRecords>(catalogue) : std::nullopt) {}

  Result<bool> next(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) override {
    for (;;) {
      const auto found = next_line(fields, out);
      if (!found) return found.error();
      if (*found == Found::end) return false;
      if (*found == Found::too_long) {
        if (is_first()) out.back().message += "; a JSON array becomes lines with jq -c '.[]'";
        return true;
      }
      if (is_blank(text())) continue;
      if (valid_ && valid_->read(text(), fields)) return true;
      const bool first = is_first();
      object_.read_record(text(), catalogue_, fields, out, default_row_);
      if (first && fields.row == nullptr) {
        if (const auto form = find_other_form(text())) {
          return job_error(fmt::format("{}:{}: {}", name_, line(), *form));
        }
      }
      return true;
    }
  }

  bool stands_alone() const override { return default_row_ == nullptr; }

 private:
  /// Whether this is asked about the first record.
  bool is_first() { return std::exchange(first_, false); }

  const koodrive::OperationCatalogue& catalogue_;
  std::string name_;
  bool first_ = true;
  const koodrive::OperationRow* default_row_;  ///< of the records that name no operation; may be null
  std::optional<ValidRecords> valid_;          ///< nothing unless an earlier reader has found nothing wrong
  JsonObjectReader object_;
};

}  // namespace

std::unique_ptr<RecordSource> read_ndjson(LineSplitter lines, const koodrive::OperationCatalogue& catalogue,
                                          std::string name, const Reading& reading, bool found_valid) {
  return std::make_unique<NdjsonSource>(std::move(lines), catalogue, std::move(name), reading, found_valid);
}

}  // namespace koobatch::job
