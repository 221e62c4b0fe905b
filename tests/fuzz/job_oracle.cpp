#include "job_oracle.hpp"

#include "job/encoding_guess.hpp"
#include "job/value_check.hpp"
#include "job_support.hpp"
#include "oracle.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/job/encoding.hpp"
#include "koobatch/job/request_body.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/route.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fuzz {
namespace {

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::job;

/// Few and short, so that small inputs reach the limits too.
constexpr LineLimits narrow{.bytes = 90, .lines = 12};

// Records ----------------------------------------------------------------------------------------------------------

struct Value {
  bool present = false;
  std::string text;
  std::int64_t integer = 0;
  std::vector<std::string> list;
  friend bool operator==(const Value&, const Value&) = default;
};

/// Fields that own their texts, so that they can be compared after the source has read on.
struct Record {
  const OperationRow* row = nullptr;
  std::vector<Value> values;
  std::optional<std::string> user_id, language, ref;
  friend bool operator==(const Record&, const Record&) = default;
};

Record copy_of(const Fields& fields) {
  Record record{fields.row, {}, {}, {}, {}};
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const auto& value = fields.values[i];
    // How an integer was written is no part of what it says.
    const auto type = fields.row->fields[i].type;
    const bool is_text = type == FieldType::text || type == FieldType::object;
    auto& copy =
        record.values.emplace_back(Value{value.present, std::string(is_text ? value.text : ""), value.integer, {}});
    for (std::uint32_t n = 0; type == FieldType::text_list && n < value.list_size; ++n)
      copy.list.emplace_back(fields.list_items[value.list_from + n]);
  }
  record.user_id = fields.user_id;
  record.language = fields.language;
  record.ref = fields.ref;
  return record;
}

// Readings ---------------------------------------------------------------------------------------------------------

/// One record as a source told of it.
struct Found {
  std::uint32_t line = 0, last_line = 0;
  std::vector<std::string> violations;
  std::optional<Record> record;  ///< if it keeps the rules
  std::string repeated;          ///< then, by append_record()
  friend bool operator==(const Found&, const Found&) = default;
};

struct Pass {
  std::string error;  ///< about the job as a whole; empty: none
  std::vector<Found> found;
  Digest digest;  ///< if it was read to its end
  bool cut_short = false;
  friend bool operator==(const Pass&, const Pass&) = default;
};

class Judge {
 public:
  virtual ~Judge() = default;
  /// An operation that keeps the rules.
  virtual void accepted(const RecordSource& source, const Fields& fields) = 0;
};

class Lenient final : public Judge {
 public:
  void accepted(const RecordSource&, const Fields&) override {}
};

/// A job without the line that says how it is read.
struct Input {
  std::string_view text;
  Reading reading;
};

Input input_of(std::string_view text) {
  constexpr std::string_view letters = "wgujsk";
  constexpr std::array<std::string_view, letters.size()> encodings = {"windows-1252", "GB18030",   "UTF-16",
                                                                      "Big5",         "Shift_JIS", "UTF-8"};
  Input input{text, {}};
  const auto end = text.find('\n');
  if (!text.starts_with('#') || end == std::string_view::npos || end < 3) return input;
  const auto options = text.substr(1, end - 1);
  input.text.remove_prefix(end + 1);
  if (const auto which = letters.find(options[0]); which != std::string_view::npos) {
    input.reading.encoding = encodings[which];
  }
  if (options[1] != '-' && may_separate(options[1])) input.reading.delimiter = options[1];
  if (options.find('o', 2) != std::string_view::npos) input.reading.operation = "rename_shared_folder";
  if (options.find('i', 2) != std::string_view::npos) input.reading.ignored_columns = {"comment,x", "language"};
  return input;
}

Result<std::unique_ptr<RecordSource>> open_source(const Input& input, OpenJob open, std::size_t step,
                                                  const LineLimits& limits) {
  auto text = decode(job_support::text_source(std::string(input.text), step), input.reading.encoding, "job");
  if (!text) return text.error();
  return open(LineSplitter(std::move(text->text), "job", limits), input.reading);
}

Found describe(const RecordSource& source, ValueCheck& values, Fields& fields, std::vector<Violation> violations,
               Judge& judge) {
  Found found{source.line(), source.last_line(), {}, {}, {}};
  must(fields.row != nullptr || !violations.empty(), "a record without an operation is explained");
  if (fields.row != nullptr) {
    values.examine(fields, source.line(), violations);
    std::vector<Violation> broken;
    check(fields, broken);
    must(broken.empty() || !violations.empty(), "every rule is checked");
    for (const auto& warning : values.warnings()) must(!job::describe(warning).empty(), "an oddity has words");
  }
  for (const auto& v : violations) found.violations.push_back(v.field + ": " + v.message);
  if (!violations.empty()) return found;
  found.record = copy_of(fields);
  source.append_record(fields, found.repeated);
  judge.accepted(source, fields);
  return found;
}

