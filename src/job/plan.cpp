#include "job/json_object.hpp"
#include "job/line_records.hpp"

#include <utility>

namespace koobatch::job {
namespace {

/// How the last line of a plan begins.
constexpr std::string_view end_line = R"({"end":)";

/// Reads the records of a plan, of which everything was checked.
class PlanSource final : public LineRecords {
 public:
  PlanSource(LineSplitter lines, const koodrive::OperationCatalogue& catalogue)
      : LineRecords(std::move(lines)), catalogue_(catalogue) {}

  Result<bool> next(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) override {
    for (;;) {
      const auto found = next_line(fields, out);
      if (!found) return found.error();
      if (*found == Found::end) return false;
      if (*found == Found::too_long) return true;
      const bool is_header = line() == 1;
      if (is_header || text().starts_with(end_line)) continue;
      read(fields, out);
      return true;
    }
  }

 private:
  void read(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) {
    const auto last = members_.number;
    members_ = {};
    object_.read_record(text(), catalogue_, fields, out, nullptr, &members_);
    if (fields.row == nullptr) return;
    fields.was = members_.was;
    if (members_.needs == 0) {
      group_ = koodrive::key_hash(fields);
    } else if (members_.needs == last) {
      fields.group = group_;
    } else {
      out.push_back({"needs", "names another record than the one before"});
    }
  }

  const koodrive::OperationCatalogue& catalogue_;
  JsonObjectReader object_;
  PlanMembers members_;
  std::uint64_t group_ = 0;  ///< of the last record
};

}  // namespace

std::unique_ptr<RecordSource> read_plan(LineSplitter lines, const koodrive::OperationCatalogue& catalogue) {
  return std::make_unique<PlanSource>(std::move(lines), catalogue);
}

}  // namespace koobatch::job
