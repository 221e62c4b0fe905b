#include "cli/running/handover.hpp"

#include "koobatch/job/validator.hpp"
#include "koobatch/report/reader.hpp"

#include <algorithm>

namespace koobatch::cli {

Result<void> Handover::run(job::Reader& reader) {
  for (;;) {
    if (interrupted_()) return fatal_error("interrupted");
    const auto item = reader.skip();
    if (!item) return item.error();
    Result<void> done;
    switch (*item) {
      case job::Reader::Item::operation:
        if (wanted(reader.line())) done = hand_over(reader);
        break;
      case job::Reader::Item::invalid:
        if (wanted(reader.line())) done = record_invalid(reader);
        break;
      case job::Reader::Item::end:
        return {};
      default:
        break;
    }
    if (!done) return done;
  }
}

bool Handover::wanted(std::uint32_t line) const {
  const auto& selection = submission_.settings.selection;
  if (selection && !selection->lines.contains(line)) return false;
  return !submission_.before || !submission_.before->scan.done.contains(line);
}

bool Handover::attempted(std::uint32_t line) const {
  const auto& selection = submission_.settings.selection;
  if (selection && selection->unsettled.contains(line)) return true;
  if (!submission_.before) return false;
  const auto& scan = submission_.before->scan;
  return scan.has_unclosed_segment() || std::ranges::binary_search(scan.unsettled, line);
}

const report::AttemptNote* Handover::note_of(std::uint32_t line) const {
  if (!submission_.before) return nullptr;
  const auto& noted = submission_.before->scan.noted;
  const auto found = std::ranges::lower_bound(noted, line, {}, [](const auto& note) { return note.trace_id.line; });
  return found != noted.end() && found->trace_id.line == line ? &*found : nullptr;
}

std::string Handover::obstacle(const koodrive::Operation& operation) const {
  if (operation.is_repeatable()) return {};
  if (note_of(operation.line()) != nullptr) {
    return "the run before was cut off during an attempt; it may have been applied, and is not repeated because it "
           "might then be applied twice: check whether it was";
  }
  if (!submission_.before || !submission_.before->scan.has_unclosed_segment()) return {};
  return "the engine has lost what the run before had recorded; it may have been applied, and is not sent because it "
         "might then be applied twice: check whether it was";
}

Result<void> Handover::hand_over(job::Reader& reader) {
  if (const auto& selection = submission_.settings.selection) {
    if (const auto without = selection->without(reader.line()); without != 0) reader.remove(without);
  }
  reader.render(operation_);
  if (const auto error = obstacle(operation_); !error.empty()) return record_unknown(operation_, error);
  text_.clear();
  reader.append_json(text_);
  const auto added = loader_.add({.key_hash = operation_.key_hash(),
                                  .line = operation_.line(),
                                  .text = text_,
                                  .attempted = operation_.is_repeatable() && attempted(operation_.line())});
  if (!added) return added.error().error;
  return {};
}

Result<void> Handover::record_invalid(const job::Reader& reader) {
  const std::string error = job::in_words(reader.violations());
  report::ResultRecord result;
  result.line = reader.line();
  result.op = reader.invalid_op();
  result.id = reader.invalid_id();
  result.status = Status::invalid;
  result.error = error;
  return record(result);
}

Result<void> Handover::record_unknown(const koodrive::Operation& operation, const std::string& error) {
  report::ResultRecord result;
  result.line = operation.line();
  result.op = operation.row().name;
  result.id = operation.id();
  result.status = Status::unknown;
  result.ref = operation.ref();
  result.error = error;
  if (const auto* note = note_of(operation.line())) {
    result.attempts = note->trace_id.attempt;
    result.trace_id = note->trace_id;
  }
  return record(result);
}

Result<void> Handover::record(report::ResultRecord result) {
  result.at = WallClock::now();
  std::string line;
  report::append_line(line, result);
  if (auto added = records_.add(line); !added) return added.error().error;
  return {};
}

}  // namespace koobatch::cli
