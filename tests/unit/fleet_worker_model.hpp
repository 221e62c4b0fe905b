#pragma once
#include "fleet/claim_policy.hpp"
#include "fleet/group_fate.hpp"
#include "fleet/lease.hpp"
#include "fleet/part_book.hpp"
#include "fleet/rate_share.hpp"
#include "fleet/run_limits.hpp"
#include "fleet/watch.hpp"
#include "fleet_models.hpp"
#include "fleet_world.hpp"
#include "koobatch/flow/rate_limiter.hpp"
#include "koobatch/http/date.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

// A worker of a simulated fleet. What it decides, the real classes decide; only its engine is a small one: lanes by
// key, a number of requests at a time, and repetitions.

namespace koobatch::fleet::test {

using namespace std::chrono_literals;

/// What is broken in a simulated world, and how often.
struct Setup {
  bool kernel_timer = true;
  PartBook::Limits limits;
  unsigned requests_at_a_time = 8;
  double hazard = 0;       ///< how often something happens to a process in one of its steps
  double worst_place = 0;  ///< likewise, between checking its lease and sending
  double lost = 0;         ///< of messages to and from the ledger
  double late = 0;         ///< of these, arriving after up to a minute
  double late_shares = 0;  ///< likewise, of those about shares, after they were given up
  double service_trouble = 0;
  double slow_reading = 0.02;  ///< how often time passes between two operations that are read
  Duration faults_until{};
};

/// What all workers of a simulated fleet share, and what is seen of them from outside.
struct Fleet {
  Fleet(std::uint64_t seed, Duration ledger_error, Duration service_error)
      : world(seed), ledger(world, ledger_error), service(world, service_error) {}

  World world;
  LedgerModel ledger;
  ServiceModel service;
  Setup setup;
  Duration ledger_down_until{};
  Duration writes_hang_until{};  ///< the ledger waits for a standby; what is read is answered
  bool forgets = false;          ///< the ledger has gone back in time
  std::vector<Duration> sends;   ///< of those that the rate applies to
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint8_t>> traces;
  std::vector<std::string> broken;  ///< promises, in words
  unsigned repeated = 0, waited = 0, killed_by_timer = 0, stood_down = 0, told_unknown = 0, lost_results = 0;
  unsigned cut_off = 0;  ///< workers that left because the service did not answer

  void breaks(std::string what) {
    broken.push_back(std::move(what) + ", at " + std::to_string(seconds(world.now())) + " s");
  }
};

/// How a process ended.
enum class Death : std::uint8_t { crash, timer, machine_lost, fenced, left, done };

class WorkerModel {
 public:
  /// `predecessor`: an enrolment of this machine whose process is certainly dead. `died`: called at the end.
  WorkerModel(Fleet& fleet, Machine& machine, std::optional<Enrolment> predecessor, std::function<void(Death)> died)
      : fleet_(fleet),
        world_(fleet.world),
        machine_(machine),
        process_(fleet.world, machine),
        predecessor_(predecessor),
        died_(std::move(died)),
        lease_(fleet.ledger.run.lease),
        watch_(fleet.ledger.run.lease),
        book_(fleet.setup.limits),
        clock_(proof_),
        nonce_(fleet.world.bits()) {}

  void start() { predecessor_ ? fence_predecessor() : enrol(); }
  bool alive() const { return process_.alive(); }
  Process& process() { return process_; }
  Machine& machine() { return machine_; }
  const Enrolment& enrolment() const { return me_; }
  GroupNumber last_group() const { return last_group_; }
  void cut_off_service(Duration time) { service_cut_until_ = world_.now() + time; }
  void cut_off_ledger(Duration time) { ledger_cut_until_ = world_.now() + time; }

  /// The process ends. `lingering`: what it has sent is still on its way somewhere.
  void die(Death death, bool lingering = false) {
    if (!process_.alive()) return;
    process_.kill();
    for (const auto& flight : flights_) {
      if (lingering)
        flight->delay += world_.between(Duration::zero(), Duration(20min));
      else
        flight->cancelled = true;
    }
    world_.after(Duration::zero(), [died = died_, death] { died(death); });
  }

