#pragma once
#include "fleet/chunk_codec.hpp"
#include "fleet_support.hpp"
#include "report_samples.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::fleet::test {

/// A ledger with one run, as its submitter and its collectors see it.
class RunLedger : public StubLedger {
 public:
  RunRow row;
  std::vector<WorkerRow> workers;
  std::map<WorkerNumber, std::vector<Group>> journal;
  std::map<PartNumber, std::vector<Chunk>> loaded;
  std::vector<PartRow> part_rows;
  std::vector<std::string> calls;
  std::uint64_t connections = 1;
  /// Called before each call is carried out, with its name; what it returns is answered instead, once it has been
  /// carried out or not.
  struct Mishap {
    Fault fault = Fault::unreachable;
    bool carried_out = false;
  };
  std::function<std::optional<Mishap>(const std::string& call)> mishap;

  RunLedger() {
    row.number = 1;
    row.about.run_id = "r-1";
    row.state = RunState::running;
    row.begun = samples::noon();
  }

  WorkerRow& add_worker(WorkerNumber number, WorkerState state = WorkerState::alive) {
    WorkerRow worker = test::row(number, 1, state);
    worker.nonce = 0xc0ffee00U + static_cast<std::uint64_t>(number);
    worker.name = "host-" + std::to_string(number);
    worker.trace_prefix = 100 + static_cast<std::uint32_t>(number);
    worker.enrolled = samples::noon();
    workers.push_back(worker);
    return workers.back();
  }
  /// A worker commits these lines as its next group.
  void record(WorkerNumber number, std::string_view lines) {
    WorkerRow& worker = find(number);
    journal[number].push_back({.number = ++worker.group, .results = 0, .packed = pack_lines(lines)});
    worker.counts.requests += 1;
  }
  WorkerRow& find(WorkerNumber number) { return *std::ranges::find(workers, number, &WorkerRow::number); }
  std::size_t count(std::string_view call) const { return static_cast<std::size_t>(std::ranges::count(calls, call)); }

  std::uint64_t connection() const override { return connections; }
  Answer<void> confirm() override {
    return carry_out<void>("confirm", [] {});
  }
  Answer<RunNumber> begin_run(const RunDescription& about) override {
    return carry_out<RunNumber>("begin_run", [&] {
      row.about = about;
      row.state = RunState::loading;
      return row.number;
    });
  }
  Answer<void> load(RunNumber, PartNumber part, std::span<const Chunk> chunks) override {
    return carry_out<void>("load", [&] {
      for (const Chunk& chunk : chunks) {
        auto& there = loaded[part];
        if (chunk.number == there.size() + 1) there.push_back(chunk);
      }
    });
  }
  Answer<void> finish_loading(RunNumber, std::uint64_t operations) override {
    return carry_out<void>("finish_loading", [&] {
      if (row.state != RunState::loading) return;
      row.state = RunState::ready;
      row.operations = operations;
    });
  }
  Answer<RunRow> run(RunNumber) override {
    return carry_out<RunRow>("run", [&] { return row; });
  }
  Answer<Survey> survey(RunNumber) override {
    return carry_out<Survey>("survey", [&] { return Survey{.run = row, .workers = workers}; });
  }
  Answer<std::vector<PartRow>> parts(RunNumber) override {
    return carry_out<std::vector<PartRow>>("parts", [&] { return part_rows; });
  }
  Answer<void> stop_run(RunNumber, RunState state, std::string_view reason) override {
    return carry_out<void>("stop_run " + std::string(to_string(state)), [&] {
      if (has_ended(row.state)) return;
      row.state = state;
      row.reason = reason;
    });
  }
  Answer<std::vector<Chunk>> chunks(RunNumber, PartNumber part, ChunkNumber first, std::uint32_t most,
                                    std::size_t) override {
    return carry_out<std::vector<Chunk>>("chunks", [&] {
      std::vector<Chunk> found;
      for (const Chunk& chunk : loaded[part]) {
        if (chunk.number >= first && found.size() < most) found.push_back(chunk);
      }
      return found;
    });
  }
  Answer<bool> fence(WorkerNumber worker, std::uint64_t seen, Duration) override {
    return carry_out<bool>("fence " + std::to_string(worker), [&] {
      WorkerRow& found = find(worker);
      if (found.state != WorkerState::alive || found.beat != seen) return false;
      found.state = WorkerState::fenced;
      return true;
    });
  }
  Answer<Enrolment> enrol(RunNumber, std::string_view name, std::uint64_t nonce) override {
    return carry_out<Enrolment>("enrol", [&] {
      WorkerRow& worker = add_worker(static_cast<WorkerNumber>(workers.size()) + 1);
      worker.name = name;
      worker.nonce = nonce;
      return Enrolment{worker.number, nonce, worker.trace_prefix};
    });
  }
  Answer<void> commit(const Enrolment& me, const Group& group, std::span<const PartProgress>, const Vitals&) override {
    return carry_out<void>("commit", [&] {
      WorkerRow& worker = find(me.number);
      if (group.number != worker.group + 1) return;
      worker.group = group.number;
      journal[me.number].push_back(group);
    });
  }
  Answer<GroupNumber> settle(const Enrolment& me) override {
    return carry_out<GroupNumber>("settle", [&] { return find(me.number).group; });
  }
  Answer<void> leave(const Enrolment& me, std::span<const PartNumber>) override {
    return carry_out<void>("leave", [&] { find(me.number).state = WorkerState::left; });
  }
  Answer<bool> wait_for_news(RunNumber, Duration) override {
    return carry_out<bool>("wait_for_news", [&] { return true; });
  }
  Answer<std::vector<JournalRow>> groups(RunNumber, WorkerNumber worker, GroupNumber cursor, std::size_t) override {
    return carry_out<std::vector<JournalRow>>("groups", [&] {
      std::vector<JournalRow> rows;
      constexpr std::size_t at_once = 2;
      for (const Group& group : journal[worker]) {
        if (group.number > cursor && rows.size() < at_once) rows.push_back({worker, group});
      }
      return rows;
    });
  }

 private:
  template <class T, class Work>
  Answer<T> carry_out(std::string call, const Work& work) {
    calls.push_back(call);
    const auto trouble = mishap ? mishap(call) : std::nullopt;
    if (trouble && !trouble->carried_out) return failure(trouble->fault);
    if constexpr (std::is_void_v<T>) {
      work();
      if (trouble) return failure(trouble->fault);
      return {};
    } else {
      auto value = work();
      if (trouble) return failure(trouble->fault);
      return value;
    }
  }
};

}  // namespace koobatch::fleet::test
