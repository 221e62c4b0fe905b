#include "job/json_object.hpp"
#include "job/record.hpp"
#include "job/record_source.hpp"
#include "koobatch/job/json_syntax.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace koobatch::job {
namespace {

class NdjsonSource final : public RecordSource {
 public:
  NdjsonSource(LineSplitter lines, const koodrive::OperationCatalogue& catalogue, std::string name,
               const Reading& reading)
      : lines_(std::move(lines)),
        catalogue_(catalogue),
        name_(std::move(name)),
        default_row_(catalogue.find(reading.operation)) {}

  Result<bool> next(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) override {
    for (;;) {
      const auto item = lines_.next();
      if (!item) return item.error();
      if (*item == LineSplitter::Item::end) return false;
      if (*item == LineSplitter::Item::too_long) {
        fields.clear();
        out.push_back(too_long_line(lines_.limits()));
        if (is_first()) out.back().message += "; a JSON array becomes lines with jq -c '.[]'";
        return true;
      }
      if (is_blank(lines_.text())) continue;
      const bool first = is_first();
      object_.read_record(lines_.text(), catalogue_, fields, out, default_row_);
      if (first && fields.row == nullptr) {
        if (const auto form = find_other_form(lines_.text())) {
          return job_error(fmt::format("{}:{}: {}", name_, lines_.number(), *form));
        }
      }
      return true;
    }
  }

  std::uint32_t line() const override { return lines_.number(); }
  std::uint32_t last_line() const override { return lines_.number(); }
  void append_record(const koodrive::Fields& fields, std::string& out) const override {
    append_record_json(fields, out);
  }
  bool stands_alone() const override { return default_row_ == nullptr; }
  Digest digest() const override { return lines_.digest(); }

 private:
  /// Whether this is asked about the first record.
  bool is_first() { return std::exchange(first_, false); }

  LineSplitter lines_;
  const koodrive::OperationCatalogue& catalogue_;
  std::string name_;
  bool first_ = true;
  const koodrive::OperationRow* default_row_;  ///< of the records that name no operation; may be null
  JsonObjectReader object_;
};

}  // namespace

std::unique_ptr<RecordSource> read_ndjson(LineSplitter lines, const koodrive::OperationCatalogue& catalogue,
                                          std::string name, const Reading& reading) {
  return std::make_unique<NdjsonSource>(std::move(lines), catalogue, std::move(name), reading);
}

}  // namespace koobatch::job
