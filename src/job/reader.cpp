#include "koobatch/job/reader.hpp"

#include "job/record.hpp"
#include "job/record_source.hpp"
#include "job/value_check.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/job/job_text.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/synthetic.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <array>
#include <cassert>
#include <utility>

namespace koobatch::job {
namespace {

/// Turns records into checked operations.
class CheckingReader final : public Reader {
 public:
  CheckingReader(std::unique_ptr<RecordSource> records, ReaderSettings settings, std::vector<std::string> notes = {})
      : records_(std::move(records)),
        settings_(std::move(settings)),
        values_(settings_.values),
        checks_(!settings_.found_valid || settings_.values.trim || settings_.values.compose),
        notes_(std::move(notes)) {}

  Result<Item> next(koodrive::Operation& operation) override {
    auto item = skip();
    if (item && *item == Item::operation) render(operation);
    return item;
  }

  Result<Item> skip() override {
    violations_.clear();
    const auto more = records_->next(fields_, violations_);
    if (!more) return more.error();
    if (!*more) return Item::end;
    if (checks_ && fields_.row != nullptr) check_record();
    values_.conclude(violations_);
    return violations_.empty() ? Item::operation : Item::invalid;
  }

  const koodrive::Fields& fields() const override { return fields_; }
  std::string_view user() const override { return fields_.user_id.value_or(settings_.default_user); }
  void remove(koodrive::FieldSet unwanted) override { fields_.remove(unwanted); }
  void render(koodrive::Operation& operation) const override {
    koodrive::OperationBuilder::build(fields_, line(), settings_.default_user, settings_.default_language, operation);
  }
  void append_record(std::string& out) const override { records_->append_record(fields_, out); }
  void append_json(std::string& out) const override { append_record_json(fields_, out); }
  void append_header(std::string& out) const override { records_->append_header(out); }
  bool stands_alone() const override { return records_->stands_alone(); }
  std::vector<std::string> notes() const override {
    auto notes = notes_;
    for (auto& note : records_->notes()) notes.push_back(std::move(note));
    return notes;
  }

  std::uint32_t line() const override { return records_->line(); }
  std::uint32_t last_line() const override { return records_->last_line(); }
  const std::vector<koodrive::Violation>& violations() const override { return violations_; }
  std::span<const Warning> warnings() const override { return values_.warnings(); }
  /// No spreadsheet has touched a plan, whose identifiers are the service's own.
  const LongIds* long_ids() const override { return settings_.format == Format::plan ? nullptr : &values_.long_ids(); }
  std::string_view invalid_op() const override { return fields_.row == nullptr ? "" : fields_.row->name; }
  std::string_view invalid_id() const override {
    if (fields_.row == nullptr) return "";
    const auto index = fields_.row->key_field;
    const auto& key = fields_.values[index];
    const bool is_text = fields_.row->fields[index].type == koodrive::FieldType::text;
    return is_text && !key.malformed ? key.text : std::string_view();
  }
  Digest digest() const override { return records_->digest(); }
  bool cut_short() const override { return records_->cut_short(); }

 private:
  void check_record() {
    values_.examine(fields_, line(), violations_);
    if (settings_.require_user && settings_.default_user.empty() && !fields_.user_id &&
        !has_violation(violations_, user_id_field)) {
      violations_.push_back({std::string(user_id_field),
                             "is missing; give it in the record, or for all with " + spell(SettingName::user_id)});
    }
  }

