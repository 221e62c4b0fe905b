#include "fleet/fleet_source.hpp"

#include "contains.hpp"
#include "fleet_support.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using koobatch::test::contains;
using Item = job::Reader::Item;
using std::chrono_literals::operator""h;

namespace koobatch::job {
std::ostream& boost_test_print_type(std::ostream& out, Reader::Item item) {
  constexpr const char* names[] = {"operation", "invalid", "pause", "end"};
  return out << names[static_cast<std::size_t>(item)];
}
}  // namespace koobatch::job

namespace {

/// Renames `folder`.
std::string rename(const std::string& folder) {
  return fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"n","user_id":"7"}})", folder);
}

struct Fixture {
  std::shared_ptr<SharedBook> book = std::make_shared<SharedBook>();
  std::shared_ptr<FeedQueue> queue = std::make_shared<FeedQueue>();
  FleetSource source{"job.ndjson", {}, {}, book, queue};
  std::unique_ptr<job::Reader> reader = source.open().value();
  koodrive::Operation operation;

  void claim(ChunkNumber chunks, ChunkNumber doubt = 0, Duration hold = {}) {
    book->with([&](PartBook& it) {
      // Only of a part that somebody has owned before is there anything to be known.
      const std::uint64_t epoch = doubt == 0 ? 1 : 2;
      it.claimed({.part = 3, .epoch = epoch, .chunks = chunks, .done = 0, .doubt = doubt, .hold = hold},
                 BootClock::now());
    });
  }
  void know_history() {
    book->with([](PartBook& it) { it.history_known(3); });
  }
  /// Feeds the chunk that the book wants next.
  void feed(UnpackedChunk operations) {
    book->with([&](PartBook& it) {
      const auto next = it.next_chunk(BootClock::now());
      BOOST_TEST_REQUIRE(next.has_value());
      queue->add({*next, std::move(operations)});
      it.queued(*next);
    });
  }
  /// A chunk that renames these folders.
  static UnpackedChunk chunk(const std::vector<std::pair<std::uint32_t, std::string>>& lines) {
    UnpackedChunk out;
    for (const auto& [line, folder] : lines) {
      out.lines.push_back(line);
      out.attempted.push_back(false);
      out.text += rename(folder) + "\n";
    }
    return out;
  }
  Item skip() { return reader->skip().value(); }
  std::string error() {
    for (;;) {
      const auto item = reader->skip();
      if (!item) return item.error().message;
      if (*item != Item::operation) return "none";
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fleet_source, Fixture)

BOOST_AUTO_TEST_CASE(operations_have_the_lines_of_the_job) {
  claim(1);
  feed(chunk({{7, "1"}, {900, "2"}}));
  BOOST_TEST(queue->waiting() == 2U);
  queue->finish();
  BOOST_TEST(reader->next(operation).value() == Item::operation);
  BOOST_TEST(operation.line() == 7U);
  BOOST_TEST(operation.id() == "1");
  BOOST_TEST(operation.user() == "7");
  BOOST_TEST(reader->line() == 7U);
  BOOST_TEST(!reader->standing()->maybe_sent);
  BOOST_TEST(!reader->standing()->noted.has_value());
  BOOST_TEST(reader->next(operation).value() == Item::operation);
  BOOST_TEST(operation.line() == 900U);
  BOOST_TEST(reader->last_line() == 900U);
  BOOST_TEST(skip() == Item::end);
  BOOST_TEST(skip() == Item::end);
  BOOST_TEST(queue->waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(it_pauses_once_when_nothing_is_there_and_then_waits) {
  BOOST_TEST(skip() == Item::pause);
  std::jthread other([this] {
    claim(1);
    feed(chunk({{1, "1"}}));
  });
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(skip() == Item::pause);
}

BOOST_AUTO_TEST_CASE(a_waiting_reader_ends_when_it_is_stopped) {
  BOOST_TEST(skip() == Item::pause);
  std::jthread other([this] { source.stop_waiting(); });
  BOOST_TEST(skip() == Item::end);
}

BOOST_AUTO_TEST_CASE(a_stopped_reader_leaves_what_was_fed) {
  claim(1);
  feed(chunk({{1, "1"}, {2, "2"}}));
  BOOST_TEST(skip() == Item::operation);
  source.stop_waiting();
  BOOST_TEST(skip() == Item::end);
}

BOOST_AUTO_TEST_CASE(a_waiting_reader_ends_when_nothing_more_will_come) {
  BOOST_TEST(skip() == Item::pause);
  std::jthread other([this] { queue->finish(); });
  BOOST_TEST(skip() == Item::end);
}

BOOST_AUTO_TEST_CASE(operations_with_results_are_passed_over) {
  claim(1, 1);
  book->with([](PartBook& it) {
    it.earlier_result(1);
    it.earlier_result(3);
  });
  know_history();
  feed(chunk({{1, "1"}, {2, "2"}, {3, "3"}}));
  queue->finish();
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(reader->line() == 2U);
  BOOST_TEST(skip() == Item::end);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_owner_may_have_sent_is_repeated_and_what_follows_on_its_key_waits) {
  claim(2, 1, 1h);
  know_history();
  feed(chunk({{1, "1"}, {2, "1"}, {3, "2"}}));
  queue->finish();
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(reader->line() == 1U);
  BOOST_TEST(reader->standing()->maybe_sent);
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(reader->line() == 3U);
  BOOST_TEST(reader->standing()->maybe_sent);
  BOOST_TEST(skip() == Item::end);
}

BOOST_AUTO_TEST_CASE(what_waited_is_read_once_more_when_the_hold_is_over) {
  claim(1, 1, Duration::zero());
  know_history();
  feed(chunk({{1, "1"}, {2, "1"}}));
  queue->finish();
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(reader->line() == 2U);
}

BOOST_AUTO_TEST_CASE(a_noted_attempt_is_handed_on_with_its_operation) {
  claim(1, 1, 1h);
  book->with([](PartBook& it) { it.earlier_note({.prefix = 9, .line = 5, .attempt = 2}); });
  know_history();
  feed(chunk({{5, "1"}, {6, "2"}}));
  queue->finish();
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST_REQUIRE(reader->standing()->noted.has_value());
  BOOST_TEST((*reader->standing()->noted == TraceId{9, 5, 2}));
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(!reader->standing()->noted.has_value());
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_may_have_sent_is_known) {
  claim(1);
  auto operations = chunk({{1, "1"}, {2, "2"}});
  operations.attempted[1] = true;
  feed(std::move(operations));
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(!reader->standing()->maybe_sent);
  BOOST_TEST(skip() == Item::operation);
  BOOST_TEST(reader->standing()->maybe_sent);
}

BOOST_AUTO_TEST_CASE(every_rule_is_checked_again) {
  claim(1);
  auto operations = chunk({{4, "1"}, {5, "2"}});
  operations.text.replace(operations.text.find("\"n\""), 3, "\"\"");
  feed(std::move(operations));
  BOOST_TEST(skip() == Item::invalid);
  BOOST_TEST(reader->line() == 4U);
  BOOST_TEST(!reader->violations().empty());
  BOOST_TEST(skip() == Item::operation);
}

BOOST_AUTO_TEST_CASE(settings_of_the_submission_apply) {
  job::ReaderSettings settings;
  settings.default_user = "42";
  settings.found_valid = true;
  settings.format = job::Format::csv;
  FleetSource other{"job.csv", {}, settings, book, queue};
  auto reading = other.open().value();
  claim(1);
  auto operations = chunk({{4, "1"}, {5, "2"}});
  const std::string user = R"(,"user_id":"7")";
  operations.text.erase(operations.text.find(user), user.size());
  operations.text.replace(operations.text.rfind("\"n\""), 3, "\"\"");
  feed(std::move(operations));
  BOOST_TEST(reading->next(operation).value() == Item::operation);
  BOOST_TEST(operation.user() == "42");
  BOOST_TEST(reading->next(operation).value() == Item::invalid);
}

BOOST_AUTO_TEST_CASE(a_chunk_with_another_number_of_operations_is_refused) {
  claim(2);
  auto operations = chunk({{1, "1"}, {2, "2"}});
  operations.lines.pop_back();
  feed(std::move(operations));
  BOOST_TEST(contains(error(), "chunk 1 of part 3 has more operations than lines"));
}

BOOST_AUTO_TEST_CASE(a_chunk_with_too_few_operations_is_refused) {
  claim(2);
  auto operations = chunk({{1, "1"}, {2, "2"}});
  operations.text.erase(operations.text.find('\n') + 1);
  feed(std::move(operations));
  BOOST_TEST(contains(error(), "fewer operations than lines"));
}

BOOST_AUTO_TEST_SUITE_END()
