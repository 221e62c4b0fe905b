#include "koobatch/report/writer.hpp"

#include "report_samples.hpp"

#include <condition_variable>
#include <mutex>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

namespace {

using samples::sync;

/// The events of all threads, in order, and gates at which the writer's thread waits until the test opens them.
class Log {
 public:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  /// Waits until `event` has happened `times` times.
  void wait_for(const std::string& event, std::ptrdiff_t times = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::count(events_.begin(), events_.end(), event) >= times; });
  }
  void close_gate() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass_gate() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  bool open_ = true;
};

/// Records the calls it receives. Syncs wait at the gate; the append or sync with the given number (from 1) fails.
class FakeJournal : public JournalFile {
 public:
  FakeJournal(Log& log, int failing_append, int failing_sync, int failing_check = 0)
      : log_(log), failing_append_(failing_append), failing_sync_(failing_sync), failing_check_(failing_check) {}

  Result<void> append(std::string_view bytes) override {
    log_.add("append " + std::string(bytes));
    if (++appends_ == failing_append_) return fatal_error("r.ndjson: write failed: No space left on device");
    return {};
  }
  Result<void> sync() override {
    log_.add("sync");
    log_.pass_gate();
    if (++syncs_ == failing_sync_) return fatal_error("r.ndjson: fdatasync failed: Input/output error");
    return {};
  }
  /// Not recorded unless it fails, because how often an idle writer checks depends on timing.
  Result<void> check() override {
    if (++checks_ == failing_check_) return fatal_error("r.ndjson: the report was removed");
    return {};
  }

 private:
  Log& log_;
  const int failing_append_, failing_sync_, failing_check_;
  int appends_ = 0, syncs_ = 0, checks_ = 0;
};

/// Records the events it receives.
class LoggedEvents : public WriterEvents {
 public:
  explicit LoggedEvents(Log& log) : log_(log) {}
  void durable(unsigned worker, std::uint64_t number) override {
    log_.add("durable " + std::to_string(worker) + ":" + std::to_string(number));
  }
  void failed(const Error& cause) override { log_.add("failed " + cause.message); }
  void relieved() override { log_.add("relieved"); }

 private:
  Log& log_;
};

struct Bench {
  explicit Bench(WriterSettings settings = quiet(), int failing_append = 0, int failing_sync = 0, int failing_check = 0)
      : writer(std::make_unique<FakeJournal>(log, failing_append, failing_sync, failing_check), events, settings) {}
  // So that a failed test leaves no thread waiting.
  ~Bench() { log.open_gate(); }

  /// Settings under which nothing is committed because of time.
  static WriterSettings quiet() {
    WriterSettings settings;
    settings.policy.max_delay = 24h;
    settings.idle_check = 24h;
    return settings;
  }

  void submit(unsigned worker, std::uint64_t number, std::string lines, bool urgent) {
    Batch batch{worker, number, Steady::now(), std::move(lines)};
    writer.submit(batch, urgent);
    BOOST_TEST(batch.lines.empty());
  }
  /// Brings the writer's thread into the sync of a first group, where it stays until the gate opens.
  void hold_in_sync() {
    log.close_gate();
    submit(0, 1, "held\n", true);
    log.wait_for("sync");
  }
  void require_events(const std::vector<std::string>& expected) const {
    BOOST_TEST(log.events() == expected, boost::test_tools::per_element());
  }

  Log log;
  LoggedEvents events{log};
  Writer writer;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_writer)

BOOST_AUTO_TEST_CASE(an_urgent_batch_is_durable_before_its_worker_is_notified) {
  Bench bench;
  bench.submit(2, 7, "a\n", true);
  bench.log.wait_for("durable 2:7");
  bench.require_events({"append a\n", "sync", "durable 2:7"});
}

BOOST_AUTO_TEST_CASE(batches_wait_for_one_another_and_share_a_sync) {
  Bench bench;
  bench.submit(0, 1, "a\n", false);
  bench.submit(1, 1, "b\n", false);
  bench.submit(0, 2, "c\n", false);
  BOOST_TEST(bench.log.events().empty());
  bench.submit(1, 2, "d\n", true);
  bench.log.wait_for("durable 1:2");
  bench.require_events({"append a\nb\nc\nd\n", "sync", "durable 0:2", "durable 1:2"});
}