  /// SIGTERM: sends nothing more, waits for answers for 10 s, commits and leaves.
  void drain() {
    if (!enrolled_ || draining_) return;
    draining_ = true;
    process_.after(10s, [this] { leave(); });
  }

 private:
  struct Work {
    JobLine operation;
    bool maybe_applied = false;
    unsigned attempts = 0;
    unsigned unclear = 0;
    enum class Note : std::uint8_t { none, written, durable } note = Note::none;
    bool in_flight = false;
    koodrive::Dated dated{};
    koodrive::ClockRepeats repeats{};
  };
  struct Lane {
    std::deque<Work> works;
  };
  struct Flight {
    bool cancelled = false;
    Duration delay{};
  };
  struct PendingGroup {
    GroupNumber number = 0;
    std::vector<Entry> entries;
    std::vector<PartProgress> progress;
  };

  /// What may happen before any step: the process dies, or goes on later.
  template <class Step>
  void step(Step what) {
    if (!process_.alive()) return;
    if (world_.now() > fleet_.setup.faults_until || !world_.chance(fleet_.setup.hazard)) return what();
    switch (world_.number(0, 3)) {
      case 0:
        return die(Death::crash);
      case 1:
        return die(Death::machine_lost, true);
      default:
        pause();
        return process_.run_at(world_.now(), what);
    }
  }
  void pause() {
    if (world_.chance(0.5)) {
      process_.stop(some_time(Duration(1s), Duration(3min)));
    } else {
      stop_machine();
    }
  }
  void stop_machine() {
    machine_.stop(some_time(Duration(1s), Duration(40min)));
    if (world_.chance(0.5)) {
      world_.at(machine_.frozen_until(), [this] { machine_.set_calendar(Duration::zero()); });
    }
  }
  /// Short times are as likely as long ones.
  Duration some_time(Duration low, Duration high) {
    const double exponent = world_.between(std::log(seconds(low)), std::log(seconds(high)));
    return Duration(static_cast<Duration::rep>(std::exp(exponent) * 1e9));
  }

  // Asking the ledger:
  Duration delay() {
    if (world_.now() < fleet_.setup.faults_until && world_.chance(fleet_.setup.late)) {
      return world_.between(Duration::zero(), Duration(1min));
    }
    return world_.between(Duration(1ms), Duration(8ms));
  }
  bool loses() { return world_.now() < fleet_.setup.faults_until && world_.chance(fleet_.setup.lost); }

  enum class Does : std::uint8_t { read, write };
  template <class Statement, class Then>
  void ask(Does does, Statement statement, Then then, Duration detour = {}) {
    step([this, does, statement, then, detour] { post(does, statement, then, detour); });
  }
  template <class Statement, class Then>
  void post(Does does, Statement statement, Then then, Duration detour) {
    using Value = std::invoke_result_t<Statement>;
    auto settled = std::make_shared<bool>(false);
    const bool cut = world_.now() < ledger_cut_until_;
    if (!cut && !loses()) {
      world_.after(delay() + detour, [=, this] { arrive<Value>(does, settled, statement, then); });
    }
    process_.after(5s, [this, settled, then] {
      if (std::exchange(*settled, true)) return;
      ++connection_;
      then(Value(Failure{Fault::unanswered, {}}));
    });
  }
  /// A statement that has reached the ledger is carried out whether or not its worker still lives.
  template <class Value, class Statement, class Then>
  void arrive(Does does, std::shared_ptr<bool> settled, Statement statement, Then then) {
    if (world_.now() < fleet_.ledger_down_until) {
      if (world_.chance(0.5)) return;
      return world_.at(fleet_.ledger_down_until + delay(),
                       [=, this] { arrive<Value>(does, settled, statement, then); });
    }
    if (does == Does::write && world_.now() < fleet_.writes_hang_until) {
      return world_.at(fleet_.writes_hang_until + delay(),
                       [=, this] { arrive<Value>(does, settled, statement, then); });
    }
    const Value value = statement();
    if (loses() || world_.now() < ledger_cut_until_) return;
    process_.run_at(world_.now() + delay(), [this, settled, then, value] {
      if (std::exchange(*settled, true)) return;
      step([then, value] { then(value); });
    });
  }
  /// Likewise, for statements that renew the lease.
  template <class Statement, class Then>
  void ask_renewing(Statement statement, Then then) {
    const auto renewal = lease_.begin_renewal(machine_.boot(), x_date_now());
    last_renewal_ = machine_.boot();
    ask(Does::write, statement, [this, renewal, then](const auto& answer) {
      if (answer) renewed(renewal);
      then(answer);
    });
  }
  WallTime x_date_now() const {
    auto offset = proof_.accepted();
    if (!offset) offset = proof_.suggested();
    return offset ? WallTime(machine_.steady().time_since_epoch() + *offset) : machine_.wall();
  }

