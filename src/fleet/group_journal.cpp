#include "fleet/group_journal.hpp"

#include "fleet/chunk_codec.hpp"
#include "fleet/each_line.hpp"
#include "koobatch/report/result_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::fleet {
namespace {

/// The operations that have their results in `lines`, which are counted in `counts`.
std::vector<std::uint32_t> count_results(std::string_view lines, report::Counts& counts) {
  std::vector<std::uint32_t> found;
  (void)each_line(lines, [&](std::string_view line) -> Result<void> {
    if (const auto head = report::read_result_head(line)) {
      found.push_back(head->line);
      ++counts[head->status];
    }
    return {};
  });
  return found;
}

}  // namespace

Result<void> GroupCommitter::commit(std::string_view lines) {
  const MutexLock lock(mutex_);
  if (ended_) return *ended_;
  const Pending pending = prepare(lines);
  if (pending.group.packed.empty() && pending.progress.empty()) return {};
  return carry_out(pending);
}

GroupCommitter::Pending GroupCommitter::prepare(std::string_view lines) {
  Pending pending;
  pending.counts = recorded();
  const auto found = count_results(lines, pending.counts);
  pending.group = {last_group() + 1, static_cast<std::uint32_t>(found.size()), pack_lines(lines)};
  pending.progress = events_.progress_with(found);
  return pending;
}

Result<void> GroupCommitter::carry_out(const Pending& pending) {
  Verdict verdict = send(pending);
  for (bool asked = false;;) {
    switch (verdict.fate) {
      case GroupFate::committed:
        succeeded(pending);
        return {};
      case GroupFate::send_again:
        // Unless the ledger has just said so, it was not reached.
        if (!std::exchange(asked, false) && !events_.wait_to_try_again()) return give_up();
        verdict = send(pending);
        break;
      case GroupFate::ask_again:
        if (std::exchange(asked, true) && !events_.wait_to_try_again()) return give_up();
        verdict = settle(pending);
        break;
      case GroupFate::fenced:
      case GroupFate::lost:
      case GroupFate::refused:
        return end(verdict.failure);
    }
  }
}

GroupCommitter::Verdict GroupCommitter::send(const Pending& pending) {
  Vitals vitals = events_.vitals();
  vitals.counts.results = pending.counts;
  events_.sending();
  const auto answer = ledger_.commit(enrolment_, pending.group, pending.progress, vitals);
  if (answer) {
    events_.acknowledged();
    return {GroupFate::committed};
  }
  const GroupFate fate = fate_of(answer);
  // How many it has, it says when it is asked.
  if (fate == GroupFate::lost) return settle(pending);
  return {fate, answer.error()};
}

GroupCommitter::Verdict GroupCommitter::settle(const Pending& pending) {
  events_.sending();
  const auto settled = ledger_.settle(enrolment_);
  const GroupFate fate = fate_of(pending.group.number, settled);
  if (fate == GroupFate::lost) return {fate, {Fault::forgotten, lost_groups(last_group(), settled)}};
  if (settled) events_.acknowledged();
  return {fate, settled ? Failure() : settled.error()};
}

void GroupCommitter::succeeded(const Pending& pending) {
  events_.committed(pending.progress);
  const MutexLock lock(state_mutex_);
  last_group_ = pending.group.number;
  recorded_ = pending.counts;
}

Error GroupCommitter::end(const Failure& failure) {
  ended_ = fatal_error(failure.error.message);
  const MutexLock lock(state_mutex_);
  failure_ = failure;
  return *ended_;
}

Error GroupCommitter::give_up() {
  ended_ = fatal_error(fmt::format(
      "the engine did not say whether it has group {} of the results, and was not asked again", last_group() + 1));
  return *ended_;
}

std::optional<Failure> GroupCommitter::failure() const {
  const MutexLock lock(state_mutex_);
  return failure_;
}

report::Counts GroupCommitter::recorded() const {
  const MutexLock lock(state_mutex_);
  return recorded_;
}

GroupNumber GroupCommitter::last_group() const {
  const MutexLock lock(state_mutex_);
  return last_group_;
}

Result<void> GroupJournal::append(std::string_view bytes) {
  lines_.append(bytes);
  return {};
}

Result<void> GroupJournal::sync() {
  auto committed = committer_.commit(lines_);
  if (committed) lines_.clear();
  return committed;
}

}  // namespace koobatch::fleet
