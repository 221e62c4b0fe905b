#include "koobatch/job/validator.hpp"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace koobatch::job {

std::string format_violation(const std::filesystem::path& path, std::uint32_t line, const Violation& violation) {
  if (violation.field.empty()) return fmt::format("{}:{}: {}", path.string(), line, violation.message);
  return fmt::format("{}:{}: {}: {}", path.string(), line, violation.field, violation.message);
}

namespace {

void add_violations(std::span<const Violation> violations, const std::filesystem::path& name, std::uint32_t line,
                    const ViolationListener& on_violation, Validation& result) {
  ++result.invalid;
  result.violations += violations.size();
  for (const auto& violation : violations) {
    const bool listed = result.first_errors.size() < max_listed_errors;
    if (!listed && !on_violation) break;
    auto text = format_violation(name, line, violation);
    if (on_violation) on_violation(text);
    if (listed) result.first_errors.push_back(std::move(text));
  }
}

}  // namespace

Result<Validation> validate(const std::filesystem::path& path, const ReaderSettings& settings,
                            const FurtherCheck& further_check, const ViolationListener& on_violation) {
  auto opened = open_job(path, settings);
  if (!opened) return opened.error();
  Reader& reader = **opened;
  const std::filesystem::path name = settings.name.empty() ? path : std::filesystem::path(settings.name);
  Validation result;
  for (;;) {
    const auto item = reader.skip();
    if (!item) return item.error();
    if (*item == Reader::Item::end) break;
    ++result.operations;
    if (*item == Reader::Item::invalid) {
      add_violations(reader.violations(), name, reader.line(), on_violation, result);
    } else if (further_check) {
      const auto violation = further_check(reader);
      if (violation) add_violations({&*violation, 1}, name, reader.line(), on_violation, result);
    }
  }
  result.cut_short = reader.cut_short();
  result.digest = reader.digest();
  return result;
}

}  // namespace koobatch::job