  // The lease, and the kernel's timer:
  void renewed(const Lease::Renewal& renewal) {
    watch_.own_acknowledged(machine_.boot());
    if (!lease_.acknowledged(renewal)) return;
    if (lease_.is_over(machine_.boot())) return;
    gate_open_ = true;
    armed_ = lease_.end();
    if (!timer_pending_) await_timer();
    if (!stand_down_pending_) await_stand_down();
    pump();
  }
  void await_timer() {
    timer_pending_ = true;
    world_.at(machine_.when(*armed_), [this] {
      if (!process_.alive()) return;
      timer_pending_ = false;
      if (!armed_) return;
      if (machine_.is_frozen() || machine_.boot() < *armed_) return await_timer();
      if (!fleet_.setup.kernel_timer) return;
      ++fleet_.killed_by_timer;
      // Dead sockets take nothing along, unless the machine's network is gone as well.
      world_.chance(0.5) ? die(Death::timer) : die(Death::machine_lost, true);
    });
  }
  void await_stand_down() {
    stand_down_pending_ = true;
    process_.after(std::max<Duration>(lease_.stand_down_at() - machine_.boot(), Duration(1)), [this] {
      stand_down_pending_ = false;
      if (!lease_.is_over(machine_.boot())) return await_stand_down();
      gate_open_ = false;
      ++fleet_.stood_down;
      if (between_ == 0) armed_.reset();
    });
  }

  // Enrolment:
  void fence_predecessor() {
    ask(
        Does::read, [this] { return Answer<Survey>(fleet_.ledger.survey()); },
        [this](const Answer<Survey>& survey) {
          if (!survey) return retry([this] { fence_predecessor(); });
          for (const WorkerRow& row : survey->workers) {
            if (row.number != predecessor_->number || row.nonce != predecessor_->nonce) continue;
            if (row.state != WorkerState::alive) break;
            return ask(
                Does::write,
                [this, beat = row.beat] {
                  return Answer<bool>(fleet_.ledger.fence(predecessor_->number, beat, Duration::zero()));
                },
                [this](const Answer<bool>& fenced) { fenced ? enrol() : retry([this] { fence_predecessor(); }); });
          }
          enrol();
        });
  }
  void retry(std::function<void()> what) { process_.after(500ms, std::move(what)); }

  void enrol() {
    ask_renewing([this, nonce = nonce_] { return Answer<Enrolment>(fleet_.ledger.enrol(nonce)); },
                 [this](const Answer<Enrolment>& enrolment) {
                   if (!enrolment) return retry([this] { enrol(); });
                   me_ = *enrolment;
                   enrolled_ = true;
                   tick();
                   beat();
                 });
  }