  std::unique_ptr<RecordSource> records_;
  ReaderSettings settings_;
  ValueCheck values_;
  const bool checks_;               ///< whether records are checked, which may change their values
  std::vector<std::string> notes_;  ///< about the text, before it is cut into records
  koodrive::Fields fields_;
  std::vector<koodrive::Violation> violations_;
};

// A user or language that comes from a setting must obey the rules of one in a record.
std::optional<Error> check_settings(const ReaderSettings& settings) {
  std::vector<koodrive::Violation> wrong;
  if (!settings.default_user.empty()) koodrive::check_user_id(settings.default_user, wrong);
  if (!wrong.empty()) return usage_error(fmt::format("{}: {}", spell(SettingName::user_id), wrong.front().message));
  if (!settings.default_language.empty()) koodrive::check_language(settings.default_language, wrong);
  if (!wrong.empty()) return usage_error(fmt::format("{}: {}", spell(SettingName::language), wrong.front().message));
  const auto& operation = settings.reading.operation;
  if (operation.empty() || settings.catalogue->find(operation) != nullptr) return std::nullopt;
  return usage_error(
      fmt::format("{}: {}", spell(SettingName::op), unknown_operation(operation, *settings.catalogue).message));
}

std::string lower_extension(const std::filesystem::path& path) {
  return boost::algorithm::to_lower_copy(path.extension().string());
}

Result<std::unique_ptr<RecordSource>> read_records(LineSplitter lines, const ReaderSettings& settings,
                                                   const std::string& name) {
  if (settings.format == Format::csv) return read_csv(std::move(lines), *settings.catalogue, name, settings.reading);
  if (settings.format == Format::plan) return read_plan(std::move(lines), *settings.catalogue);
  return read_ndjson(std::move(lines), *settings.catalogue, name, settings.reading, settings.found_valid);
}

}  // namespace

std::string_view to_string(Format format) {
  constexpr std::array<std::string_view, 3> names = {"ndjson", "csv", "plan"};
  return names[static_cast<std::size_t>(format)];
}

Format format_named(std::string_view name) {
  for (const auto format : {Format::csv, Format::plan}) {
    if (name == to_string(format)) return format;
  }
  return Format::ndjson;
}

std::optional<Format> format_of(const std::filesystem::path& path) {
  const auto extension = lower_extension(without_compression(path));
  if (extension == ".ndjson" || extension == ".jsonl" || extension == ".json") return Format::ndjson;
  if (extension == ".csv") return Format::csv;
  return std::nullopt;
}

std::filesystem::path without_compression(const std::filesystem::path& path) {
  const auto extension = lower_extension(path);
  if (extension != ".gz" && extension != ".zst" && extension != ".zstd") return path;
  return std::filesystem::path(path).replace_extension();
}

koodrive::Violation too_long_line(const LineLimits& limits) {
  return {"", fmt::format("the line is longer than {} bytes, the maximum for a line", limits.bytes)};
}

Result<std::unique_ptr<Reader>> open_job(const std::filesystem::path& path, const ReaderSettings& settings,
                                         Fingerprint* record) {
  assert(!settings.found_valid || settings.expected);
  if (auto wrong = check_settings(settings)) return std::move(*wrong);
  auto text = open_text(path, settings, record);
  if (!text) return text.error();
  if (auto other = check_format(*text, settings); !other) return other.error();
  auto records = read_records(std::move(text->lines), settings, text->name);
  if (records) {
    return std::unique_ptr<Reader>(
        std::make_unique<CheckingReader>(std::move(*records), settings, std::move(text->notes)));
  }
  auto error = records.error();
  // A header in another encoding looks like unknown columns.
  if (const auto encoding = describe_encoding(path, settings); !encoding.empty()) error.message += "; " + encoding;
  return error;
}

Result<LineSplitter> open_lines(const std::filesystem::path& path, const ReaderSettings& settings) {
  auto text = open_text(path, settings, nullptr);
  if (!text) return text.error();
  return std::move(text->lines);
}

Result<std::unique_ptr<Reader>> open_ndjson(std::unique_ptr<ByteSource> text, const ReaderSettings& settings,
                                            const std::string& name) {
  if (auto wrong = check_settings(settings)) return std::move(*wrong);
  auto records = read_ndjson(LineSplitter(std::move(text), name), *settings.catalogue, name);
  return std::unique_ptr<Reader>(std::make_unique<CheckingReader>(std::move(records), settings));
}

Result<std::unique_ptr<Reader>> open_synthetic(SyntheticJob job, const ReaderSettings& settings) {
  return open_ndjson(make_text(std::move(job)), settings, "the synthetic job");
}

}  // namespace koobatch::job