BOOST_AUTO_TEST_CASE(a_nudge_commits_what_was_handed_over) {
  Bench bench;
  bench.submit(0, 1, "a\n", false);
  bench.submit(0, 2, "", true);
  bench.log.wait_for("durable 0:1");
  bench.require_events({"append a\n", "sync", "durable 0:1"});
}

BOOST_AUTO_TEST_CASE(results_that_have_waited_long_enough_are_committed_without_urgency) {
  auto settings = Bench::quiet();
  settings.policy.max_delay = 0ms;
  Bench bench(settings);
  bench.submit(0, 1, "a\n", false);
  bench.log.wait_for("durable 0:1");
  bench.require_events({"append a\n", "sync", "durable 0:1"});
}

BOOST_AUTO_TEST_CASE(a_delayed_group_is_committed_when_its_time_comes) {
  // The only test in which time passes: without it, a thread that never wakes by itself would go unnoticed.
  auto settings = Bench::quiet();
  settings.policy.max_delay = 1ms;
  Bench bench(settings);
  Batch batch{0, 1, Steady::now() + 2ms, "a\n"};
  bench.writer.submit(batch, false);
  bench.log.wait_for("durable 0:1");
  BOOST_TEST((Steady::now() >= batch.first));
}

BOOST_AUTO_TEST_CASE(a_full_group_is_committed_without_urgency) {
  auto settings = Bench::quiet();
  settings.policy.full_bytes = 4;
  Bench bench(settings);
  bench.submit(0, 1, "a\n", false);
  bench.submit(0, 2, "b\n", false);
  bench.log.wait_for("durable 0:2");
  bench.require_events({"append a\nb\n", "sync", "durable 0:2"});
}

BOOST_AUTO_TEST_CASE(every_group_after_the_first_opens_with_a_mark) {
  Bench bench;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    bench.submit(0, n, "a\n", true);
    bench.log.wait_for("durable 0:" + std::to_string(n));
  }
  bench.require_events({"append a\n", "sync", "durable 0:1", "append " + sync(1) + "a\n", "sync", "durable 0:2",
                        "append " + sync(2) + "a\n", "sync", "durable 0:3"});
}

BOOST_AUTO_TEST_CASE(a_resumed_report_continues_numbering_its_marks_from_the_first_group) {
  auto settings = Bench::quiet();
  settings.last_sync = 41;
  Bench bench(settings);
  bench.submit(0, 1, "a\n", true);
  bench.log.wait_for("durable 0:1");
  bench.require_events({"append " + sync(42) + "a\n", "sync", "durable 0:1"});
}

BOOST_AUTO_TEST_CASE(handing_over_does_not_wait_for_a_sync) {
  Bench bench;
  bench.hold_in_sync();
  // On this thread, while the writer's thread is blocked: if submit() waited, this test would never end.
  for (std::uint64_t n = 1; n <= 1000; ++n) bench.submit(1, n, "a\n", true);
  BOOST_TEST(bench.log.events().size() == 2U);
  bench.log.open_gate();
  bench.log.wait_for("durable 1:1000");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "a\n";
  bench.require_events({"append held\n", "sync", "durable 0:1", "append " + sync(1) + lines, "sync", "durable 1:1000"});
}

BOOST_AUTO_TEST_CASE(a_slow_disk_shows_as_saturation_and_its_end_is_reported) {
  auto settings = Bench::quiet();
  settings.pending_limit = 10;
  Bench bench(settings);
  BOOST_TEST(bench.writer.pending_bytes() == 0U);
  bench.hold_in_sync();
  BOOST_TEST(bench.writer.pending_bytes() == 5U);
  BOOST_TEST(!bench.writer.saturated());
  bench.submit(1, 1, "more\n", true);
  BOOST_TEST(bench.writer.pending_bytes() == 10U);
  BOOST_TEST(bench.writer.saturated());
  bench.log.open_gate();
  bench.log.wait_for("relieved");
  bench.log.wait_for("durable 1:1");
  BOOST_TEST(bench.writer.pending_bytes() == 0U);
  BOOST_TEST(!bench.writer.saturated());
  bench.require_events(
      {"append held\n", "sync", "durable 0:1", "relieved", "append " + sync(1) + "more\n", "sync", "durable 1:1"});
}

