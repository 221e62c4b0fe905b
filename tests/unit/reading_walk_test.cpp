#include "reading/walk.hpp"

#include "contains.hpp"
#include "koobatch/reading/notes.hpp"
#include "reading_support.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::reading;
using namespace reading_support;
using koobatch::koodrive::Turn;
using koobatch::test::contains;

namespace {

koodrive::Outcome success() {
  koodrive::Outcome outcome;
  outcome.verdict = koodrive::Verdict::succeeded;
  outcome.http = 200;
  return outcome;
}

http::Answer answered(std::string body) {
  http::Answer answer;
  answer.delivery = http::Delivery::answered;
  answer.http = 200;
  answer.body = std::move(body);
  return answer;
}

/// A note as it is read back from a line of a report.
WalkNote read_back(const std::string& note) {
  simdjson::dom::parser parser;
  simdjson::dom::element line;
  const std::string text = R"({"type":"note","line":3,)" + note + "}";
  BOOST_REQUIRE_MESSAGE(parser.parse(text).get(line) == simdjson::SUCCESS, text);
  const auto read = read_note(line);
  BOOST_REQUIRE_MESSAGE(read, text);
  return *read;
}

/// What a walk records, as a reader of its notes understands it.
struct Recorded {
  std::vector<std::string> items;
  std::vector<Unreadable> unreadable;
  std::optional<WalkEnd> end;
  unsigned begun = 0;
  Turn last;

  void take(const Turn& turn) {
    last = turn;
    if (turn.note.empty()) return;
    auto note = read_back(turn.note);
    if (note.begins) {
      ++begun;
      items.clear();
      unreadable.clear();
    }
    for (auto& item : note.items) items.push_back(std::move(item));
    for (auto& item : note.unreadable) unreadable.push_back(std::move(item));
    if (note.end) end = std::move(note.end);
  }
};

Recorded record(Walk& walk, Service& service) {
  Recorded recorded;
  do {
    recorded.take(walk.read(answered(service.answer(walk.target())), success(), false));
  } while (recorded.last.kind == Turn::Kind::read);
  return recorded;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reading_walk)

BOOST_AUTO_TEST_CASE(a_walk_records_every_item_once) {
  for (const std::size_t count : {0U, 1U, 9U, 10U, 11U, 100U}) {
    Service service(Paging::offset);
    service.fill(count);
    const auto list = list_with(Paging::offset, 10);
    Confirmations confirmations;
    Walk walk(thing_kind(), list, "42", confirmations);
    const auto recorded = record(walk, service);
    BOOST_TEST((recorded.last.kind == Turn::Kind::end));
    BOOST_TEST((recorded.last.status == Status::succeeded));
    BOOST_REQUIRE(recorded.items.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
      BOOST_TEST(recorded.items[i] ==
                 fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"42","name":"name {}"}})", 1000 + i, i));
    }
    BOOST_REQUIRE(recorded.end.has_value());
    BOOST_TEST(recorded.end->items == count);
    BOOST_TEST(recorded.end->pages == service.requests);
    BOOST_TEST(recorded.end->is_confirmed);
    BOOST_TEST(recorded.end->instability == "");
    BOOST_TEST(recorded.begun == 1U);
  }
}

BOOST_AUTO_TEST_CASE(what_was_recorded_before_a_walk_began_anew_does_not_count) {
  Service service(Paging::offset);
  service.fill(50);
  service.before_page = [](Service& self, std::size_t number) {
    if (number == 2 || number == 3) self.things.erase(self.things.begin(), self.things.begin() + 15);
  };
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42", confirmations);
  const auto recorded = record(walk, service);
  BOOST_TEST(recorded.begun == 2U);
  BOOST_TEST(recorded.items.size() == 20U);
  BOOST_TEST(recorded.end.value().begun_anew == 1U);
  BOOST_TEST(recorded.end.value().items == 20U);
}

BOOST_AUTO_TEST_CASE(items_that_cannot_be_read_are_recorded_once) {
  const auto list = list_with(Paging::offset, 2);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42", confirmations);
  Recorded recorded;
  recorded.take(walk.read(answered(R"({"things":[{"id":"1","name":"a"},{"id":"2","name":5}]})"), success(), false));
  recorded.take(walk.read(answered(R"({"things":[{"id":"2","name":5},{"id":"3","name":"c"}]})"), success(), false));
  recorded.take(walk.read(answered(R"({"things":[{"id":"3","name":"c"}]})"), success(), false));
  BOOST_TEST(recorded.items.size() == 2U);
  BOOST_REQUIRE(recorded.end.has_value());
  BOOST_TEST(recorded.end->unreadable == 1U);
  BOOST_TEST(recorded.end->items == 3U);
  BOOST_TEST(recorded.unreadable.at(0).id == "2");
  BOOST_TEST(recorded.unreadable.at(0).why == "its /name: expected a string, found \"5\"");
}

BOOST_AUTO_TEST_CASE(a_walk_that_another_segment_continues_begins_anew) {
  Service service(Paging::offset);
  service.fill(25);
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk first(thing_kind(), list, "42", confirmations);
  Recorded recorded;
  recorded.take(first.read(answered(service.answer(first.target())), success(), false));
  Walk second(thing_kind(), list, "42", confirmations);
  do {
    recorded.take(second.read(answered(service.answer(second.target())), success(), false));
  } while (recorded.last.kind == Turn::Kind::read);
  BOOST_TEST(recorded.begun == 2U);
  BOOST_TEST(recorded.items.size() == 25U);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_the_walk) {
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42", confirmations);
  koodrive::Outcome refused;
  refused.verdict = koodrive::Verdict::rejected;
  refused.http = 400;
  refused.code = 13000410;
  refused.msg = "no permission";
  const auto turn = walk.read(answered("{}"), refused, false);
  BOOST_TEST((turn.kind == Turn::Kind::end));
  BOOST_TEST((turn.status == Status::rejected));
  BOOST_TEST(turn.note.empty());
}

