#include "koobatch/fleet/submitter_records.hpp"

#include "fleet/group_journal.hpp"
#include "koobatch/core/random_bits.hpp"
#include "koobatch/fleet/persistently.hpp"

#include <utility>

namespace koobatch::fleet {
namespace {

constexpr std::size_t group_bytes = std::size_t{1} << 20;

/// A submitter owns no parts, sends nothing, and holds no lease.
class NoProgress final : public GroupEvents {
 public:
  explicit NoProgress(const TryAgain& try_again) : try_again_(try_again) {}

  std::vector<PartProgress> progress_with(std::span<const std::uint32_t>) override { return {}; }
  void committed(std::span<const PartProgress>) override {}
  Vitals vitals() override { return {}; }
  void sending() override {}
  void acknowledged() override {}
  bool wait_to_try_again() override { return try_again_(); }

 private:
  const TryAgain& try_again_;
};

}  // namespace

struct SubmitterRecords::Enrolled {
  Enrolled(Ledger& ledger, const Enrolment& me, const TryAgain& try_again)
      : enrolment(me), events(try_again), committer(ledger, me, events) {}

  Enrolment enrolment;
  NoProgress events;
  GroupCommitter committer;
};

SubmitterRecords::SubmitterRecords(Ledger& ledger, RunNumber run, std::string name, TryAgain try_again)
    : ledger_(ledger), run_(run), name_(std::move(name)), try_again_(std::move(try_again)) {}

SubmitterRecords::~SubmitterRecords() = default;

Answer<void> SubmitterRecords::add(std::string_view line) {
  lines_.append(line);
  ++count_;
  return lines_.size() < group_bytes ? Answer<void>() : commit();
}

Answer<void> SubmitterRecords::finish() {
  if (auto committed = commit(); !committed) return committed;
  if (!enrolled_) return {};
  auto left = persistently([&] { return ledger_.leave(enrolled_->enrolment, {}); }, try_again_);
  // An earlier, unanswered try may have arrived.
  if (!left && left.error().fault == Fault::fenced) return {};
  return left;
}

void SubmitterRecords::abandon() {
  if (enrolled_) (void)ledger_.leave(enrolled_->enrolment, {});
}

Answer<void> SubmitterRecords::commit() {
  if (lines_.empty()) return {};
  if (!enrolled_) {
    const std::uint64_t nonce = random_bits();
    const auto enrolment = persistently([&] { return ledger_.enrol(run_, name_, nonce); }, try_again_);
    if (!enrolment) return enrolment.error();
    enrolled_ = std::make_unique<Enrolled>(ledger_, *enrolment, try_again_);
  }
  const auto committed = enrolled_->committer.commit(lines_);
  lines_.clear();
  if (committed) return {};
  if (auto failure = enrolled_->committer.failure()) return std::move(*failure);
  return Failure{Fault::unanswered, committed.error()};
}

}  // namespace koobatch::fleet