BOOST_AUTO_TEST_CASE(closing_commits_the_rest_before_the_last_line_is_written) {
  Bench bench;
  bench.submit(0, 1, "a\n", false);
  BOOST_TEST(bench.writer.close("end\n").has_value());
  // The last line proves that what precedes it is durable, so it must not share a sync with it.
  bench.require_events({"append a\n", "sync", "durable 0:1", "append end\n", "sync"});
}

BOOST_AUTO_TEST_CASE(closing_during_a_sync_keeps_the_order) {
  Bench bench;
  bench.hold_in_sync();
  bench.submit(1, 1, "a\n", false);
  std::thread opener([&] { bench.log.open_gate(); });
  BOOST_TEST(bench.writer.close("end\n").has_value());
  opener.join();
  bench.require_events({"append held\n", "sync", "durable 0:1", "append " + sync(1) + "a\n", "sync", "durable 1:1",
                        "append end\n", "sync"});
}

BOOST_AUTO_TEST_CASE(closing_with_nothing_to_write_writes_nothing) {
  Bench bench;
  BOOST_TEST(bench.writer.close("").has_value());
  BOOST_TEST(bench.writer.close("again\n").has_value());
  bench.submit(0, 1, "late\n", true);
  BOOST_TEST(bench.log.events().empty());
}

