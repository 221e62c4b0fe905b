// What a disk may hold after a power failure: nothing is trusted that was torn, and nothing is lost that was reported
// as durable.
#include "report_samples.hpp"

#include "koobatch/report/writer.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <set>

using namespace koobatch;
using namespace koobatch::report;

namespace {

constexpr std::uint32_t operations = 60;
constexpr std::size_t sector = 512;

/// The file operations requested, and the durability promised, in order.
struct Event {
  enum class Kind { append, sync, promise } kind;
  std::string bytes = {};   ///< append
  std::uint64_t batch = 0;  ///< promise: all batches up to this one
};

/// Records the calls it receives.
class RecordingJournal : public JournalFile {
 public:
  explicit RecordingJournal(std::vector<Event>& events) : events_(events) {}
  Result<void> append(std::string_view bytes) override {
    events_.push_back({Event::Kind::append, std::string(bytes)});
    return {};
  }
  Result<void> sync() override {
    events_.push_back({Event::Kind::sync, {}});
    return {};
  }

 private:
  std::vector<Event>& events_;
};

/// Notifies the test when a batch is durable.
class Promises {
 public:
  void keep(std::uint64_t batch) {
    const std::lock_guard lock(mutex_);
    durable_ = batch;
    changed_.notify_all();
  }
  void wait_for(std::uint64_t batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return durable_ >= batch; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t durable_ = 0;
};

/// Records when the writer promises that a batch is durable.
class PromiseEvents final : public WriterEvents {
 public:
  PromiseEvents(std::vector<Event>& events, Promises& promises) : events_(events), promises_(promises) {}
  void durable(unsigned, std::uint64_t number) override {
    events_.push_back({Event::Kind::promise, {}, number});
    promises_.keep(number);
  }
  void failed(const Error&) override {}
  void relieved() override {}

 private:
  std::vector<Event>& events_;
  Promises& promises_;
};

/// One segment as the real writer writes it: the results of `todo`, in batches of random size.
struct Recording {
  std::vector<Event> events;
  std::vector<std::uint64_t> batch_of;  ///< by index into todo
};

Recording record_segment(const std::vector<std::uint32_t>& todo, unsigned segment, std::uint64_t last_sync,
                         std::mt19937_64& random) {
  Recording recording;
  Promises promises;
  RecordingJournal opening(recording.events);
  WriterSettings settings;
  std::string first_lines;
  if (segment > 1) {
    settings.last_sync = last_sync + 1;
    append_sync_line(first_lines, *settings.last_sync);
  }
  append_line(first_lines, samples::run(segment, operations));
  BOOST_REQUIRE(opening.append(first_lines));
  BOOST_REQUIRE(opening.sync());

  PromiseEvents events(recording.events, promises);
  Writer writer(std::make_unique<RecordingJournal>(recording.events), events, settings);
  Batch batch;
  for (std::uint64_t number = 1; recording.batch_of.size() < todo.size(); ++number) {
    batch.number = number;
    batch.first = Steady::now();
    for (auto count = 1 + random() % 6; count > 0 && recording.batch_of.size() < todo.size(); --count) {
      append_line(batch.lines, samples::result(todo[recording.batch_of.size()]));
      recording.batch_of.push_back(number);
    }
    writer.submit(batch, true);
    if (random() % 3 != 0) promises.wait_for(number);
  }
  BOOST_REQUIRE(writer.close(samples::line(samples::end(segment, "completed", {operations}))));
  return recording;
}

/// A file on a disk whose power may fail. Synced bytes stay; of the bytes written since, any sector may be present,
/// missing or garbage, and the file may have any length in between.
class Disk {
 public:
  void append(std::string_view bytes) { written_.append(bytes); }
  void sync() { synced_ = written_.size(); }
  void cut(std::size_t size) {
    written_.resize(size);
    synced_ = size;
  }
  const std::string& content() const { return written_; }

  void lose_power(std::mt19937_64& random) {
    written_.resize(synced_ + random() % (written_.size() - synced_ + 1));
    for (std::size_t from = synced_; from < written_.size();) {
      const std::size_t end = std::min(written_.size(), (from / sector + 1) * sector);
      switch (random() % 3) {
        case 0:
          std::fill(written_.begin() + static_cast<std::ptrdiff_t>(from),
                    written_.begin() + static_cast<std::ptrdiff_t>(end), '\0');
          break;
        case 1:
          for (std::size_t i = from; i < end; ++i) written_[i] = static_cast<char>(random());
          break;
        default:
          break;
      }
      from = end;
    }
    synced_ = written_.size();
  }

 private:
  std::string written_;
  std::size_t synced_ = 0;
};

/// Collects the lines that the reader trusts, and checks that each is as it was written.
class Believed : public Visitor {
 public:
  Result<void> on_result(const ResultLine& result) override {
    BOOST_TEST(std::string(result.text) + "\n" == samples::line(samples::result(result.line)));
    lines.insert(result.line);
    return {};
  }
  std::set<std::uint32_t> lines;
};

std::vector<std::uint32_t> all_but(const std::set<std::uint32_t>& done) {
  std::vector<std::uint32_t> lines;
  for (std::uint32_t line = 1; line <= operations; ++line) {
    if (!done.contains(line)) lines.push_back(line);
  }
  return lines;
}

/// Writes a segment, up to `stop` of its events. Returns the operations whose results it promised to be durable.
std::set<std::uint32_t> replay(const Recording& recording, std::size_t stop, const std::vector<std::uint32_t>& todo,
                               Disk& disk) {
  std::uint64_t promised = 0;
  for (std::size_t i = 0; i < stop; ++i) {
    const Event& event = recording.events[i];
    if (event.kind == Event::Kind::append) disk.append(event.bytes);
    if (event.kind == Event::Kind::sync) disk.sync();
    if (event.kind == Event::Kind::promise) promised = event.batch;
  }
  std::set<std::uint32_t> durable;
  for (std::size_t i = 0; i < todo.size(); ++i) {
    if (recording.batch_of[i] <= promised) durable.insert(todo[i]);
  }
  return durable;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power_loss)

BOOST_AUTO_TEST_CASE(nothing_durable_is_lost_and_nothing_torn_is_trusted_over_200_seeds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random(seed);
      Disk disk;
      std::set<std::uint32_t> done;
      std::uint64_t last_sync = 0;
      unsigned segment = 1;
      for (int losses = 0; losses < 4; ++losses) {
        const auto todo = all_but(done);
        const Recording recording = record_segment(todo, segment, last_sync, random);
        // The first two events make the report's first line durable, before which there is no report.
        const std::size_t first = segment == 1 ? 2 : 0;
        const std::size_t stop = first + random() % (recording.events.size() - first + 1);
        const auto durable = replay(recording, stop, todo, disk);
        disk.lose_power(random);

        Believed believed;
        const auto scan = report::scan("r.ndjson", samples::source(disk.content()), believed);
        BOOST_REQUIRE_MESSAGE(scan, scan.error().message);
        for (const std::uint32_t line : durable) BOOST_TEST(believed.lines.contains(line), "lost line " << line);
        for (const std::uint32_t line : done) BOOST_TEST(believed.lines.contains(line), "lost line " << line);
        done = believed.lines;
        last_sync = scan->last_sync;
        segment = scan->segments.back().run.segment + 1;
        if (scan->ended()) break;
        disk.cut(scan->valid_bytes);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
