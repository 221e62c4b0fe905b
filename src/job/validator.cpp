#include "koobatch/job/validator.hpp"

#include <fmt/format.h>

namespace koobatch::job {

std::string format_violation(const std::filesystem::path& path, std::uint32_t line, const Violation& violation) {
  if (violation.field.empty()) return fmt::format("{}:{}: {}", path.string(), line, violation.message);
  return fmt::format("{}:{}: {}: {}", path.string(), line, violation.field, violation.message);
}

Result<Validation> validate(const std::filesystem::path& path, const ReaderSettings& settings) {
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
    if (*item == Reader::Item::operation) continue;
    ++result.invalid;
    result.violations += reader.violations().size();
    for (const auto& violation : reader.violations()) {
      if (result.first_errors.size() == max_listed_errors) break;
      result.first_errors.push_back(format_violation(name, reader.line(), violation));
    }
  }
  result.cut_short = reader.cut_short();
  result.digest = reader.digest();
  return result;
}

}  // namespace koobatch::job
