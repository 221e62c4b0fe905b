#pragma once
#include "fleet_world.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What workers of a simulated fleet talk to: a ledger that means what the statements of the real one mean, and a
// service that refuses requests by the age of their X-Dates, and knows what it applied in which order.

namespace koobatch::fleet::test {

/// An operation of the simulated job.
struct JobLine {
  std::uint32_t line = 0;
  std::uint64_t key = 0;
  bool is_repeatable = true;
};

/// What a group says, unpacked.
struct Entry {
  std::uint32_t line = 0;
  std::optional<Status> result;  ///< nothing: an attempt that is noted
  TraceId attempt{};
};

/// The ledger's tables, and the statements on them; each is carried out at once.
class LedgerModel {
 public:
  struct Part {
    std::optional<WorkerNumber> owner;
    std::uint64_t epoch = 0;
    ChunkNumber done = 0, fed = 0, doubt = 0;
    WallTime quiet_until, hold_until;
    std::vector<std::vector<JobLine>> chunks;
  };
  struct Tenure {
    PartNumber part;
    WorkerNumber worker;
    GroupNumber from;
  };
  struct Row {
    WorkerNumber worker;
    GroupNumber group;
    std::vector<Entry> entries;
  };

  LedgerModel(World& world, Duration clock_error) : world_(world), clock_error_(clock_error) {}

  RunDescription run;
  RunState state = RunState::running;
  bool compares_shares = true;  ///< as the real one does
  std::vector<Part> parts;
  std::vector<Row> journal;

  /// What is lost if the ledger goes back in time.
  struct Tables {
    std::vector<Part> parts;
    std::vector<Row> journal;
    std::vector<WorkerRow> workers;
    std::vector<Tenure> tenures;
  };
  Tables tables() const { return {parts, journal, workers_, tenures_}; }
  void restore(const Tables& tables) {
    parts = tables.parts;
    journal = tables.journal;
    workers_ = tables.workers;
    tenures_ = tables.tenures;
  }

  const std::vector<WorkerRow>& workers() const { return workers_; }
  unsigned fenced() const { return fenced_; }

  /// Once for each nonce, however often it is asked.
  Enrolment enrol(std::uint64_t nonce) {
    const auto known = std::ranges::find(workers_, nonce, &WorkerRow::nonce);
    if (known != workers_.end()) return {known->number, nonce, known->trace_prefix};
    WorkerRow it;
    it.number = static_cast<WorkerNumber>(workers_.size()) + 1;
    it.nonce = nonce;
    it.trace_prefix = static_cast<std::uint32_t>(it.number);
    workers_.push_back(it);
    return {it.number, nonce, it.trace_prefix};
  }

  Answer<std::vector<ClaimedPart>> claim(const Enrolment& me, std::uint32_t count,
                                         const std::vector<PartNumber>& known) {
    WorkerRow* worker = guard(me);
    if (worker == nullptr) return gone(me);
    ++worker->beat;
    std::vector<ClaimedPart> claimed;
    for (PartNumber number = 0; number < parts.size(); ++number) {
      const bool is_known = std::ranges::find(known, number) != known.end();
      if (parts[number].owner == me.number && !is_known) claimed.push_back(describe(number));
    }
    for (PartNumber number = 0; number < parts.size() && claimed.size() < count; ++number) {
      Part& part = parts[number];
      if (part.owner || part.done == part.chunks.size() || part.quiet_until > clock()) continue;
      part.owner = me.number;
      ++part.epoch;
      part.fed = part.done + 1;
      tenures_.push_back({number, me.number, worker->group});
      claimed.push_back(describe(number));
    }
    return claimed;
  }

  std::vector<Row> earlier_results(const Enrolment& me, PartNumber part) const {
    std::vector<Row> rows;
    for (const Row& row : journal) {
      const bool is_earlier = std::ranges::any_of(tenures_, [&](const Tenure& tenure) {
        return tenure.part == part && tenure.worker == row.worker && tenure.worker != me.number &&
               row.group > tenure.from;
      });
      if (is_earlier) rows.push_back(row);
    }
    return rows;
  }

  Answer<void> commit(const Enrolment& me, GroupNumber number, const std::vector<Entry>& entries,
                      const std::vector<PartProgress>& progress, const Vitals& vitals) {
    WorkerRow* worker = guard(me);
    if (worker == nullptr) return gone(me);
    if (worker->group != number - 1) return Failure{worker->group >= number ? Fault::unanswered : Fault::forgotten, {}};
    tell(*worker, vitals);
    worker->group = number;
    for (const PartProgress& next : progress) {
      Part& part = parts[next.part];
      if (part.owner != me.number) continue;
      part.done = std::max(part.done, next.done);
      part.fed = std::max(part.fed, next.fed);
      if (part.done == part.chunks.size()) part.owner.reset();
    }
    journal.push_back({me.number, number, entries});
    return {};
  }

  Answer<GroupNumber> settle(const Enrolment& me) {
    WorkerRow* worker = guard(me);
    if (worker == nullptr) return gone(me);
    ++worker->beat;
    return worker->group;
  }

  Answer<void> beat(const Enrolment& me, const Vitals& vitals) {
    WorkerRow* worker = guard(me);
    if (worker == nullptr) return gone(me);
    tell(*worker, vitals);
    return {};
  }

  bool fence(WorkerNumber number, std::uint64_t seen, Duration hold) {
    WorkerRow& worker = workers_[static_cast<std::size_t>(number - 1)];
    if (worker.state != WorkerState::alive || worker.beat != seen) return false;
    ++fenced_;
    end(worker, WorkerState::fenced);
    for (Part& part : parts) {
      if (part.owner == number) free(part, hold);
    }
    return true;
  }

