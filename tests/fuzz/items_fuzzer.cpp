// Any bytes as a file of items: after a first byte that chooses the format, and whether it is the present or the
// desired state.
#include "job_support.hpp"
#include "oracle.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/state/csv_writer.hpp"
#include "koobatch/state/item_parser.hpp"
#include "koobatch/state/reader.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace koobatch;
using namespace koobatch::state;
using fuzz::must;

const auto& kinds = koodrive::service_resources();

/// A file may have many; the first few show as much.
constexpr std::size_t most_written = 2;

bool operator==(const Item& a, const Item& b) {
  return a.kind == b.kind && a.id == b.id && a.user_id == b.user_id && a.values == b.values;
}

struct Pass {
  std::string error;  ///< about the file as a whole; empty: none
  std::vector<Entry> entries;
  std::vector<std::string> wrong;      ///< of the other records
  std::vector<std::uint32_t> records;  ///< the lines on which they begin, all of them
  std::uint64_t bytes = 0;
};

bool is_equal(const Pass& a, const Pass& b) {
  const auto is_same_entry = [](const Entry& x, const Entry& y) {
    return x.line == y.line && x.item == y.item && x.exported == y.exported && x.match == y.match;
  };
  return a.error == b.error && a.wrong == b.wrong && a.records == b.records && a.bytes == b.bytes &&
         std::ranges::equal(a.entries, b.entries, is_same_entry);
}

Pass read_all(std::string_view text, job::Format format, Role role, std::size_t step) {
  Pass pass;
  job::LineSplitter lines(job_support::text_source(std::string(text), step), "items");
  std::unique_ptr<ItemReader> reader;
  if (format == job::Format::csv) {
    auto opened = read_csv(std::move(lines), kinds, role, "items");
    if (!opened) return {opened.error().message, {}, {}, {}, 0};
    reader = std::move(*opened);
  } else {
    reader = read_ndjson(std::move(lines), kinds, role);
  }
  Entry entry;
  for (;;) {
    const auto found = reader->next(entry);
    if (!found) pass.error = found.error().message;
    if (!found || *found == ItemReader::Found::end) break;
    pass.records.push_back(reader->line());
    if (*found == ItemReader::Found::entry) {
      pass.entries.push_back(entry);
    } else {
      must(!reader->violations().empty(), "what is invalid is explained");
      pass.wrong.push_back(job_support::joined(reader->violations()));
    }
  }
  pass.bytes = reader->digest().bytes;
  return pass;
}

/// Whether a row has what matters of an item. Absent and empty values look the same in a spreadsheet, as do texts and
/// numbers that only inform.
bool has_what_matters(const Item& row, const Item& item) {
  if (row.kind != item.kind || row.id != item.id || row.user_id != item.user_id) return false;
  const auto filled = [](const std::optional<Value>& value) {
    return value && !is_empty(*value) ? value : std::nullopt;
  };
  for (std::size_t i = 0; i < item.values.size(); ++i) {
    if (item.kind->fields[i].is_compared() && filled(row.values[i]) != filled(item.values[i])) return false;
  }
  return check_of(row) == check_of(item);
}

void check_as_ndjson(const Item& item) {
  std::string text;
  append_item(text, item);
  ItemParser parser(kinds);
  Item again;
  must(parser.parse(text, again) && again == item, "an item is read as it was written");
}

void check_as_csv(const Item& item) {
  const CsvWriter writer({item.kind});
  std::string text;
  writer.append_header(text);
  writer.append_row(text, item);
  const auto present = read_all(text, job::Format::csv, Role::present, 1000);
  must(present.error.empty() && present.wrong.empty() && present.entries.size() == 1,
       "a row is read as it was written");
  must(has_what_matters(present.entries.front().item, item), "a row has what the item has");
  const auto desired = read_all(text, job::Format::csv, Role::desired, 1000);
  must(desired.error.empty() && desired.wrong.empty(), "a row that nobody changed is no mangled one");
}

void check_messages(const Pass& pass) {
  for (const auto& wrong : pass.wrong) must(harmless(wrong) == wrong, "a message is harmless to a terminal");
  must(harmless(pass.error) == pass.error, "an error is harmless to a terminal");
  must(std::ranges::adjacent_find(pass.records, std::greater_equal<>()) == pass.records.end(),
       "records stand on rising lines");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto format = (data[0] & 1U) != 0 ? job::Format::csv : job::Format::ndjson;
  const auto role = (data[0] & 2U) != 0 ? Role::present : Role::desired;
  const auto text = fuzz::text_of(data + 1, size - 1);
  const auto pass = read_all(text, format, role, 1 << 16);
  must(is_equal(pass, read_all(text, format, role, 1)), "it does not matter how the bytes arrive");
  check_messages(pass);
  std::size_t written = 0;
  for (const auto& entry : pass.entries) {
    must(entry.item.kind != nullptr && entry.item.values.size() == entry.item.kind->fields.size(),
         "an item is of a kind");
    if (role == Role::desired) must(!entry.item.id.empty() || !entry.match.empty(), "an item can be found");
    if (entry.item.id.empty() || written == most_written) continue;
    ++written;
    check_as_ndjson(entry.item);
    check_as_csv(entry.item);
  }
  return 0;
}