  // Beats, and the look around:
  void beat() {
    if (machine_.boot() - last_renewal_ >= 2s) {
      ask_renewing([this, vitals = vitals()] { return fleet_.ledger.beat(me_, vitals); },
                   [this](const Answer<void>& answer) { heed(answer); });
    }
    process_.after(1s, [this] { beat(); });
  }
  template <class Value>
  bool heed(const Answer<Value>& answer) {
    if (answer) return true;
    if (answer.error().fault == Fault::fenced) die(Death::fenced);
    if (answer.error().fault == Fault::forgotten) abort();
    return false;
  }
  void tick() {
    const BootTime asked = machine_.boot();
    const std::uint64_t connection = connection_;
    ask(
        Does::read, [this] { return Answer<Survey>(fleet_.ledger.survey()); },
        [this, asked, connection](const Answer<Survey>& survey) {
          if (survey && connection == connection_) look_around(*survey, asked);
        });
    process_.after(1s, [this] { tick(); });
  }
  void look_around(const Survey& survey, BootTime asked) {
    const Duration hold = fleet_.ledger.run.hold;
    for (const auto& suspect : watch_.observe(survey.workers, me_.number, connection_, asked, machine_.boot())) {
      ask(
          Does::write,
          [this, suspect, hold] { return Answer<bool>(fleet_.ledger.fence(suspect.worker, suspect.beat, hold)); },
          [](const Answer<bool>&) {});
    }
    if (!process_.alive()) return;
    if (has_ended(survey.run.state) || survey.run.parts_done == fleet_.ledger.parts.size()) return die(Death::done);
    if (consider_service(survey)) return;
    follow_share(survey);
    free_parts_ = survey.free_parts;
    workers_ = 0;
    for (const WorkerRow& row : survey.workers) workers_ += row.state == WorkerState::alive;
    supply();
  }
  /// Whether it leaves because the service does not answer. Like a breaker: after a few attempts without an answer.
  bool is_silent() const { return unanswered_ >= 3; }
  bool consider_service(const Survey& survey) {
    if (draining_) return false;
    const auto is_other = [&](const WorkerRow& row) {
      return row.number != me_.number && row.state == WorkerState::alive;
    };
    const bool idle = std::ranges::any_of(survey.workers, is_other) && book_.owned_parts() != 0 &&
                      survey.owned_parts <= book_.owned_parts() && survey.free_parts == 0;
    const auto advice = cut_off_.observe({survey.workers, me_.number, is_silent(), idle}, machine_.boot());
    if (advice == CutOff::Advice::carry_on) return false;
    ++fleet_.cut_off;
    drain();
    return true;
  }
  void follow_share(const Survey& survey) {
    if (sharing_) return;
    const auto wish = share_.plan(survey.run.rate, fleet_.ledger.run.burst, survey.workers, me_.number);
    apply_share();
    if (!wish) return;
    sharing_ = true;
    const bool late = world_.chance(fleet_.setup.late_shares);
    const Duration detour = late ? world_.between(Duration(5s), Duration(12s)) : Duration::zero();
    // Where one connection is in trouble, the next one often is.
    if (late) {
      process_.after(detour - 100ms, [this] { cut_off_ledger(world_.between(Duration(3s), Duration(12s))); });
    }
    ask(
        Does::write, [this, wish] { return fleet_.ledger.take_share(me_, wish->known, wish->share, wish->burst); },
        [this, wish](const Answer<std::optional<double>>& granted) {
          sharing_ = false;
          if (!granted || !*granted) return;
          share_.granted(*wish, **granted);
          apply_share();
          pump();
        },
        detour);
  }
  void apply_share() {
    if (share_.share() == rate_ && share_.burst() == burst_) return;
    rate_ = share_.share();
    burst_ = share_.burst();
    if (rate_ <= 0) {
      limiter_.reset();
    } else if (limiter_) {
      limiter_->change_rate(rate_, burst_, machine_.steady());
    } else {
      limiter_.emplace(rate_, burst_);
      limiter_->restart(rate_, burst_, machine_.steady());
    }
  }
  Vitals vitals() {
    Vitals it;
    const double time = std::max(seconds(machine_.boot() - counted_from_), 0.5);
    it.used = used_ / time;
    it.limited = would_use_more(it.used, share_.share(), idle_for_rate_);
    if (time > 2) {
      used_ = 0;
      counted_from_ = machine_.boot();
    }
    it.counts.results[Status::succeeded] = succeeded_;
    return it;
  }

