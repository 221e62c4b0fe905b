#include "koobatch/fleet/collection.hpp"

#include "fleet/unsettled.hpp"
#include "fleet/watchman.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/fleet/persistently.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace koobatch::fleet {
namespace {

bool is_ending(RunState state) {
  return state == RunState::stopping || state == RunState::aborted;
}

/// A worker that was killed has not reported its last requests, but each of its results took at least one.
std::uint64_t requests_of(const WorkerRow& worker) {
  const auto& results = worker.counts.results;
  return std::max(worker.counts.requests, results.finished() - results[Status::invalid]);
}

std::uint64_t requests_of(const Survey& survey) {
  return std::accumulate(survey.workers.begin(), survey.workers.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const WorkerRow& worker) { return sum + requests_of(worker); });
}

/// The wall time of the run: its workers work at the same time, so the sum of theirs says nothing.
double seconds_of(const RunRow& run) {
  return run.begun && run.ended ? std::max(seconds(*run.ended - *run.begun), 0.0) : 0;
}

/// Why a run has ended, in the words of an `end` line, which `end` gets.
void explain(const RunRow& run, report::EndRecord& end) {
  end.reason = "aborted";
  end.error = run.reason;
  if (run.state == RunState::stopped && run.reason.empty()) end.reason = "interrupted";
  if (run.state != RunState::completed) return;
  if (end.counts.remaining == 0) {
    end.reason = "completed";
    end.error.clear();
  } else {
    end.error = fmt::format("the engine says that every operation has its result, but has none for {} of them",
                            format_count(end.counts.remaining));
    end.all_unsettled = true;
  }
}

}  // namespace

Collection::Collection(Ledger& ledger, RunNumber run, Collector& collector, Settings settings, CollectionEvents& events)
    : ledger_(ledger), run_(run), collector_(collector), settings_(settings), events_(events) {}

Answer<CollectionEnd> Collection::run() {
  std::optional<Watchman> watchman;
  for (;;) {
    const BootTime asked = events_.now();
    const auto round = collector_.collect();
    if (!round) {
      if (round.error().fault == Fault::forgotten) return close_lost(round.error());
      if (!tries_again(round.error())) return round.error();
      continue;
    }
    const Survey& survey = round->survey;
    requests_ = requests_of(survey);
    events_.collected(*round);
    if (round->ended) {
      auto closed = close(survey.run);
      if (closed || !tries_again(closed.error())) return closed;
      continue;
    }
    if (is_ending(survey.run.state)) {
      if (!watchman) watchman.emplace(survey.run.about.lease, survey.run.about.hold);
      const auto settled = settle(survey, *watchman, asked);
      if (settled && *settled) continue;
      if (!settled && !may_succeed_later(settled.error())) return settled.error();
    }
    if (!settings_.follow) return CollectionEnd::up_to_date;
    if (events_.interrupted()) return CollectionEnd::interrupted;
    // Without an answer, the next round asks again.
    (void)ledger_.wait_for_news(run_, settings_.interval);
  }
}

bool Collection::tries_again(const Failure& failure) {
  return settings_.follow && may_succeed_later(failure) && events_.wait_to_try_again(failure.error);
}

Answer<bool> Collection::settle(const Survey& survey, Watchman& watchman, BootTime asked) {
  if (!survey.any_alive()) {
    if (auto stopped = ledger_.stop_run(run_, RunState::stopped, survey.run.reason); !stopped) return stopped.error();
    return true;
  }
  if (auto written = ledger_.confirm(); !written) {
    watchman.restart();
    return written.error();
  }
  watchman.own_acknowledged(events_.now());
  constexpr WorkerNumber nobody = 0;
  bool fenced_any = false;
  const auto watched = watchman.observe(ledger_, nobody, {survey, asked, events_.now()}, [&](const WorkerRow& worker) {
    fenced_any = true;
    events_.fenced(worker);
  });
  if (!watched) return watched.error();
  return fenced_any;
}

report::EndRecord Collection::end_of(const RunRow& run) const {
  report::EndRecord end;
  end.counts = collector_.counts();
  end.at = WallClock::now();
  end.seconds = seconds_of(run);
  end.requests = requests_;
  return end;
}

Answer<CollectionEnd> Collection::close(const RunRow& run) {
  auto end = end_of(run);
  explain(run, end);
  if (end.reason != "completed") {
    const auto has_result = [this](std::uint32_t line) { return collector_.has_result(line); };
    auto unsettled = unsettled_lines(ledger_, run_, has_result);
    if (!unsettled) return unsettled.error();
    end.unsettled = std::move(*unsettled);
    end.all_unsettled = end.all_unsettled || run.state == RunState::aborted;
  }
  if (auto closed = collector_.close(end); !closed) return Failure{Fault::refused, closed.error()};
  return CollectionEnd::closed;
}

/// What the ledger still has may be of use: it is not changed beyond marking the run as aborted.
Answer<CollectionEnd> Collection::close_lost(const Failure& failure) {
  auto stopped = ledger_.stop_run(run_, RunState::aborted, failure.error.message);
  if (!stopped && stopped.error().fault != Fault::forgotten) return stopped.error();
  RunRow run;
  run.state = RunState::aborted;
  if (auto row = ledger_.run(run_)) run = std::move(*row);
  auto end = end_of(run);
  // Whatever has happened to the engine, and even if it was told to forget the run: all results are here.
  end.reason = end.counts.remaining == 0 ? "completed" : "aborted";
  if (end.counts.remaining != 0) {
    end.error = failure.error.message;
    end.all_unsettled = true;
  }
  if (auto closed = collector_.close(end); !closed) return Failure{Fault::refused, closed.error()};
  return CollectionEnd::closed;
}

}  // namespace koobatch::fleet
