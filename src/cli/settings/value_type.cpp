#include "cli/settings/value_type.hpp"

#include "koobatch/http/endpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

Result<void> check_not_empty(const std::string& value) {
  if (value.empty()) return usage_error("must not be empty");
  return {};
}

Result<void> check_not_standard_output(const std::string& value) {
  if (value == "-") {
    return usage_error("standard output is for the summary, and a file needs a name; ./- is a file named so");
  }
  return check_not_empty(value);
}

Result<double> parse_limit(const std::string& value) {
  if (value == "none") return 0.0;
  return parse_rate(value);
}

}  // namespace

ValueType<bool> on_off() {
  return {.label = {},
          .parse = [](const std::string& value) -> Result<bool> { return value == "true"; },
          .show = [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

ValueType<std::string> checked_text(std::string label, std::function<Result<void>(const std::string&)> check) {
  return {.label = std::move(label),
          .parse = [check = std::move(check)](const std::string& value) -> Result<std::string> {
            if (auto ok = check(value); !ok) return ok.error();
            return value;
          },
          .show = [](const std::string& value) { return value; }};
}

ValueType<std::string> text(std::string label) {
  return checked_text(std::move(label), check_not_empty);
}

ValueType<std::string> url() {
  auto type = text("URL");
  type.masked = http::without_password;
  return type;
}

ValueType<std::filesystem::path> file() {
  return {.label = "FILE",
          .parse = [](const std::string& value) -> Result<std::filesystem::path> {
            if (auto ok = check_not_empty(value); !ok) return ok.error();
            return std::filesystem::path(value);
          },
          .show = [](const std::filesystem::path& value) { return value.string(); },
          .is_path = true};
}

ValueType<std::filesystem::path> new_file() {
  auto type = file();
  type.parse = [](const std::string& value) -> Result<std::filesystem::path> {
    if (auto ok = check_not_standard_output(value); !ok) return ok.error();
    return std::filesystem::path(value);
  };
  return type;
}

ValueType<std::string> file_or_folder() {
  auto type = checked_text("FILE|DIR/", check_not_standard_output);
  type.is_path = true;
  return type;
}

ValueType<Duration> duration(Duration least) {
  return {.label = "DURATION",
          .parse = [least](const std::string& value) -> Result<Duration> {
            const auto parsed = parse_duration(value);
            if (!parsed) return parsed.error();
            if (*parsed < least) return usage_error("must be at least " + format_duration(least));
            return *parsed;
          },
          .show = spelled};
}

ValueType<double> percentage() {
  return {.label = "PERCENT",
          .parse = [](const std::string& value) -> Result<double> {
            std::string_view digits = value;
            if (digits.ends_with('%')) digits.remove_suffix(1);
            double percent = 0;
            const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
            const bool is_read = error == std::errc() && rest == digits.data() + digits.size();
            if (!is_read || !(percent >= 0 && percent <= 100)) return usage_error("must be from 0% to 100%");
            return percent;
          },
          .show = [](const double& percent) { return fmt::format("{}%", percent); }};
}

ValueType<double> limit() {
  return {.label = "RATE|none", .parse = parse_limit, .show = [](const double& value) {
            return value == 0 ? std::string("none") : fmt::format("{}/s", value);
          }};
}

std::string listed(const std::vector<std::string_view>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::string spelled(Duration duration) {
  constexpr std::array<std::pair<Duration, std::string_view>, 5> units = {
      {{24h, "d"}, {1h, "h"}, {1min, "m"}, {1s, "s"}, {1ms, "ms"}}};
  std::string out;
  for (const auto& [unit, name] : units) {
    if (const auto number = duration / unit; number > 0) out += fmt::format("{}{}", number, name);
    duration %= unit;
  }
  return out.empty() ? "0" : out;
}

}  // namespace koobatch::cli