  // Parts, their history and their chunks:
  void supply() {
    if (supplying_ || draining_) return;
    const BootTime now = machine_.boot();
    if (const auto history = book_.wanted_history()) {
      supplying_ = true;
      using Rows = std::vector<LedgerModel::Row>;
      return ask(
          Does::read, [this, part = history->part] { return Answer<Rows>(fleet_.ledger.earlier_results(me_, part)); },
          [this, part = history->part](const Answer<Rows>& rows) {
            supplying_ = false;
            if (rows) learn(part, *rows);
            supply_soon();
          });
    }
    if (const auto next = book_.next_chunk(now); next && queue_.size() < 3) {
      supplying_ = true;
      return ask(
          Does::read, [] { return Answer<int>(0); },
          [this, next](const Answer<int>& answer) {
            supplying_ = false;
            if (answer) {
              book_.queued(*next);
              queue_.push_back(*next);
              if (!reading_) read();
            }
            supply_soon();
          });
    }
    consider_claim(now);
    if (book_.wants_commit(now)) commit();
  }
  void supply_soon() {
    process_.after(5ms, [this] { supply(); });
  }
  void learn(PartNumber part, const std::vector<LedgerModel::Row>& rows) {
    for (const auto& row : rows) {
      for (const Entry& entry : row.entries) {
        if (entry.result)
          book_.earlier_result(entry.line);
        else
          book_.earlier_note(entry.attempt);
      }
    }
    book_.history_known(part);
  }
  void consider_claim(BootTime now) {
    idle_for_rate_ = share_.is_spare() && (book_.has_work(now) || (book_.wants_parts(now) && free_parts_ > 0));
    if (!book_.wants_parts(now) || claiming_ || now < next_claim_) return;
    next_claim_ = now + 200ms;
    ClaimSituation situation{.free_parts = free_parts_,
                             .workers = workers_,
                             .open = book_.open_parts(now),
                             .owned = book_.owned_parts(),
                             .is_spare = share_.is_spare(),
                             .service = is_silent()                               ? ClaimSituation::Service::silent
                                        : proof_.accepted() || proof_.suggested() ? ClaimSituation::Service::answers
                                                                                  : ClaimSituation::Service::untried};
    const std::uint32_t count = parts_to_claim(situation);
    // Without a claim nobody learns of parts that an unanswered one has taken.
    if (count == 0 && world_.chance(0.8)) return;
    claiming_ = true;
    using Parts = std::vector<ClaimedPart>;
    ask_renewing([this, count, known = book_.owned()] { return fleet_.ledger.claim(me_, count, known); },
                 [this](const Answer<Parts>& parts) {
                   claiming_ = false;
                   if (!heed(parts)) return;
                   for (const ClaimedPart& part : *parts) book_.claimed(part, machine_.boot());
                   supply();
                 });
  }

  // Reading:
  void read() {
    if (queue_.empty()) {
      reading_ = false;
      return supply();
    }
    reading_ = true;
    const PartBook::Next next = queue_.front();
    queue_.pop_front();
    book_.begin(next, machine_.boot());
    read_on(next, 0);
  }
  void read_on(const PartBook::Next& next, std::size_t from) {
    const auto& lines = fleet_.ledger.parts[next.part].chunks[next.chunk - 1];
    for (std::size_t i = from; i < lines.size(); ++i) {
      // Now and then time passes between two operations.
      if (i != from && world_.chance(fleet_.setup.slow_reading)) {
        return process_.after(world_.between(Duration::zero(), Duration(3s)), [this, next, i] { read_on(next, i); });
      }
      admit(lines[i]);
    }
    book_.end();
    pump();
    process_.after(1ms, [this] { read(); });
  }
  void admit(const JobLine& line) {
    const std::size_t waiting = book_.waiting_lines();
    const Ruling ruling = book_.rule({line.line, line.key, line.is_repeatable});
    fleet_.waited += book_.waiting_lines() > waiting;
    if (ruling == Ruling::skip) return;
    keys_of_[line.line] = line.key;
    if (ruling == Ruling::unknown) {
      ++fleet_.told_unknown;
      return record({line.line, Status::unknown, book_.note(line.line)});
    }
    fleet_.repeated += ruling == Ruling::repeat;
    Lane& lane = lanes_[line.key];
    lane.works.push_back({.operation = line, .maybe_applied = ruling == Ruling::repeat});
    if (lane.works.size() == 1) ready_.push_back(line.key);
  }

