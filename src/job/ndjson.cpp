#include "koobatch/job/json_object.hpp"
#include "koobatch/job/record.hpp"
#include "koobatch/job/record_source.hpp"

#include <utility>

namespace koobatch::job {
namespace {

class NdjsonSource final : public RecordSource {
 public:
  explicit NdjsonSource(LineSplitter lines) : lines_(std::move(lines)) {}

  Result<bool> next(Fields& fields, std::vector<Violation>& out) override {
    for (;;) {
      const auto item = lines_.next();
      if (!item) return item.error();
      if (*item == LineSplitter::Item::end) return false;
      if (*item == LineSplitter::Item::too_long) {
        fields.clear();
        out.push_back(too_long_line(lines_.limits()));
        return true;
      }
      if (is_blank(lines_.text())) continue;
      object_.read_record(lines_.text(), fields, out);
      return true;
    }
  }

  std::uint32_t line() const override { return lines_.number(); }
  std::uint32_t last_line() const override { return lines_.number(); }
  void append_record(const Fields& fields, std::string& out) const override { append_record_json(fields, out); }
  Digest digest() const override { return lines_.digest(); }

 private:
  LineSplitter lines_;
  JsonObjectReader object_;
};

}  // namespace

std::unique_ptr<RecordSource> read_ndjson(LineSplitter lines) {
  return std::make_unique<NdjsonSource>(std::move(lines));
}

}  // namespace koobatch::job