BOOST_AUTO_TEST_CASE(an_answer_that_cannot_be_read_ends_the_walk) {
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42", confirmations);
  const auto turn = walk.read(answered(R"({"code":0})"), success(), false);
  BOOST_TEST((turn.kind == Turn::Kind::end));
  BOOST_TEST((turn.status == Status::failed));
  BOOST_TEST(turn.error == "the answer cannot be read: it has no /things");
}

BOOST_AUTO_TEST_CASE(a_list_without_end_ends_the_walk) {
  Service service(Paging::offset);
  service.is_endless = true;
  service.fill(30);
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42", confirmations);
  const auto recorded = record(walk, service);
  BOOST_TEST((recorded.last.status == Status::failed));
  BOOST_TEST(recorded.last.error == "the list repeats itself");
  BOOST_TEST(!recorded.end);
}

BOOST_AUTO_TEST_CASE(hostile_names_leave_the_note_intact) {
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42\"}", confirmations);
  Recorded recorded;
  const std::string name = R"(\"}],\"end\":{\u0000\n\u202e)";
  recorded.take(walk.read(answered(R"({"things":[{"id":"1","name":")" + name + R"("}]})"), success(), false));
  recorded.take(walk.read(answered(R"({"things":[{"id":"1","name":")" + name + R"("}]})"), success(), false));
  BOOST_TEST(recorded.items.size() == 1U);
  BOOST_TEST(contains(recorded.items.at(0), R"("user_id":"42\"}")"));
  BOOST_TEST(recorded.items.at(0).find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_first_walks_are_confirmed_and_after_a_denial_all) {
  Confirmations confirmations;
  for (int i = 0; i < 100; ++i) BOOST_TEST(confirmations.next());
  int confirmed = 0;
  for (int i = 0; i < 1000; ++i) confirmed += confirmations.next() ? 1 : 0;
  BOOST_TEST(confirmed == 10);
  const auto list = list_with(Paging::offset, 10);
  Service service(Paging::offset);
  service.fill(20);
  service.distort = [](std::size_t number, std::vector<Thing>& shown) {
    if (number == 0) shown.resize(5);
  };
  // The walk after 100 others whose number is even.
  Walk walk(thing_kind(), list, "42", confirmations);
  record(walk, service);
  BOOST_TEST(confirmations.was_denied());
  for (int i = 0; i < 1000; ++i) BOOST_TEST(confirmations.next());
}

BOOST_AUTO_TEST_CASE(a_service_that_gives_no_page_more_than_so_many_items_is_noticed_however_late) {
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  for (int user = 0; user < 200; ++user) {
    Service service(Paging::offset);
    service.fill(user < 150 ? std::size_t{3} : std::size_t{8});
    service.distort = [](std::size_t, std::vector<Thing>& shown) {
      shown.resize(std::min<std::size_t>(5, shown.size()));
    };
    Walk walk(thing_kind(), list, "42", confirmations);
    const auto recorded = record(walk, service);
    BOOST_TEST_REQUIRE(recorded.items.size() == service.things.size());
    BOOST_TEST_REQUIRE(!recorded.end->was_cut_early, "what is shorter than the limit was not cut");
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_is_cut_shorter_than_others_throws_doubt_on_those_that_were_not_confirmed) {
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Service whole(Paging::offset);
  whole.fill(9);
  Walk first(thing_kind(), list, "42", confirmations);
  record(first, whole);
  Service cut(Paging::offset);
  cut.fill(9);
  cut.distort = [](std::size_t number, std::vector<Thing>& shown) {
    if (number == 0) shown.resize(4);
  };
  Walk second(thing_kind(), list, "42", confirmations);
  const auto recorded = record(second, cut);
  BOOST_TEST(recorded.items.size() == 9U);
  BOOST_TEST(recorded.end->was_cut_early);
}

BOOST_AUTO_TEST_CASE(an_item_twice_on_a_page_has_its_later_value) {
  const auto list = list_with(Paging::offset, 10);
  Confirmations confirmations;
  Walk walk(thing_kind(), list, "42", confirmations);
  Recorded recorded;
  const std::string page = R"({"things":[{"id":"1","name":"a"},{"id":"2","name":"b"},{"id":"1","name":"c"}]})";
  recorded.take(walk.read(answered(page), success(), false));
  BOOST_TEST_REQUIRE(recorded.items.size() == 2U);
  BOOST_TEST(contains(recorded.items.at(0), R"("name":"b")"));
  BOOST_TEST(contains(recorded.items.at(1), R"("name":"c")"));
}

BOOST_AUTO_TEST_CASE(a_note_of_something_else_is_none) {
  simdjson::dom::parser parser;
  const auto reads = [&](const std::string& text) { return read_note(parser.parse(text).value()).has_value(); };
  BOOST_TEST(!reads(R"({"was":{"name":"a"}})"));
  BOOST_TEST(!reads(R"({"walk":7})"));
  BOOST_TEST(reads(R"({"walk":{}})"));
}

BOOST_AUTO_TEST_SUITE_END()