  // Sending:
  void pump() {
    if (!gate_open_ || draining_) return;
    while (!ready_.empty() && flights_.size() + between_ < fleet_.setup.requests_at_a_time) {
      const std::uint64_t key = ready_.front();
      Work& work = lanes_.at(key).works.front();
      if (!work.operation.is_repeatable && work.note != Work::Note::durable) {
        ready_.pop_front();
        work.note = Work::Note::written;
        record({work.operation.line, std::nullopt, next_trace(work)});
        continue;
      }
      if (!limiter_) return;
      const TimePoint now = machine_.steady();
      if (!limiter_->acquire(now)) return pump_at(limiter_->due() - now);
      ready_.pop_front();
      if (!send(key, work)) return;
    }
  }
  void pump_at(Duration time) {
    if (pump_pending_) return;
    pump_pending_ = true;
    process_.after(std::max<Duration>(time, Duration(1)), [this] {
      pump_pending_ = false;
      pump();
    });
  }
  TraceId next_trace(const Work& work) const {
    return {me_.trace_prefix, work.operation.line, static_cast<std::uint8_t>(work.attempts + 1)};
  }
  /// Checks the lease with the very date that is sent; the request itself is sent in another step.
  bool send(std::uint64_t key, Work& work) {
    work.dated =
        clock_.date(machine_.steady(), machine_.wall(), node_, work.repeats.count != 0 ? &work.repeats : nullptr);
    if (!lease_.may_send(machine_.boot(), work.dated.x_date)) {
      ready_.push_front(key);
      pump_at(100ms);
      return false;
    }
    note_send();
    const TraceId trace = next_trace(work);
    ++work.attempts;
    work.in_flight = true;
    work.note = Work::Note::none;
    ++between_;
    const bool is_worst_place = world_.now() < fleet_.setup.faults_until && world_.chance(fleet_.setup.worst_place);
    if (is_worst_place) pause();
    process_.after(50us, [this, key, trace, operation = work.operation, x_date = work.dated.x_date] {
      --between_;
      if (!gate_open_ && between_ == 0) armed_.reset();
      transmit(key, {operation, trace, x_date});
    });
    if (is_worst_place) pump_at(1us);
    return !is_worst_place;
  }
  void note_send() {
    ++used_;
    const auto& row = fleet_.ledger.workers()[static_cast<std::size_t>(me_.number - 1)];
    // One whose machine stood still with its clocks does not know that its share is gone.
    if (row.state == WorkerState::alive || !machine_.was_stopped()) fleet_.sends.push_back(world_.now());
  }
  void transmit(std::uint64_t key, const ServiceModel::Request& request) {
    if (!fleet_.traces.emplace(request.trace.prefix, request.trace.line, request.trace.attempt).second) {
      fleet_.breaks("a trace ID was used twice");
    }
    const auto& row = fleet_.ledger.workers()[static_cast<std::size_t>(me_.number - 1)];
    if (row.state == WorkerState::fenced && !machine_.was_stopped() && fleet_.setup.kernel_timer) {
      fleet_.breaks("a worker has sent after it was fenced");
    }
    const auto flight = std::make_shared<Flight>();
    flight->delay = world_.between(Duration(5ms), Duration(60ms));
    flights_.insert(flight);
    if (world_.now() >= service_cut_until_) reach_service(flight, key, request, world_.now());
    process_.after(10s, [this, flight, key, line = request.operation.line] {
      if (flights_.erase(flight) == 0) return;
      flight->cancelled = true;
      ++unanswered_;
      unclear(key, line);
    });
  }
  void reach_service(const std::shared_ptr<Flight>& flight, std::uint64_t key, const ServiceModel::Request& request,
                     Duration sent) {
    world_.at(sent + flight->delay, [this, flight, key, request, sent] {
      if (flight->cancelled) return;
      // It was delayed on its way.
      if (world_.now() < sent + flight->delay) return reach_service(flight, key, request, sent);
      const auto answer = fleet_.service.receive(request, fleet_.setup.service_trouble);
      const std::string date = http::format_date(fleet_.service.clock());
      process_.run_at(world_.now() + world_.between(Duration(5ms), Duration(60ms)),
                      [this, flight, key, line = request.operation.line, answer, date] {
                        if (flights_.erase(flight) == 0) return;
                        step([=, this] { answered(key, line, answer, date); });
                      });
    });
  }
  Work* find(std::uint64_t key, std::uint32_t line) {
    const auto lane = lanes_.find(key);
    if (lane == lanes_.end() || lane->second.works.empty()) return nullptr;
    Work& work = lane->second.works.front();
    return work.operation.line == line && work.in_flight ? &work : nullptr;
  }
  void answered(std::uint64_t key, std::uint32_t line, ServiceModel::Answer answer, const std::string& date) {
    Work* work = find(key, line);
    if (work == nullptr) return;
    const TimePoint now = machine_.steady();
    clock_.observe(date, now);
    unanswered_ = 0;
    switch (answer) {
      case ServiceModel::Answer::succeeded:
        clock_.accepted(work->dated, now, node_);
        ++succeeded_;
        finish(*work, Status::succeeded);
        break;
      case ServiceModel::Answer::refused_by_age: {
        const auto refusal =
            clock_.refused(work->dated, date, now, machine_.wall(), koodrive::Cause::unsaid, node_, work->repeats);
        if (refusal == koodrive::ServerClock::Refusal::believe)
          finish(*work, Status::rejected);
        else
          again(key, *work, Duration::zero());
        break;
      }
      case ServiceModel::Answer::throttled:
        again(key, *work, 300ms);
        break;
      case ServiceModel::Answer::unclear:
        return unclear(key, line);
    }
    pump();
  }
  void unclear(std::uint64_t key, std::uint32_t line) {
    Work* work = find(key, line);
    if (work == nullptr) return;
    work->maybe_applied = true;
    if (!work->operation.is_repeatable || ++work->unclear == 5)
      finish(*work, Status::unknown);
    else
      again(key, *work, 200ms);
    pump();
  }
  void again(std::uint64_t key, Work& work, Duration pause) {
    work.in_flight = false;
    process_.after(pause + Duration(1), [this, key] {
      ready_.push_back(key);
      pump();
    });
  }
  void finish(Work& work, Status status) {
    work.in_flight = false;
    record({work.operation.line, status, {}});
  }

