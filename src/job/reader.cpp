#include "koobatch/job/reader.hpp"

#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/compression.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/record.hpp"
#include "koobatch/job/record_source.hpp"
#include "koobatch/job/synthetic.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <utility>

namespace koobatch::job {
namespace {

/// Turns records into checked operations.
class CheckingReader final : public Reader {
 public:
  CheckingReader(std::unique_ptr<RecordSource> records, ReaderSettings settings)
      : records_(std::move(records)), settings_(std::move(settings)) {}

  Result<Item> next(Operation& operation) override {
    auto item = skip();
    if (item && *item == Item::operation) render(operation);
    return item;
  }

  Result<Item> skip() override {
    violations_.clear();
    const auto more = records_->next(fields_, violations_);
    if (!more) return more.error();
    if (!*more) return Item::end;
    if (fields_.row != nullptr) check_record();
    return violations_.empty() ? Item::operation : Item::invalid;
  }

  FieldSet changed() const override { return fields_.changed(); }
  std::string_view user() const override { return fields_.user_id.value_or(settings_.default_user); }
  void remove(FieldSet unwanted) override { fields_.remove(unwanted); }
  void render(Operation& operation) const override {
    OperationBuilder::build(fields_, line(), settings_.default_user, settings_.default_language, operation);
  }
  void append_record(std::string& out) const override { records_->append_record(fields_, out); }

  std::uint32_t line() const override { return records_->line(); }
  std::uint32_t last_line() const override { return records_->last_line(); }
  const std::vector<Violation>& violations() const override { return violations_; }
  std::string_view invalid_op() const override { return fields_.row == nullptr ? "" : fields_.row->name; }
  std::string_view invalid_id() const override {
    if (fields_.row == nullptr) return "";
    const auto& key = fields_.values[fields_.row->key_field];
    return key.malformed ? "" : key.text;
  }
  Digest digest() const override { return records_->digest(); }
  bool cut_short() const override { return records_->cut_short(); }

 private:
  void check_record() {
    check(fields_, violations_);
    if (fields_.row->simulator_only && !settings_.simulated) {
      violations_.push_back({std::string(op_field), "is known to the simulator only, not to the service"});
    }
    if (settings_.require_user && settings_.default_user.empty() && !fields_.user_id &&
        !has_violation(violations_, user_id_field)) {
      violations_.push_back(
          {std::string(user_id_field), "is missing, give it in the record or for all with --user-id"});
    }
  }

  std::unique_ptr<RecordSource> records_;
  ReaderSettings settings_;
  Fields fields_;
  std::vector<Violation> violations_;
};

// The user and language that come from a setting keep the rules of those in a record.
std::optional<Error> check_settings(const ReaderSettings& settings) {
  std::vector<Violation> wrong;
  if (!settings.default_user.empty()) check_user_id(settings.default_user, wrong);
  if (!wrong.empty()) return usage_error(fmt::format("--user-id: {}", wrong.front().message));
  if (!settings.default_language.empty()) check_language(settings.default_language, wrong);
  if (!wrong.empty()) return usage_error(fmt::format("--language: {}", wrong.front().message));
  return std::nullopt;
}

std::string lower_extension(const std::filesystem::path& path) {
  return boost::algorithm::to_lower_copy(path.extension().string());
}

Result<std::unique_ptr<RecordSource>> open_records(const std::filesystem::path& path, const ReaderSettings& settings) {
  const std::string name = settings.name.empty() ? path.string() : settings.name;
  auto file = open_file(path);
  if (!file) return file.error();
  auto bytes = decompress(std::move(*file), name);
  if (!bytes) return bytes.error();
  LineSplitter lines(std::move(*bytes), name);
  if (settings.format == Format::csv) return read_csv(std::move(lines), name);
  return read_ndjson(std::move(lines));
}

}  // namespace

std::string_view to_string(Format format) {
  return format == Format::csv ? "csv" : "ndjson";
}

Format format_named(std::string_view name) {
  return name == to_string(Format::csv) ? Format::csv : Format::ndjson;
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

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Violation too_long_line(const LineLimits& limits) {
  return {"", fmt::format("the line is longer than {} bytes, the most a line may have", limits.bytes)};
}

Result<std::unique_ptr<Reader>> open_job(const std::filesystem::path& path, const ReaderSettings& settings) {
  if (auto wrong = check_settings(settings)) return std::move(*wrong);
  auto records = open_records(path, settings);
  if (!records) return records.error();
  return std::unique_ptr<Reader>(std::make_unique<CheckingReader>(std::move(*records), settings));
}

Result<std::unique_ptr<Reader>> open_synthetic(SyntheticJob job, const ReaderSettings& settings) {
  if (auto wrong = check_settings(settings)) return std::move(*wrong);
  auto records = read_ndjson(LineSplitter(make_text(std::move(job)), "the synthetic job"));
  return std::unique_ptr<Reader>(std::make_unique<CheckingReader>(std::move(records), settings));
}

}  // namespace koobatch::job
