#include "fleet/line_filter.hpp"

#include "fleet/each_line.hpp"

#include <utility>

namespace koobatch::fleet {

using report::LineType;

Result<void> LineFilter::append(std::string& out, std::string_view lines) {
  if (!lines.empty() && lines.back() != '\n') return fatal_error("the last line is cut off");
  return each_line(lines, [&](std::string_view line) -> Result<void> {
    const auto wanted = wants(line);
    if (!wanted) return wanted.error();
    if (*wanted) out.append(line).push_back('\n');
    return {};
  });
}

Result<bool> LineFilter::wants(std::string_view line) {
  if (!report::has_valid_sum(line)) return fatal_error("the checksum of a line does not match");
  const auto type = decoder_.type(line);
  if (!type) return fatal_error("a line " + type.error().message);
  switch (*type) {
    case LineType::result:
      return wants_result(line);
    case LineType::attempt:
      return wants_attempt(line);
    case LineType::read:
    case LineType::other:
      return true;
    case LineType::run:
    case LineType::sync:
    case LineType::end:
    case LineType::worker:
    case LineType::collected:
      return false;
  }
  return false;
}

Result<bool> LineFilter::wants_result(std::string_view line) {
  const auto result = decoder_.result(line);
  if (!result) return fatal_error("a result " + result.error().message);
  if (done_.insert(result->line)) {
    ++counts_[result->status];
    return true;
  }
  if (!uncovered_.contains(result->line)) ++doubled_;
  return false;
}

Result<bool> LineFilter::wants_attempt(std::string_view line) {
  const auto note = decoder_.attempt(line);
  if (!note) return fatal_error("an attempt " + note.error().message);
  return !done_.contains(note->trace_id.line);
}

}  // namespace koobatch::fleet