  // Groups:
  void record(const Entry& entry) {
    entries_.push_back(entry);
    if (commit_pending_) return;
    commit_pending_ = true;
    process_.after(world_.between(Duration(5ms), Duration(100ms)), [this] {
      commit_pending_ = false;
      commit();
    });
  }
  void commit() {
    if (group_ || !enrolled_) return;
    PendingGroup group;
    group.number = last_group_ + 1;
    group.entries = std::exchange(entries_, {});
    std::vector<std::uint32_t> lines;
    for (const Entry& entry : group.entries) {
      if (entry.result) lines.push_back(entry.line);
    }
    group.progress = book_.progress_with(lines, machine_.boot());
    if (group.entries.empty() && group.progress.empty()) return;
    group_ = std::move(group);
    send_group();
  }
  void send_group() {
    ask_renewing(
        [this, group = *group_, vitals = vitals()] {
          return fleet_.ledger.commit(me_, group.number, group.entries, group.progress, vitals);
        },
        [this](const Answer<void>& answer) { follow(fate_of(answer)); });
  }
  void settle() {
    ask_renewing([this] { return fleet_.ledger.settle(me_); },
                 [this](const Answer<GroupNumber>& answer) { follow(fate_of(group_->number, answer)); });
  }
  void follow(GroupFate fate) {
    switch (fate) {
      case GroupFate::committed:
        return committed();
      case GroupFate::send_again:
        return send_group();
      case GroupFate::ask_again:
        return retry([this] { settle(); });
      case GroupFate::fenced:
        fleet_.lost_results += static_cast<unsigned>(group_->entries.size() + entries_.size());
        return die(Death::fenced);
      case GroupFate::lost:
      case GroupFate::refused:
        return abort();
    }
  }
  void abort() {
    if (!fleet_.forgets) fleet_.breaks("the ledger seems to have lost what it acknowledged");
    fleet_.ledger.state = RunState::aborted;
    die(Death::done);
  }
  void committed() {
    const PendingGroup group = *std::exchange(group_, std::nullopt);
    last_group_ = group.number;
    book_.committed(group.progress);
    for (const Entry& entry : group.entries) durable(entry);
    if (!entries_.empty()) commit();
    supply();
    pump();
  }
  void durable(const Entry& entry) {
    const std::uint64_t key = keys_of_.at(entry.line);
    if (entry.result) keys_of_.erase(entry.line);
    const auto lane = lanes_.find(key);
    if (lane == lanes_.end() || lane->second.works.empty() || lane->second.works.front().operation.line != entry.line)
      return;
    Work& work = lane->second.works.front();
    if (!entry.result) {
      work.note = Work::Note::durable;
      ready_.push_back(key);
      return;
    }
    lane->second.works.pop_front();
    if (lane->second.works.empty())
      lanes_.erase(lane);
    else
      ready_.push_back(key);
  }

