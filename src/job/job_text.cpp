#include "koobatch/job/job_text.hpp"

#include "job/csv_header.hpp"
#include "job/encoding_guess.hpp"
#include "job/foreign_format.hpp"
#include "job/peeked_source.hpp"
#include "job/record_source.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/compression.hpp"
#include "koobatch/job/encoding.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace koobatch::job {
namespace {

std::string name_of(const std::filesystem::path& path, const ReaderSettings& settings) {
  return settings.name.empty() ? path.string() : settings.name;
}

/// The first line that is not blank; empty if there is none.
std::string_view first_line(std::string_view text) {
  for (;;) {
    const auto end = text.find_first_of("\r\n");
    const auto line = text.substr(0, end);
    if (end == std::string_view::npos || !is_blank(line)) return line;
    text.remove_prefix(end + 1);
  }
}

enum class Shape { unknown, object, array, header, plan };

constexpr std::string_view plan_start = R"({"plan":)";

/// What a job's first line looks like.
Shape shape_of(std::string_view line, const koodrive::OperationCatalogue& catalogue) {
  const auto start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return Shape::unknown;
  if (line.starts_with(plan_start)) return Shape::plan;
  if (line[start] == '{') return Shape::object;
  if (line[start] == '[') return Shape::array;
  return looks_like_header(line, catalogue) ? Shape::header : Shape::unknown;
}

Result<Shape> shape_of(JobText& text, const ReaderSettings& settings) {
  const auto begin = text.lines.peek();
  if (!begin) return begin.error();
  return shape_of(first_line(*begin), *settings.catalogue);
}

}  // namespace

Result<JobText> open_text(const std::filesystem::path& path, const ReaderSettings& settings, Fingerprint* record) {
  auto name = name_of(path, settings);
  auto file = settings.expected ? open_verified_file(path, settings.expected) : open_file(path, record);
  if (!file) return file.error();
  auto bytes = decompress(std::move(*file), name);
  if (!bytes) return bytes.error();
  auto peeked = PeekedSource::peek(std::move(*bytes), foreign_magic_size);
  if (!peeked) return peeked.error();
  if (const auto foreign = find_foreign_format((*peeked)->first_bytes())) {
    return job_error(fmt::format("{}: {}", name, *foreign));
  }
  auto text = decode(std::move(*peeked), settings.reading.encoding, name);
  if (!text) return text.error();
  JobText opened{LineSplitter(std::move(text->text), name), std::move(name), {}};
  if (text->by_mark) opened.notes.push_back(std::move(text->encoding));
  if (const auto begin = opened.lines.peek(); !begin) return begin.error();
  if (opened.lines.ends_at_returns()) opened.notes.emplace_back("lines that end with a carriage return");
  return opened;
}

Result<void> check_format(JobText& text, const ReaderSettings& settings) {
  const auto shape = shape_of(text, settings);
  if (!shape) return shape.error();
  if (settings.format == Format::ndjson && *shape == Shape::header) {
    return job_error(
        fmt::format("{}: is CSV, by its first line, and was to be read as NDJSON; name it .csv, or give {}", text.name,
                    spell(SettingName::format, "csv")));
  }
  if ((settings.format == Format::plan) != (*shape == Shape::plan)) {
    const bool is_plan = *shape == Shape::plan;
    return job_error(fmt::format("{}: is {} plan, by its first line, and was to be read as {}", text.name,
                                 is_plan ? "a" : "not a", is_plan ? "a job" : "one"));
  }
  if (settings.format == Format::csv && (*shape == Shape::object || *shape == Shape::array)) {
    return job_error(fmt::format("{}: is {}, by its first line, and was to be read as CSV; name it .ndjson, or give {}",
                                 text.name, *shape == Shape::object ? "NDJSON" : "JSON",
                                 spell(SettingName::format, "ndjson")));
  }
  return {};
}

Result<std::optional<Format>> detect_format(const std::filesystem::path& path, const ReaderSettings& settings) {
  auto text = open_text(path, settings, nullptr);
  if (!text) return text.error();
  const auto shape = shape_of(*text, settings);
  if (!shape) return shape.error();
  if (*shape == Shape::unknown) return std::nullopt;
  if (*shape == Shape::plan) return Format::plan;
  return *shape == Shape::header ? Format::csv : Format::ndjson;
}

std::string describe_encoding(const std::filesystem::path& path, const ReaderSettings& settings) {
  if (!settings.reading.encoding.empty() || settings.expected) return {};
  auto text = open_file(path);
  if (text) text = decompress(std::move(*text), name_of(path, settings));
  if (!text) return {};
  // With a byte order mark there is nothing to guess.
  auto converted = decode(std::move(*text), {}, name_of(path, settings));
  if (!converted || converted->by_mark) return {};
  const auto guess = guess_encoding(*converted->text);
  if (!guess || !*guess) return {};
  const auto& [encoding, line, sample] = **guess;
  return fmt::format(
      "the file is not UTF-8; it looks like {}, in which line {} has {}: if that is right, give {}, and otherwise save "
      "the file as UTF-8",
      encoding, line, quote(sample), spell(SettingName::encoding, encoding));
}

}  // namespace koobatch::job
