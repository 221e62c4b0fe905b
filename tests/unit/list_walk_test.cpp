#include "koobatch/reading/list_walk.hpp"

#include "contains.hpp"
#include "reading_support.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::reading;
using namespace reading_support;
using koobatch::test::contains;

namespace {

using Step = ListWalk::Step;

/// What came of a walk.
struct Outcome {
  Step step = Step::failed;
  std::map<std::string, std::string> names;  ///< by identifier, the last ones
  std::set<std::string> doubled;             ///< what was new or changed more than once
  std::string why, instability;
  unsigned anew = 0;
  std::size_t requests = 0;
  bool was_denied = false, is_confirmed = false;
};

Outcome walk(Service& service, const ResourceList& list, bool confirms = false, std::uint64_t max_pages = 10'000) {
  ListWalk walk(list, max_pages);
  walk.begin(confirms);
  Outcome outcome;
  for (outcome.step = Step::more; outcome.step == Step::more || outcome.step == Step::anew;) {
    BOOST_REQUIRE(outcome.requests < 100'000);
    const auto page = page_of(list, service.answer(walk.target()));
    ++outcome.requests;
    outcome.step = walk.take(page);
    if (outcome.step == Step::anew) {
      outcome.names.clear();
      outcome.doubled.clear();
    }
    for (const auto place : walk.fresh()) {
      const auto& item = page.items.at(place);
      if (!outcome.names.insert_or_assign(item.id, name_of(item)).second) outcome.doubled.insert(item.id);
    }
  }
  outcome.why = walk.why();
  outcome.instability = walk.instability();
  outcome.anew = walk.begun_anew();
  outcome.was_denied = walk.was_denied();
  outcome.is_confirmed = walk.is_confirmed();
  return outcome;
}

/// How many requests it takes to read a list that does not change.
std::size_t requests_for(Paging paging, std::uint32_t size, std::size_t count, bool confirms) {
  Service service(paging);
  service.tells_total = paging == Paging::number;
  service.fill(count);
  const auto outcome = walk(service, list_with(paging, size, service.tells_total ? "/total" : ""), confirms);
  BOOST_TEST((outcome.step == Step::done));
  BOOST_TEST(outcome.instability == "");
  BOOST_TEST(outcome.anew == 0U);
  BOOST_TEST(outcome.names.size() == count);
  BOOST_TEST(outcome.doubled.empty());
  BOOST_TEST(!outcome.was_denied);
  if (confirms) BOOST_TEST(outcome.is_confirmed);
  return outcome.requests;
}

/// A change of the list, at an index in it.
enum class Change { add, remove, rename, rename_to_front, rename_to_back, swap_out };
constexpr Change every_change[] = {
    Change::add, Change::remove, Change::rename, Change::rename_to_front, Change::rename_to_back, Change::swap_out};

/// Changes the list, and notes whose absence or presence proves nothing from now on.
void apply(Change change, std::size_t index, Service& service, std::set<std::string>& changed) {
  static int made_up = 0;
  auto& things = service.things;
  const auto at = things.begin() + static_cast<std::ptrdiff_t>(index);
  const Thing added{fmt::format("{}", 5'000'000 + ++made_up), fmt::format("new {}", made_up)};
  if (change == Change::add || things.empty() || at == things.end()) {
    changed.insert(added.id);
    things.insert(at, added);
    return;
  }
  changed.insert(at->id);
  Thing renamed{at->id, added.name};
  switch (change) {
    case Change::add:
      break;
    case Change::remove:
      things.erase(at);
      break;
    case Change::rename:
      *at = renamed;
      break;
    case Change::rename_to_front:
      things.erase(at);
      things.insert(things.begin(), renamed);
      break;
    case Change::rename_to_back:
      things.erase(at);
      things.push_back(renamed);
      break;
    case Change::swap_out:
      things.erase(at);
      changed.insert(added.id);
      things.push_back(added);
      break;
  }
}

/// What is wrong with what was read, of everything that has not changed; empty: nothing.
std::string find_loss(const Service& service, const Outcome& outcome, const std::set<std::string>& changed) {
  for (const auto& thing : service.things) {
    if (changed.contains(thing.id)) continue;
    const auto read = outcome.names.find(thing.id);
    if (read == outcome.names.end()) return thing.id + " is lost";
    if (read->second != thing.name) return thing.id + " has another name";
    if (outcome.doubled.contains(thing.id)) return thing.id + " is doubled";
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(list_walk)

BOOST_AUTO_TEST_CASE(a_list_is_read_to_its_end) {
  for (const bool confirms : {false, true}) {
    const std::size_t more = confirms ? 1 : 0;
    BOOST_TEST(requests_for(Paging::offset, 1000, 0, confirms) == 1 + more);
    BOOST_TEST(requests_for(Paging::offset, 1000, 1, confirms) == 1 + more);
    BOOST_TEST(requests_for(Paging::offset, 1000, 999, confirms) == 1 + more);
    BOOST_TEST(requests_for(Paging::offset, 1000, 1000, confirms) == 2U, "the second page confirms");
    BOOST_TEST(requests_for(Paging::offset, 1000, 1001, confirms) == 2 + more);
    BOOST_TEST(requests_for(Paging::offset, 1000, 1999, confirms) == 3U);
    BOOST_TEST(requests_for(Paging::number, 100, 0, confirms) == 1 + more);
    BOOST_TEST(requests_for(Paging::number, 100, 99, confirms) == 1 + more);
    BOOST_TEST(requests_for(Paging::number, 100, 100, confirms) == 2U);
    BOOST_TEST(requests_for(Paging::number, 100, 101, confirms) == 2 + more);
    BOOST_TEST(requests_for(Paging::cursor, 100, 0, confirms) == 1U);
    BOOST_TEST(requests_for(Paging::cursor, 100, 100, confirms) == 1U);
    BOOST_TEST(requests_for(Paging::cursor, 100, 101, confirms) == 2U);
  }
  for (const auto paging : {Paging::offset, Paging::number, Paging::cursor}) {
    for (std::uint32_t size = 1; size <= 7; ++size) {
      for (std::size_t count = 0; count <= 25; ++count) requests_for(paging, size, count, count % 2 == 0);
    }
  }
}

// Numbered pages of up to seven resources overlap until there are 420, the first number that all their sizes divide.
BOOST_AUTO_TEST_CASE(one_change_anywhere_before_any_page_loses_and_doubles_nothing) {
  for (const auto paging : {Paging::offset, Paging::number}) {
    for (const bool confirms : {false, true}) {
      for (const auto change : every_change) {
        for (std::size_t count : {7U, 8U, 19U, 20U, 21U}) {
          for (std::size_t request = 0; request < 8; ++request) {
            for (std::size_t index = 0; index <= count; ++index) {
              Service service(paging);
              service.fill(count);
              std::set<std::string> changed;
              service.before_page = [&](Service& self, std::size_t number) {
                if (number == request) apply(change, index, self, changed);
              };
              const auto outcome = walk(service, list_with(paging, 7), confirms);
              BOOST_TEST_REQUIRE((outcome.step == Step::done));
              BOOST_TEST_REQUIRE(outcome.instability == "");
              BOOST_TEST_REQUIRE(find_loss(service, outcome, changed) == "",
                                 to_string(paging) << ", change " << static_cast<int>(change) << " at " << index
                                                   << " of " << count << " before request " << request);
            }
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(any_changes_at_all_lose_nothing_unless_the_walk_is_unstable) {
  std::mt19937 random(20261130);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  std::size_t stable = 0, unstable = 0;
  for (int round = 0; round < 4000; ++round) {
    Service service(below(2) == 0 ? Paging::offset : Paging::number);
    service.fill(below(40));
    service.tells_total = below(4) == 0;
    const std::size_t least = service.paging == Paging::number ? 8 : 2;
    const auto list = list_with(service.paging, static_cast<std::uint32_t>(least + below(6)), "/total");
    const std::size_t rarity = 1 + below(8);
    std::set<std::string> changed;
    service.before_page = [&](Service& self, std::size_t) {
      if (below(rarity) > 0) return;
      for (std::size_t left = 1 + below(4); left > 0; --left) {
        apply(every_change[below(std::size(every_change))], below(self.things.size() + 1), self, changed);
      }
    };
    const auto outcome = walk(service, list, below(2) == 0);
    if (outcome.step == Step::failed || !outcome.instability.empty()) {
      ++unstable;
      continue;
    }
    ++stable;
    BOOST_TEST_REQUIRE(find_loss(service, outcome, changed) == "", "round " << round);
  }
  BOOST_TEST(stable > 2000U);
  BOOST_TEST(unstable > 10U, "otherwise the changes were harmless: " << unstable);
}

BOOST_AUTO_TEST_CASE(what_moves_back_is_read_once_more_before_all_is) {
  Service service(Paging::offset);
  service.fill(25);
  service.before_page = [](Service& self, std::size_t number) {
    if (number == 1) self.things.erase(self.things.begin(), self.things.begin() + 2);
  };
  const auto outcome = walk(service, list_with(Paging::offset, 10));
  BOOST_TEST(outcome.anew == 0U);
  BOOST_TEST((service.targets ==
              std::vector<std::string>{"/things?kind=1&offset=0&limit=10", "/things?kind=1&offset=9&limit=10",
                                       "/things?kind=1&offset=0&limit=10", "/things?kind=1&offset=9&limit=10",
                                       "/things?kind=1&offset=18&limit=10"}));
}

BOOST_AUTO_TEST_CASE(a_list_that_always_changes_is_kept_as_unstable) {
  Service service(Paging::offset);
  service.fill(100);
  std::set<std::string> changed;
  service.before_page = [&](Service& self, std::size_t number) {
    if (number % 2 == 1) self.things.erase(self.things.begin(), self.things.begin() + 5);
    if (number % 2 == 1) self.fill(5);
    for (std::size_t i = 0; i < self.things.size(); ++i) self.things[i].id = fmt::format("{}-{}", number, i);
  };
  const auto outcome = walk(service, list_with(Paging::offset, 10));
  BOOST_TEST((outcome.step == Step::done), outcome.why);
  BOOST_TEST(outcome.anew == 3U);
  BOOST_TEST(outcome.instability == "the list changed while it was read");
  BOOST_TEST(!outcome.names.empty());
}

BOOST_AUTO_TEST_CASE(a_page_that_is_too_short_ends_a_walk_unless_it_is_confirmed) {
  for (const bool confirms : {false, true}) {
    for (const bool is_empty : {false, true}) {
      Service service(Paging::offset);
      service.fill(50);
      service.distort = [&](std::size_t number, std::vector<Thing>& shown) {
        if (number == 2) shown.resize(is_empty ? 0 : shown.size() / 2);
      };
      const auto outcome = walk(service, list_with(Paging::offset, 10), confirms);
      BOOST_TEST((outcome.step == Step::done));
      BOOST_TEST(outcome.was_denied == (confirms && !is_empty));
      const bool is_whole = confirms || is_empty;  // an empty page does not begin with what was read
      BOOST_TEST((outcome.names.size() == 50U) == is_whole);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_first_page_is_confirmed) {
  Service service(Paging::offset);
  service.fill(5);
  service.distort = [](std::size_t number, std::vector<Thing>& shown) {
    if (number == 0) shown.clear();
  };
  const auto outcome = walk(service, list_with(Paging::offset, 10), true);
  BOOST_TEST(outcome.names.size() == 5U);
  BOOST_TEST(outcome.was_denied);
}

BOOST_AUTO_TEST_CASE(a_service_that_shows_less_than_it_was_asked_for_is_read_to_the_end) {
  Service service(Paging::offset);
  service.fill(57);
  service.distort = [](std::size_t, std::vector<Thing>& shown) {
    shown.resize(std::min<std::size_t>(shown.size(), 5));
  };
  const auto outcome = walk(service, list_with(Paging::offset, 10), true);
  BOOST_TEST(outcome.names.size() == 57U);
  BOOST_TEST(outcome.was_denied);
  BOOST_TEST(outcome.is_confirmed);
}

BOOST_AUTO_TEST_CASE(a_total_that_promises_more_is_believed_once) {
  Service service(Paging::number);
  service.tells_total = true;
  service.fill(50);
  service.distort = [](std::size_t number, std::vector<Thing>& shown) {
    if (number == 1) shown.resize(shown.size() / 2);
  };
  const auto outcome = walk(service, list_with(Paging::number, 10, "/total"));
  BOOST_TEST(outcome.names.size() == 50U);
  BOOST_TEST(outcome.instability == "");
}

BOOST_AUTO_TEST_CASE(a_list_whose_total_lies_is_kept_as_unstable) {
  for (const auto by : {-20, -1, 1, 20, 1'000'000}) {
    Service service(Paging::number);
    service.tells_total = true;
    service.total_by = by;
    service.fill(50);
    const auto outcome = walk(service, list_with(Paging::number, 10, "/total"));
    BOOST_TEST((outcome.step == Step::done), by);
    BOOST_TEST(outcome.names.size() == 50U, by);
    BOOST_TEST(outcome.anew == 3U, by);
    BOOST_TEST(contains(outcome.instability, "the list says that it has"), outcome.instability);
  }
}

BOOST_AUTO_TEST_CASE(a_total_that_changes_begins_the_walk_anew) {
  Service service(Paging::number);
  service.tells_total = true;
  service.fill(50);
  service.before_page = [](Service& self, std::size_t number) {
    if (number == 3) self.things.push_back({"9", "nine"});
  };
  const auto outcome = walk(service, list_with(Paging::number, 10, "/total"));
  BOOST_TEST(outcome.anew == 1U);
  BOOST_TEST(outcome.why == "the list had 50 resources at first, and 51 at last");
  BOOST_TEST(outcome.instability == "");
  BOOST_TEST(outcome.names.size() == 51U);
}

BOOST_AUTO_TEST_CASE(a_list_that_begins_anew_after_its_end_is_an_error) {
  for (const auto paging : {Paging::offset, Paging::number}) {
    Service service(paging);
    service.is_endless = true;
    service.fill(35);
    const auto outcome = walk(service, list_with(paging, 10));
    BOOST_TEST((outcome.step == Step::failed));
    BOOST_TEST(outcome.why == "the list repeats itself");
    BOOST_TEST(outcome.anew == 3U);
    BOOST_TEST(outcome.requests < 100U);
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_grows_as_fast_as_it_is_read_is_an_error) {
  for (const auto paging : {Paging::offset, Paging::number, Paging::cursor}) {
    Service service(paging);
    service.fill(20);
    std::size_t next = 0;
    service.before_page = [&](Service& self, std::size_t) {
      for (int i = 0; i < 20; ++i) self.things.push_back({fmt::format("g{}", ++next), "grown"});
    };
    const auto outcome = walk(service, list_with(paging, 10), false, 50);
    BOOST_TEST((outcome.step == Step::failed));
    BOOST_TEST(contains(outcome.why, "the list has no end after 50 pages"), outcome.why);
  }
}

BOOST_AUTO_TEST_CASE(cursors_are_followed_to_the_last_page_whatever_pages_hold) {
  Service service(Paging::cursor);
  service.fill(50);
  service.distort = [](std::size_t number, std::vector<Thing>& shown) {
    if (number == 1) shown.clear();
    if (number == 2) shown.resize(3);
  };
  const auto outcome = walk(service, list_with(Paging::cursor, 10));
  BOOST_TEST((outcome.step == Step::done));
  BOOST_TEST(outcome.requests == 5U);
  BOOST_TEST(outcome.names.size() == 33U);
}

BOOST_AUTO_TEST_CASE(a_cursor_that_comes_back_is_an_error) {
  const auto list = list_with(Paging::cursor, 10);
  ListWalk walk(list, 1000);
  walk.begin(false);
  BOOST_TEST((walk.take(page_of(list, R"({"things":[{"id":"1"}],"nextCursor":"a"})")) == Step::more));
  BOOST_TEST(walk.target() == "/things?kind=1&pageSize=10&pageCursor=a");
  BOOST_TEST((walk.take(page_of(list, R"({"things":[{"id":"2"}],"nextCursor":"b"})")) == Step::more));
  BOOST_TEST((walk.take(page_of(list, R"({"things":[{"id":"3"}],"nextCursor":"a"})")) == Step::failed));
  BOOST_TEST(walk.why() == "the list leads to the same page twice");
}

BOOST_AUTO_TEST_CASE(a_walk_can_begin_again) {
  Service service(Paging::offset);
  service.fill(25);
  const auto list = list_with(Paging::offset, 10);
  ListWalk walk(list, 1000);
  for (int time = 0; time < 2; ++time) {
    walk.begin(false);
    BOOST_TEST(walk.target() == "/things?kind=1&offset=0&limit=10");
    auto step = Step::more;
    while (step == Step::more) step = walk.take(page_of(list, service.answer(walk.target())));
    BOOST_TEST((step == Step::done));
    BOOST_TEST(walk.size() == 25U);
    BOOST_TEST(walk.pages() == 3U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