Pass read_all(const Input& input, OpenJob open, std::size_t step, const LineLimits& limits, Judge& judge) {
  Pass reading;
  const auto source = open_source(input, open, step, limits);
  if (!source) {
    reading.error = source.error().message;
    return reading;
  }
  Fields fields;
  ValueCheck values({.trim = true, .compose = true});
  for (;;) {
    std::vector<Violation> violations;
    const auto more = (*source)->next(fields, violations);
    if (!more) reading.error = more.error().message;
    if (!more || !*more) break;
    reading.found.push_back(describe(**source, values, fields, std::move(violations), judge));
  }
  if (reading.error.empty()) reading.digest = (*source)->digest();
  reading.cut_short = (*source)->cut_short();
  return reading;
}

void check_reading(const Pass& reading, std::string_view text) {
  std::uint32_t before = 0;
  for (const auto& found : reading.found) {
    must(found.line > before && found.last_line >= found.line, "records stand on rising lines");
    before = found.last_line;
    for (const auto& v : found.violations) must(harmless(v) == v, "a message is harmless to a terminal");
  }
  const auto is_end = [](char c) { return c == '\n' || c == '\r'; };
  must(before <= std::count_if(text.begin(), text.end(), is_end) + 1, "there are no more records than lines");
  must(harmless(reading.error) == reading.error, "an error is harmless to a terminal");
  must(!reading.error.empty() || reading.digest.bytes == text.size(), "a job is read to its end");
}

// What an accepted operation must do -------------------------------------------------------------------------------

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// As the service would take the request apart.
void check_request(const Fields& fields) {
  Operation operation;
  OperationBuilder::build(fields, 1, "default-user", {}, operation);
  must(is_visible_ascii(operation.target()) && is_visible_ascii(operation.user()) &&
           is_visible_ascii(operation.language()),
       "nothing of a job gets out of its place in the request's header");
  const auto& row = *fields.row;
  std::string id;
  append_key(id, fields);
  must(operation.id() == id, "the identifier is the job's");

  const auto route = match_route(service_catalogue(), row.method, operation.target());
  must(route && route->row == fields.row, "the target leads to the operation");
  Fields again;
  again.row = fields.row;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].place == FieldPlace::path) again.values[i] = {.present = true, .text = route->path_value};
    operation.for_each_header([&](std::string_view name, std::string_view value) {
      must(is_visible_ascii(name) && is_visible_ascii(value), "a header field is one line");
      if (row.fields[i].header == name) again.values[i] = {.present = true, .text = value};
    });
  }
  std::string storage;
  std::vector<Violation> violations;
  must(read_body(operation.body(), again, storage, violations), "the body is read back");
  check(again, violations);
  must(violations.empty(), "what was read back keeps the rules");
  again.user_id = fields.user_id;
  again.language = fields.language;
  again.ref = fields.ref;
  // What the record leaves out, the request may say by default.
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (!fields.values[i].present && row.fields[i].rule.default_value) again.values[i] = {};
  }
  must(copy_of(again) == copy_of(fields), "the request says what the record said");
}

/// Judges each operation of a job, and repeats it as `retry` does.
class Strict final : public Judge {
 public:
  explicit Strict(OpenJob open) : open_(open) {}

  void accepted(const RecordSource& source, const Fields& fields) override {
    check_request(fields);
    check_repeated(source, fields);
    const auto changed = fields.changed();
    const auto removable = changed & fields.removable();
    if (std::popcount(changed) < 2 || removable == 0) return;
    Fields fewer = fields;
    fewer.remove(static_cast<FieldSet>(removable & -removable));
    check_repeated(source, fewer);
  }

 private:
  void check_repeated(const RecordSource& source, const Fields& fields) const {
    std::string header, record;
    source.append_header(header);
    source.append_record(fields, record);
    const std::string job = header + record + "\n";
    Lenient any;
    const auto again = read_all({job, {}}, open_, job.size() + 1, {}, any);
    must(again.error.empty() && again.found.size() == 1, "a repeated record is one record");
    must(again.found[0].record == copy_of(fields), "a repeated record says the same");
    must(again.found[0].repeated == record, "a record is repeated the same way every time");
  }

  OpenJob open_;
};

}  // namespace

void check_job(std::string_view text, OpenJob open) {
  const auto input = input_of(text);
  Strict strict(open);
  Lenient lenient;
  const auto size = input.text.size();
  const auto whole = read_all(input, open, size + 1, {}, strict);
  check_reading(whole, input.text);
  must(read_all(input, open, 1, {}, lenient) == whole, "a job reads the same in pieces");
  const auto cut = read_all(input, open, size + 1, narrow, lenient);
  check_reading(cut, input.text);
  must(read_all(input, open, 1, narrow, lenient) == cut, "a job over the limits reads the same in pieces");
  const auto source = job_support::text_source(std::string(input.text), size + 1);
  if (const auto guess = guess_encoding(*source).value()) {
    must(check_encoding(guess->encoding).has_value(), "a guessed encoding can be given");
  }
}

}  // namespace fuzz
