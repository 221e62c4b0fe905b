#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::fleet::test {

/// An arbitrary time; not the clock's origin, so that earlier times exist.
constexpr BootTime start{std::chrono::hours(1)};

inline WorkerRow row(WorkerNumber number, std::uint64_t beat = 1, WorkerState state = WorkerState::alive) {
  WorkerRow it;
  it.number = number;
  it.beat = beat;
  it.state = state;
  return it;
}

inline Failure failure(Fault fault) {
  return {fault, fatal_error("not reached")};
}

/// A ledger that refuses everything: tests override what they use.
class StubLedger : public Ledger {
 public:
  void set_patience(Duration) override {}
  void interrupt() override {}
  std::uint64_t connection() const override { return 1; }
  Answer<LedgerProperties> check(std::optional<unsigned>) override { return no(); }
  Answer<void> confirm() override { return no(); }
  Answer<void> create_tables() override { return no(); }
  std::string table_script() const override { return {}; }
  Answer<RunNumber> begin_run(const RunDescription&) override { return no(); }
  Answer<void> load(RunNumber, PartNumber, std::span<const Chunk>) override { return no(); }
  Answer<void> finish_loading(RunNumber, std::uint64_t) override { return no(); }
  Answer<std::vector<RunRow>> runs() override { return no(); }
  Answer<RunRow> run(RunNumber) override { return no(); }
  Answer<std::optional<RunNumber>> find_run(std::string_view) override { return no(); }
  Answer<Survey> survey(RunNumber) override { return no(); }
  Answer<std::vector<PartRow>> parts(RunNumber) override { return no(); }
  Answer<void> change_rate(RunNumber, double) override { return no(); }
  Answer<void> pause(RunNumber, bool) override { return no(); }
  Answer<void> stop_run(RunNumber, RunState, std::string_view) override { return no(); }
  Answer<void> record_fence_proof(RunNumber, FenceProof) override { return no(); }
  Answer<void> forget(RunNumber) override { return no(); }
  Answer<Enrolment> enrol(RunNumber, std::string_view, std::uint64_t) override { return no(); }
  Answer<std::vector<ClaimedPart>> claim(const Enrolment&, std::uint32_t, std::span<const PartNumber>) override {
    return no();
  }
  Answer<std::vector<Chunk>> chunks(RunNumber, PartNumber, ChunkNumber, std::uint32_t, std::size_t) override {
    return no();
  }
  Answer<std::vector<EarlierOwner>> earlier_owners(const Enrolment&, RunNumber, PartNumber, ChunkNumber) override {
    return no();
  }
  Answer<void> commit(const Enrolment&, const Group&, std::span<const PartProgress>, const Vitals&) override {
    return no();
  }
  Answer<GroupNumber> settle(const Enrolment&) override { return no(); }
  Answer<void> beat(const Enrolment&, const Vitals&) override { return no(); }
  Answer<bool> fence(WorkerNumber, std::uint64_t, Duration) override { return no(); }
  Answer<std::uint32_t> end_holds(RunNumber, WorkerNumber) override { return no(); }
  Answer<void> leave(const Enrolment&, std::span<const PartNumber>) override { return no(); }
  Answer<std::optional<double>> take_share(const Enrolment&, std::uint64_t, double, std::uint32_t) override {
    return no();
  }
  Answer<void> pause_for(RunNumber, Duration) override { return no(); }
  Answer<bool> complete(RunNumber) override { return no(); }
  Answer<bool> wait_for_news(RunNumber, Duration) override { return no(); }
  Answer<std::vector<JournalRow>> groups(RunNumber, WorkerNumber, GroupNumber, std::size_t) override { return no(); }

 private:
  static Failure no() { return failure(Fault::refused); }
};

/// A ledger with one enrolment, whose groups it keeps. How it treats the next calls can be scripted.
class ScriptedLedger final : public StubLedger {
 public:
  struct Step {
    bool carried_out = true;       ///< of a commit: it becomes durable, whatever is answered
    std::optional<Fault> fault{};  ///< what is answered; nothing: that it was done
  };
  /// For the next commits and settlements, in turn; after that, all is well.
  std::deque<Step> script;
  std::vector<std::string> calls;  ///< "commit 1", "settle"
  std::vector<Group> kept;
  std::vector<std::vector<PartProgress>> progress;
  std::vector<Vitals> vitals;

  Answer<void> commit(const Enrolment&, const Group& group, std::span<const PartProgress> parts,
                      const Vitals& said) override {
    calls.push_back("commit " + std::to_string(group.number));
    const Step step = take_step();
    if (step.carried_out && group.number == kept.size() + 1) {
      kept.push_back(group);
      progress.emplace_back(parts.begin(), parts.end());
      vitals.push_back(said);
    }
    if (step.fault) return failure(*step.fault);
    return {};
  }
  Answer<GroupNumber> settle(const Enrolment&) override {
    calls.emplace_back("settle");
    const Step step = take_step();
    if (step.fault) return failure(*step.fault);
    return GroupNumber{kept.size()};
  }

 private:
  Step take_step() {
    if (script.empty()) return {};
    const Step step = script.front();
    script.pop_front();
    return step;
  }
};

}  // namespace koobatch::fleet::test