  PartNumber part_of(std::uint64_t key) const { return static_cast<PartNumber>(key % fleet_.ledger.parts.size()); }
  std::set<PartNumber> parts_in_doubt() const {
    if (between_ != 0 || !entries_.empty() || group_) {
      const auto all = book_.owned();
      return {all.begin(), all.end()};
    }
    std::set<PartNumber> parts;
    for (const auto& [key, lane] : lanes_) {
      for (const Work& work : lane.works) {
        if (work.maybe_applied || work.in_flight) parts.insert(part_of(key));
      }
    }
    return parts;
  }
  void leave() {
    if (!entries_.empty() || group_) {
      commit();
      if (++leave_tries_ < 20) return retry([this] { leave(); });
    }
    gate_open_ = false;
    ask(
        Does::write, [this, in_doubt = parts_in_doubt()] { return fleet_.ledger.leave(me_, in_doubt); },
        [this](const Answer<void>& answer) {
          const bool unanswered = !answer && answer.error().fault != Fault::fenced;
          unanswered ? retry([this] { leave(); }) : die(Death::left);
        });
  }

  Fleet& fleet_;
  World& world_;
  Machine& machine_;
  Process process_;
  std::optional<Enrolment> predecessor_;
  std::function<void(Death)> died_;
  Enrolment me_;
  bool enrolled_ = false, draining_ = false;
  Lease lease_;
  Watch watch_;
  RateShare share_;
  PartBook book_;
  koodrive::ClockProof proof_;
  koodrive::ServerClock clock_;
  koodrive::NodeClock node_;
  const std::uint64_t nonce_;
  std::uint64_t connection_ = 1;
  BootTime last_renewal_{};
  Duration service_cut_until_{}, ledger_cut_until_{};
  // The lease:
  bool gate_open_ = false;
  std::optional<BootTime> armed_;
  bool timer_pending_ = false, stand_down_pending_ = false;
  unsigned between_ = 0;  ///< requests that were checked and are not sent yet
  // The rate:
  std::optional<flow::RateLimiter> limiter_;
  double rate_ = 0, used_ = 0;
  std::uint32_t burst_ = 0;
  BootTime counted_from_{};
  bool idle_for_rate_ = false;
  bool sharing_ = false;  ///< the ledger is being asked for a share
  // Parts:
  std::uint32_t free_parts_ = 0, workers_ = 1;
  bool supplying_ = false, claiming_ = false, reading_ = false;
  BootTime next_claim_ = BootTime::min();
  std::deque<PartBook::Next> queue_;
  // The engine:
  std::map<std::uint64_t, Lane> lanes_;
  std::unordered_map<std::uint32_t, std::uint64_t> keys_of_;
  std::deque<std::uint64_t> ready_;
  std::set<std::shared_ptr<Flight>> flights_;
  bool pump_pending_ = false;
  std::uint64_t succeeded_ = 0;
  unsigned unanswered_ = 0;  ///< attempts, since the last answer
  CutOff cut_off_;
  // Groups:
  std::vector<Entry> entries_;
  std::optional<PendingGroup> group_;
  GroupNumber last_group_ = 0;
  bool commit_pending_ = false;
  unsigned leave_tries_ = 0;
};

}  // namespace koobatch::fleet::test
