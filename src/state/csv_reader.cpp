#include "koobatch/core/describe.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/csv_rows.hpp"
#include "koobatch/job/json_syntax.hpp"
#include "koobatch/job/line_checks.hpp"
#include "koobatch/state/reader.hpp"
#include "koobatch/state/value_reader.hpp"
#include "state/csv_cells.hpp"
#include "state/csv_columns.hpp"
#include "state/item_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::state {
namespace {

class CsvReader final : public ItemReader {
 public:
  CsvReader(job::LineSplitter lines, const koodrive::ResourceCatalogue& kinds, Role role)
      : rows_(std::move(lines)), kinds_(kinds), role_(role) {}

  Result<void> open(const std::string& name) {
    const auto item = rows_.next();
    if (!item) return item.error();
    if (*item == job::CsvRows::Item::end) {
      return job_error(
          fmt::format("{}: is empty; it begins with a header row such as that of an exported state", name));
    }
    const bool is_broken = *item == job::CsvRows::Item::broken;
    const auto fault = is_broken ? rows_.fault() : columns_.read(rows_.cells(), kinds_, role_);
    if (!fault.empty()) return job_error(fmt::format("{}:{}: {}", name, rows_.line(), fault));
    return {};
  }

  Result<Found> next(Entry& entry) override {
    violations_.clear();
    is_mangled_ = false;
    for (;;) {
      const auto item = rows_.next();
      if (!item) return item.error();
      if (*item == job::CsvRows::Item::end) return Found::end;
      if (*item == job::CsvRows::Item::row && std::ranges::all_of(rows_.cells(), job::is_blank)) continue;
      read_row(*item, entry);
      return violations_.empty() ? Found::entry : Found::invalid;
    }
  }

  std::uint32_t line() const override { return rows_.line(); }
  const std::vector<koodrive::Violation>& violations() const override { return violations_; }
  const MangledRow* mangled() const override { return is_mangled_ ? &mangled_ : nullptr; }
  job::Digest digest() const override { return rows_.digest(); }

 private:
  std::string_view cell(std::size_t column) const {
    return column == CsvColumns::none ? std::string_view() : unguarded(rows_.cells()[column]);
  }

  void add(std::string_view field, std::string message) {
    violations_.push_back({std::string(field), std::move(message)});
  }

  void read_row(job::CsvRows::Item item, Entry& entry) {
    clear(entry, rows_.line());
    if (item == job::CsvRows::Item::broken) return add("", rows_.fault());
    if (rows_.cells().size() != columns_.size()) {
      return add("",
                 fmt::format("has {}, but the header has {}", count_of(rows_.cells().size(), "cell"), columns_.size()));
    }
    if (!rows_.is_utf8()) return report_encoding();
    entry.item.kind = kinds_.find(cell(columns_.type()));
    const bool is_exported = columns_.check() != CsvColumns::none && !rows_.cells()[columns_.check()].empty();
    if (entry.item.kind == nullptr) {
      violations_.push_back(unknown_type(cell(columns_.type()), kinds_));
      if (is_exported) note_mangled(entry);
      return;
    }
    entry.item.id = cell(columns_.id());
    entry.item.user_id = cell(columns_.user());
    const auto size = entry.item.kind->fields.size();
    entry.item.values.assign(size, std::nullopt);
    const bool is_read = read_values(entry, false);
    if (is_exported && !(is_read && keeps_check(entry))) {
      violations_.clear();
      note_mangled(entry);
      return report_mangled(entry);
    }
    if (role_ == Role::desired) {
      // What the row was is not what it should be.
      const bool is_known = std::ranges::any_of(entry.item.values, [](const auto& value) { return value.has_value(); });
      if (is_known) entry.exported = std::move(entry.item.values);
      entry.item.values.assign(size, std::nullopt);
      read_values(entry, true);
    }
    check_identity(entry, role_, violations_);
  }

  /// Reads what was, or what is wanted. Returns whether all of it can be read.
  bool read_values(Entry& entry, bool wishes) {
    const auto before = violations_.size();
    for (const auto& column : columns_.fields()) {
      const auto text = cell(column.column);
      if (column.is_wish != wishes || rows_.cells()[column.column].empty()) continue;
      const auto name = (wishes ? std::string(new_prefix) : std::string()) + column.name;
      const auto index = entry.item.kind->find(column.name);
      if (index == entry.item.kind->fields.size() || (wishes && !entry.item.kind->fields[index].is_compared())) {
        add(name, fmt::format("is filled in, but {} has no such field", entry.item.kind->name));
        continue;
      }
      Value value;
      if (auto fault = read_cell(entry.item.kind->fields[index], text, value)) {
        add(name, std::move(*fault));
      } else {
        entry.item.values[index] = std::move(value);
      }
    }
    return violations_.size() == before;
  }

  bool keeps_check(const Entry& entry) const {
    const auto check = parse_check(rows_.cells()[columns_.check()]);
    return check && *check == check_of(entry.item);
  }

  void note_mangled(const Entry& entry) {
    is_mangled_ = true;
    mangled_ = {rows_.line(), entry.item.kind, std::string(cell(columns_.id())),
                parse_check(rows_.cells()[columns_.check()]).value_or(0)};
  }

  void report_mangled(const Entry& entry) {
    constexpr std::string_view remedy =
        "; copy the row from the exported file again, and change only columns that begin with new_";
    if (auto fault = find_distortion(entry.item.id)) {
      return add(id_member, std::move(*fault));
    }
    if (const auto removed = columns_.find_removed(*entry.item.kind); !removed.empty()) {
      return add("", fmt::format("cannot be checked: the column {} was removed; put it back", removed));
    }
    std::string text =
        "is no longer as it was exported, as its check shows: a column other than those that begin with "
        "new_ was changed, by hand or by the spreadsheet";
    const auto zeros = entry.item.id.size() > 15 ? entry.item.id.find_last_not_of('0') : std::string::npos;
    if (zeros != std::string::npos && zeros < 15) {
      text += fmt::format("; its id {} seems to have lost the digits after the 15th", quote(entry.item.id));
    }
    add("", text.append(remedy));
  }

  void report_encoding() {
    for (const auto cell : rows_.cells()) {
      if (const auto fault = job::explain_utf8_error(cell)) return add("", fmt::format("{}: {}", quote(cell), *fault));
    }
    add("", "is not valid UTF-8");
  }

  job::CsvRows rows_;
  const koodrive::ResourceCatalogue& kinds_;
  const Role role_;
  CsvColumns columns_;
  std::vector<koodrive::Violation> violations_;
  MangledRow mangled_;
  bool is_mangled_ = false;
};

}  // namespace

Result<std::unique_ptr<ItemReader>> read_csv(job::LineSplitter lines, const koodrive::ResourceCatalogue& kinds,
                                             Role role, const std::string& name) {
  auto reader = std::make_unique<CsvReader>(std::move(lines), kinds, role);
  if (auto opened = reader->open(name); !opened) return opened.error();
  return std::unique_ptr<ItemReader>(std::move(reader));
}

}  // namespace koobatch::state