  Answer<void> leave(const Enrolment& me, const std::set<PartNumber>& in_doubt) {
    WorkerRow* worker = guard(me);
    if (worker == nullptr) return gone(me);
    end(*worker, WorkerState::left);
    for (PartNumber number = 0; number < parts.size(); ++number) {
      Part& part = parts[number];
      if (part.owner != me.number) continue;
      if (in_doubt.contains(number)) {
        free(part, run.hold);
      } else {
        part.owner.reset();
        ++part.epoch;
        part.quiet_until = part.hold_until;
      }
    }
    return {};
  }

  Answer<std::optional<double>> take_share(const Enrolment& me, std::uint64_t known, double share,
                                           std::uint32_t burst) {
    WorkerRow* worker = guard(me);
    if (worker == nullptr) return gone(me);
    ++worker->beat;
    if (compares_shares && worker->share_changes != known) return std::optional<double>();
    ++worker->share_changes;
    double others = 0;
    for (const WorkerRow& other : workers_) {
      if (other.state == WorkerState::alive && other.number != me.number) others += other.share;
    }
    worker->share = share <= worker->share ? share : std::clamp(run.rate - others, 0.0, share);
    const double most = std::max(1.0, static_cast<double>(run.burst) * worker->share / run.rate);
    worker->burst = std::min(burst, static_cast<std::uint32_t>(most));
    return std::optional(worker->share);
  }

  Survey survey() const {
    Survey it;
    it.run.about = run;
    it.run.state = state;
    it.run.rate = run.rate;
    it.workers = workers_;
    for (const Part& part : parts) {
      if (part.done == part.chunks.size())
        ++it.run.parts_done;
      else if (part.owner)
        ++it.owned_parts;
      else
        ++(part.quiet_until > clock() ? it.quiet_parts : it.free_parts);
    }
    return it;
  }

  WallTime clock() const { return calendar(world_.now() + clock_error_); }

 private:
  WorkerRow* guard(const Enrolment& me) {
    if (me.number < 1 || static_cast<std::size_t>(me.number) > workers_.size()) return nullptr;
    WorkerRow& worker = workers_[static_cast<std::size_t>(me.number - 1)];
    return worker.nonce == me.nonce && worker.state == WorkerState::alive ? &worker : nullptr;
  }
  Failure gone(const Enrolment& me) const {
    const auto place = static_cast<std::size_t>(me.number - 1);
    const bool is_known = place < workers_.size() && workers_[place].nonce == me.nonce;
    return {is_known ? Fault::fenced : Fault::forgotten, {}};
  }
  static void tell(WorkerRow& worker, const Vitals& vitals) {
    ++worker.beat;
    worker.counts = vitals.counts;
    worker.used = vitals.used;
    worker.limited = vitals.limited;
  }
  static void end(WorkerRow& worker, WorkerState state) {
    worker.state = state;
    worker.share = worker.used = 0;
    worker.burst = 0;
  }
  void free(Part& part, Duration hold) {
    part.owner.reset();
    ++part.epoch;
    part.doubt = std::max(part.doubt, part.fed);
    part.quiet_until = part.hold_until;
    part.hold_until = clock() + hold;
  }
  ClaimedPart describe(PartNumber number) const {
    const Part& part = parts[number];
    return {.part = number,
            .epoch = part.epoch,
            .chunks = static_cast<ChunkNumber>(part.chunks.size()),
            .done = part.done,
            .doubt = part.doubt,
            .hold = std::max<Duration>(part.hold_until - clock(), Duration::zero())};
  }

  World& world_;
  Duration clock_error_;
  std::vector<WorkerRow> workers_;
  std::vector<Tenure> tenures_;
  unsigned fenced_ = 0;
};

/// The service. Its answers are made when a request arrives.
class ServiceModel {
 public:
  /// How old an X-Date may be.
  static constexpr Duration window = std::chrono::minutes(15);

  ServiceModel(World& world, Duration clock_error) : world_(world), clock_error_(clock_error) {}

  struct Request {
    JobLine operation;
    TraceId trace;
    WallTime x_date;
  };
  enum class Answer : std::uint8_t { succeeded, refused_by_age, throttled, unclear };

  /// `trouble`: how often it does not answer as it should.
  Answer receive(const Request& request, double trouble) {
    const WallTime now = clock();
    if (request.x_date > now || request.x_date < now - window) return Answer::refused_by_age;
    if (world_.chance(trouble)) {
      if (world_.chance(0.5)) return Answer::throttled;
      if (world_.chance(0.5)) return Answer::unclear;
      apply(request);
      return Answer::unclear;
    }
    apply(request);
    return Answer::succeeded;
  }

  WallTime clock() const { return calendar(world_.now() + clock_error_); }

  /// How often each line was applied.
  std::map<std::uint32_t, unsigned> applied;
  /// Operations applied after a newer one on their key.
  std::vector<std::string> disorder;

 private:
  void apply(const Request& request) {
    ++applied[request.operation.line];
    std::uint32_t& newest = newest_[request.operation.key];
    if (request.operation.line < newest) {
      disorder.push_back("line " + std::to_string(request.operation.line) + " of worker " +
                         std::to_string(request.trace.prefix) + " after line " + std::to_string(newest) + ", at " +
                         std::to_string(seconds(world_.now())) + " s");
    }
    newest = std::max(newest, request.operation.line);
  }

  World& world_;
  Duration clock_error_;
  std::map<std::uint64_t, std::uint32_t> newest_;  ///< by key
};

}  // namespace koobatch::fleet::test
