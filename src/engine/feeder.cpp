#include "engine/feeder.hpp"

#include "koobatch/job/tokens_file.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/report/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::engine {
namespace {

constexpr std::size_t unsent_batch_bytes = 64 * 1024;
/// A larger buffer is not reused: otherwise a few huge lines would stay in memory for good.
constexpr std::size_t keep_footprint = 4096;

}  // namespace

Feeder::Feeder(Settings settings, std::vector<Inbox*> inboxes, report::Writer& writer)
    : settings_(std::move(settings)), writer_(writer) {
  for (Inbox* inbox : inboxes) lanes_.push_back({inbox, {}, 0, 0});
  unsent_.worker = settings_.index;
  unsent_.number = 1;
}

Result<void> Feeder::run() {
  auto dealt = deal();
  for (Lane& lane : lanes_) {
    if (dealt && lane.count != 0) push(lane);
    lane.inbox->close();
  }
  if (!unsent_.lines.empty()) writer_.submit(unsent_, false);
  return dealt;
}

Result<void> Feeder::deal() {
  koodrive::Operation operation;
  for (;;) {
    job::Reader& reader = *settings_.reader;
    const auto item = reader.skip();
    if (!item) return stopped(item.error());
    switch (*item) {
      case job::Reader::Item::operation: {
        if (!wanted(reader.line())) break;
        const auto more = consider(operation);
        if (!more) return more.error();
        if (!*more) return {};
        break;
      }
      case job::Reader::Item::invalid:
        if (!settings_.skip_invalid) return not_valid(reader.violations().front());
        if (wanted(reader.line())) record_invalid();
        break;
      case job::Reader::Item::pause:
        if (!pause()) return {};
        break;
      case job::Reader::Item::end:
        return {};
    }
  }
}

/// Deals the operation that the reader found, or records why it is not sent. False if no worker accepts operations any
/// more.
Result<bool> Feeder::consider(koodrive::Operation& operation) {
  job::Reader& reader = *settings_.reader;
  dealt_any_ = true;
  if (settings_.selection) narrow(reader);
  reader.render(operation);
  if (const auto noted = noted_attempt(operation.line())) {
    record_unknown(operation, *noted);
  } else if (const auto missing = find_missing_token()) {
    if (!settings_.skip_invalid) return not_valid(*missing);
    record_without_token(operation, *missing);
  } else {
    return deal_one(operation);
  }
  return true;
}

/// Removes what newer operations have set again.
void Feeder::narrow(job::Reader& reader) const {
  if (const auto without = settings_.selection->without(reader.line()); without != 0) reader.remove(without);
}

std::optional<koodrive::Violation> Feeder::find_missing_token() const {
  if (!settings_.user_tokens) return std::nullopt;
  return job::find_missing_token(*settings_.reader, *settings_.user_tokens);
}

/// False if no worker accepts operations any more.
bool Feeder::deal_one(koodrive::Operation& operation) {
  // The low bits choose within the scheduler's hash map; the high ones choose the worker.
  Lane& lane = lanes_[(operation.key_hash() >> 32U) % lanes_.size()];
  if (lane.count == lane.batch.size()) lane.batch.emplace_back();
  Inbox::Item& place = lane.batch[lane.count++];
  lane.bytes += operation.footprint();
  place.attempted = operation.is_repeatable() && attempted(operation.line());
  swap(place.operation, operation);
  if (operation.footprint() > keep_footprint) operation = {};
  if (lane.count < Inbox::batch_size && lane.bytes < Inbox::batch_bytes) return true;
  return push(lane);
}

bool Feeder::wanted(std::uint32_t line) const {
  return !settings_.progress.done.contains(line) && (!settings_.selection || settings_.selection->lines.contains(line));
}

bool Feeder::attempted(std::uint32_t line) const {
  const Progress& progress = settings_.progress;
  if (settings_.selection && settings_.selection->unsettled.contains(line)) return true;
  if (const auto* standing = settings_.reader->standing(); standing != nullptr && standing->maybe_sent) return true;
  return progress.any_attempted || std::binary_search(progress.attempted.begin(), progress.attempted.end(), line);
}

