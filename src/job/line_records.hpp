#pragma once
#include "job/record.hpp"
#include "job/record_source.hpp"
#include "koobatch/job/line_splitter.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::job {

/// The part of a record source that all formats share in which each line is a JSON object.
class LineRecords : public RecordSource {
 public:
  explicit LineRecords(LineSplitter lines) : lines_(std::move(lines)) {}

  std::uint32_t line() const override { return lines_.number(); }
  std::uint32_t last_line() const override { return lines_.number(); }
  void append_record(const koodrive::Fields& fields, std::string& out) const override {
    append_record_json(fields, out);
  }
  Digest digest() const override { return lines_.digest(); }

 protected:
  /// What next_line() has found.
  enum class Found {
    line,
    too_long,  ///< a violation says so, and `fields` has no row
    end,
  };
  /// Reads the next line, which text() returns.
  Result<Found> next_line(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) {
    const auto item = lines_.next();
    if (!item) return item.error();
    if (*item == LineSplitter::Item::end) return Found::end;
    if (*item != LineSplitter::Item::too_long) return Found::line;
    fields.clear();
    out.push_back(too_long_line(lines_.limits()));
    return Found::too_long;
  }
  std::string_view text() const { return lines_.text(); }

 private:
  LineSplitter lines_;
};

}  // namespace koobatch::job