BOOST_AUTO_TEST_CASE(a_writer_that_is_destroyed_drops_what_it_gathered) {
  Log log;
  {
    WriterSettings settings = Bench::quiet();
    LoggedEvents events(log);
    Writer writer(std::make_unique<FakeJournal>(log, 0, 0), events, settings);
    Batch batch{0, 1, Steady::now(), "a\n"};
    writer.submit(batch, false);
  }
  BOOST_TEST(log.events().empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_written_after_any_failure) {
  // Four groups and a last line are five appends and five syncs; each of them fails once.
  for (int failing = 1; failing <= 10; ++failing) {
    BOOST_TEST_CONTEXT("failure of step " << failing) {
      const int failing_append = failing % 2 == 1 ? (failing + 1) / 2 : 0;
      const int failing_sync = failing % 2 == 0 ? failing / 2 : 0;
      Bench bench(Bench::quiet(), failing_append, failing_sync);
      const std::string failure = failing_append != 0 ? "failed r.ndjson: write failed: No space left on device"
                                                      : "failed r.ndjson: fdatasync failed: Input/output error";
      const int good_groups = std::min((failing - 1) / 2, 4);
      for (int n = 1; n <= 4; ++n) {
        const auto number = static_cast<std::uint64_t>(n);
        bench.submit(0, number, "a\n", true);
        bench.log.wait_for(n <= good_groups ? "durable 0:" + std::to_string(n) : failure);
      }
      const auto closed = bench.writer.close("end\n");
      BOOST_REQUIRE(!closed);
      BOOST_TEST("failed " + closed.error().message == failure);
      const auto events = bench.log.events();
      BOOST_TEST(std::count(events.begin(), events.end(), failure) == 1);
      BOOST_TEST(events.back() == failure);
      const auto told = std::count_if(events.begin(), events.end(), [](auto& e) { return e.starts_with("durable"); });
      BOOST_TEST(told == good_groups);
      BOOST_TEST(!bench.writer.close("again\n"));
      BOOST_TEST(bench.log.events().size() == events.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_written_file_is_read_back_and_continued) {
  const samples::Folder folder;
  const auto path = folder / "r.ndjson";
  const auto commit = [&](Writer& writer, std::uint32_t line) {
    Batch batch{0, line, Steady::now(), samples::line(samples::result(line))};
    writer.submit(batch, true);
  };
  {
    auto created = create_report(path, samples::line(samples::run(1)));
    BOOST_REQUIRE(created);
    Log log;
    LoggedEvents events(log);
    Writer writer(std::move(*created), events, Bench::quiet());
    commit(writer, 1);
    commit(writer, 2);
    BOOST_TEST(writer.close(samples::line(samples::end(1, "interrupted", {2}))).has_value());
  }
  std::ofstream(path, std::ios::app | std::ios::binary) << "torn";

  auto locked = LockedReport::open(path);
  BOOST_REQUIRE(locked);
  const auto before = scan(path);
  BOOST_REQUIRE(before);
  BOOST_TEST(before->torn());
  auto file = std::move(*locked).append_from(before->valid_bytes);
  BOOST_REQUIRE(file);
  BOOST_TEST((*file)->append(samples::sync(before->last_sync + 1) + samples::line(samples::run(2))).has_value());
  BOOST_TEST((*file)->sync().has_value());
  {
    auto settings = Bench::quiet();
    settings.last_sync = before->last_sync + 1;
    Log log;
    LoggedEvents events(log);
    Writer writer(std::move(*file), events, settings);
    commit(writer, 3);
    BOOST_TEST(writer.close(samples::line(samples::end(2, "completed", {3}))).has_value());
  }
  const auto after = scan(path);
  BOOST_REQUIRE_MESSAGE(after, after.error().message);
  BOOST_TEST(!after->torn());
  BOOST_TEST(after->ended());
  BOOST_TEST(after->segments.size() == 2U);
  BOOST_TEST(after->done.size() == 3U);
  BOOST_TEST(after->last_sync == before->last_sync + 2);
}

BOOST_AUTO_TEST_CASE(batches_of_several_workers_are_written_once_and_in_each_workers_order) {
  constexpr std::uint64_t batches = 2000;
  Log log;
  LoggedEvents events(log);
  Writer writer(std::make_unique<FakeJournal>(log, 0, 0), events, Bench::quiet());
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&writer, worker] {
      Batch batch{worker, 0, Steady::now(), {}};
      while (batch.number < batches) {
        ++batch.number;
        batch.lines = std::to_string(worker) + " " + std::to_string(batch.number) + "\n";
        writer.submit(batch, batch.number % 7 == 0);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  BOOST_TEST(writer.close("").has_value());

  std::string written;
  for (const auto& event : log.events()) {
    if (event.starts_with("append ")) written += event.substr(7);
  }
  std::istringstream lines(written);
  std::vector<std::uint64_t> last(4);
  for (std::string text; std::getline(lines, text);) {
    if (text.starts_with('{')) continue;
    const auto worker = static_cast<std::size_t>(text[0] - '0');
    BOOST_REQUIRE_EQUAL(std::stoull(text.substr(2)), ++last[worker]);
  }
  BOOST_TEST(last == std::vector<std::uint64_t>(4, batches), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_report_lost_while_nothing_is_written_is_noticed) {
  auto settings = Bench::quiet();
  settings.idle_check = 1ms;
  Bench bench(settings, 0, 0, 3);
  bench.log.wait_for("failed r.ndjson: the report was removed");
  bench.submit(0, 1, "late\n", true);
  BOOST_TEST(!bench.writer.close("end\n"));
  bench.require_events({"failed r.ndjson: the report was removed"});
}

BOOST_AUTO_TEST_CASE(a_report_lost_while_it_is_closed_is_noticed) {
  Bench bench(Bench::quiet(), 0, 0, 1);
  const auto closed = bench.writer.close("end\n");
  BOOST_REQUIRE(!closed);
  BOOST_TEST(closed.error().message == "r.ndjson: the report was removed");
  bench.require_events({"append end\n", "sync", "failed r.ndjson: the report was removed"});
}

BOOST_AUTO_TEST_CASE(a_journal_that_keeps_groups_apart_needs_no_marks) {
  auto settings = Bench::quiet();
  settings.sync_lines = false;
  Bench bench(settings);
  bench.submit(0, 1, "a\n", true);
  bench.log.wait_for("durable 0:1");
  bench.submit(0, 2, "b\n", true);
  bench.log.wait_for("durable 0:2");
  bench.require_events({"append a\n", "sync", "durable 0:1", "append b\n", "sync", "durable 0:2"});
}

BOOST_AUTO_TEST_SUITE_END()
