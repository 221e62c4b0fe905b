#include "job/json_object.hpp"
#include "job/record.hpp"
#include "job/record_source.hpp"

#include <utility>

namespace koobatch::job {
namespace {

/// How the last line of a plan begins.
constexpr std::string_view end_line = R"({"end":)";

/// Reads the records of a plan, of which everything was checked.
class PlanSource final : public RecordSource {
 public:
  PlanSource(LineSplitter lines, const koodrive::OperationCatalogue& catalogue)
      : lines_(std::move(lines)), catalogue_(catalogue) {}

  Result<bool> next(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) override {
    for (;;) {
      const auto item = lines_.next();
      if (!item) return item.error();
      if (*item == LineSplitter::Item::end) return false;
      if (*item == LineSplitter::Item::too_long) {
        fields.clear();
        out.push_back(too_long_line(lines_.limits()));
        return true;
      }
      const bool is_header = lines_.number() == 1;
      if (is_header || lines_.text().starts_with(end_line)) continue;
      read(fields, out);
      return true;
    }
  }

  std::uint32_t line() const override { return lines_.number(); }
  std::uint32_t last_line() const override { return lines_.number(); }
  void append_record(const koodrive::Fields& fields, std::string& out) const override {
    append_record_json(fields, out);
  }
  Digest digest() const override { return lines_.digest(); }

 private:
  void read(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) {
    const auto last = members_.number;
    members_ = {};
    object_.read_record(lines_.text(), catalogue_, fields, out, nullptr, &members_);
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

  LineSplitter lines_;
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