/// The attempt of the operation after which it must not be sent again.
std::optional<TraceId> Feeder::noted_attempt(std::uint32_t line) const {
  if (const auto* standing = settings_.reader->standing(); standing != nullptr && standing->noted) {
    return standing->noted;
  }
  const auto& noted = settings_.progress.noted;
  const auto found = std::ranges::lower_bound(noted, line, {}, [](const auto& note) { return note.trace_id.line; });
  if (found == noted.end() || found->trace_id.line != line) return std::nullopt;
  return found->trace_id;
}

bool Feeder::push(Lane& lane) {
  lane.bytes = 0;
  return lane.inbox->push(lane.batch, lane.count);
}

/// Hands over everything dealt and recorded so far, after which there is nothing for now. False if no worker accepts
/// operations any more.
bool Feeder::pause() {
  if (!unsent_.lines.empty()) submit();
  for (Lane& lane : lanes_) {
    if (lane.count != 0 && !push(lane)) return false;
    lane.inbox->pause();
  }
  return true;
}

void Feeder::record_invalid() {
  const job::Reader& reader = *settings_.reader;
  const std::string error = job::in_words(reader.violations());
  report::ResultRecord result;
  result.line = reader.line();
  result.op = reader.invalid_op();
  result.id = reader.invalid_id();
  result.status = Status::invalid;
  result.error = error;
  record(result);
}

/// Records the operation as invalid, unless an earlier segment, in which its user had a token, may have sent it.
void Feeder::record_without_token(const koodrive::Operation& operation, const koodrive::Violation& violation) {
  std::string error = fmt::format("{}: {}", violation.field, violation.message);
  const bool may_be_applied = attempted(operation.line());
  if (may_be_applied) error += "; an earlier attempt may have been applied: check whether it was";
  report::ResultRecord result;
  result.line = operation.line();
  result.op = operation.row().name;
  result.id = operation.id();
  result.status = may_be_applied ? Status::unknown : Status::invalid;
  result.ref = operation.ref();
  result.error = error;
  record(result);
}

void Feeder::record_unknown(const koodrive::Operation& operation, const TraceId& attempt) {
  report::ResultRecord result;
  result.line = operation.line();
  result.op = operation.row().name;
  result.id = operation.id();
  result.status = Status::unknown;
  result.attempts = attempt.attempt;
  result.trace_id = attempt;
  result.ref = operation.ref();
  result.error =
      "the run was cut off during this attempt; it may have been applied, and is not repeated because it might then be "
      "applied twice: check whether it was";
  record(result);
}

void Feeder::record(report::ResultRecord result) {
  result.at = WallClock::now();
  if (unsent_.lines.empty()) unsent_.first = Steady::now();
  report::append_line(unsent_.lines, result);
  tally_.add(result);
  counters_.count(result.status);
  if (unsent_.lines.size() >= unsent_batch_bytes) submit();
}

void Feeder::submit() {
  const std::uint64_t number = unsent_.number;
  writer_.submit(unsent_, false);
  unsent_.worker = settings_.index;
  unsent_.number = number + 1;
}

/// Explains why the job could not be read to its end, and what that means for what was sent.
Error Feeder::stopped(const Error& cause) const {
  const std::uint32_t line = settings_.reader->last_line();
  return fatal_error(cause.message +
                     (dealt_any_
                          ? fmt::format(". Nothing that was not validated was sent, and nothing after line {}", line)
                          : std::string(". Nothing was sent")) +
                     "; once it can be read as it was, resume");
}

/// The bytes are those that were validated, perhaps by another version with other rules.
Error Feeder::not_valid(const koodrive::Violation& violation) const {
  return fatal_error(
      fmt::format("{}; it was valid when the run was started, perhaps by another version of koobatch: continue "
                  "with that one, or correct the job and start a new run",
                  job::format_violation(settings_.path, settings_.reader->line(), violation)));
}

}  // namespace koobatch::engine
