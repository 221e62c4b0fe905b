#include "fleet/part_history.hpp"

#include "run_ledger.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;

namespace {

constexpr WorkerNumber lost = 3;
constexpr PartNumber parts = 16;
constexpr std::uint32_t lines_per_group = 4;

/// A ledger that writes down which groups it has handed out.
struct Ledger final : fleet::test::RunLedger {
  std::map<PartNumber, std::vector<EarlierOwner>> owners;
  std::map<std::pair<WorkerNumber, GroupNumber>, unsigned> handed_out;
  bool is_mine = true;

  Answer<std::vector<EarlierOwner>> earlier_owners(const Enrolment&, RunNumber, PartNumber part, ChunkNumber) override {
    calls.emplace_back("owners");
    if (!is_mine) return fleet::test::failure(Fault::fenced);
    return owners[part];
  }
  Answer<std::vector<JournalRow>> groups(RunNumber run, WorkerNumber worker, GroupNumber cursor,
                                         std::size_t bytes) override {
    auto rows = RunLedger::groups(run, worker, cursor, bytes);
    if (rows) {
      for (const auto& read : *rows) ++handed_out[{worker, read.group.number}];
    }
    return rows;
  }
};

struct Scene {
  Ledger ledger;
  Enrolment me{.number = 9, .nonce = 1, .trace_prefix = 1};
  SharedBook book;
  PartHistory history{ledger, me, 1, book};
  std::uint32_t recorded = 0;

  Scene() { ledger.add_worker(lost, WorkerState::fenced); }

  /// An earlier owner commits groups with a few results each.
  void record(WorkerNumber worker, std::uint32_t groups) {
    for (std::uint32_t group = 0; group < groups; ++group) {
      std::string lines;
      for (std::uint32_t i = 0; i < lines_per_group; ++i) lines += samples::line(samples::result(++recorded));
      ledger.record(worker, lines);
    }
  }
  void claim(PartNumber part, std::vector<EarlierOwner> owners) {
    ledger.owners[part] = std::move(owners);
    book.with([&](PartBook& b) {
      b.claimed({.part = part, .epoch = 2, .chunks = 9, .done = 0, .doubt = 1}, fleet::test::start);
    });
  }
  /// Reads all that is wanted, and returns in how many steps.
  int read_all() {
    for (int steps = 0;; ++steps) {
      const auto wanted = book.with([](PartBook& b) { return b.wanted_history(); });
      if (!wanted) return steps;
      BOOST_REQUIRE(history.read(*wanted).has_value());
      BOOST_REQUIRE(steps < 1000);
    }
  }
  /// Which of these lines an operation on each of them would be skipped for, because it has a result.
  std::size_t known(PartNumber part, std::uint32_t from, std::uint32_t to) {
    return book.with([&](PartBook& b) {
      const PartBook::Next next{.part = part, .chunk = 1};
      b.queued(next);
      b.begin(next, fleet::test::start);
      std::size_t skipped = 0;
      for (auto line = from; line <= to; ++line) skipped += b.rule({.number = line, .key = line}) == Ruling::skip;
      b.end();
      return skipped;
    });
  }
  void check_once(GroupNumber from, GroupNumber to) const {
    BOOST_TEST(ledger.handed_out.size() == to - from + 1);
    for (auto group = from; group <= to; ++group) {
      const auto found = ledger.handed_out.find({lost, group});
      BOOST_TEST((found != ledger.handed_out.end() && found->second == 1U), "group " << group);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(part_history, Scene)

BOOST_AUTO_TEST_CASE(a_group_is_read_once_for_all_parts_of_a_lost_worker) {
  record(lost, 40);
  for (PartNumber part = 0; part < parts; ++part) claim(part, {{lost, 0}});
  read_all();
  check_once(1, 40);
  BOOST_TEST(known(15, 1, 40 * lines_per_group) == 40U * lines_per_group);
}

BOOST_AUTO_TEST_CASE(parts_that_are_claimed_later_need_only_what_is_missing) {
  record(lost, 40);
  claim(1, {{lost, 30}});
  read_all();
  BOOST_TEST(ledger.handed_out.size() == 10U);
  claim(2, {{lost, 35}});
  claim(3, {{lost, 10}});
  claim(4, {{lost, 20}});
  claim(5, {{lost, 4}});
  read_all();
  // Only where a portion is larger than the gap is anything read twice.
  BOOST_TEST(ledger.handed_out.size() == 36U);
  std::size_t again = 0;
  for (const auto& [group, times] : ledger.handed_out) again += times - 1;
  BOOST_TEST(again <= 2U);
  BOOST_TEST(known(5, 4 * lines_per_group + 1, 40 * lines_per_group) == 36U * lines_per_group);
}

BOOST_AUTO_TEST_CASE(a_long_history_is_read_in_portions) {
  record(lost, 9);
  claim(0, {{lost, 0}});
  // The owners, five portions of two groups, that there are no more, and that it is all.
  BOOST_TEST(read_all() >= 7);
  check_once(1, 9);
}

BOOST_AUTO_TEST_CASE(several_earlier_owners_are_read) {
  ledger.add_worker(5, WorkerState::left);
  record(lost, 2);
  record(5, 3);
  claim(0, {{lost, 1}, {5, 0}});
  read_all();
  BOOST_TEST(ledger.handed_out.size() == 4U);
  BOOST_TEST(known(0, 1, recorded) == recorded - lines_per_group);
}

BOOST_AUTO_TEST_CASE(over_another_connection_it_is_asked_again_whose_the_part_is) {
  record(lost, 3);
  claim(0, {{lost, 0}});
  const PartBook::History wanted{0, 1};
  BOOST_REQUIRE(history.read(wanted).has_value());
  BOOST_REQUIRE(history.read(wanted).has_value());
  ledger.connections = 2;
  ledger.is_mine = false;
  const auto fenced = history.read(wanted);
  BOOST_REQUIRE(!fenced.has_value());
  BOOST_TEST((fenced.error().fault == Fault::fenced));
  ledger.is_mine = true;
  read_all();
  check_once(1, 3);
}

BOOST_AUTO_TEST_CASE(it_is_all_only_once_the_ledger_has_confirmed_what_was_read) {
  record(lost, 1);
  claim(0, {{lost, 0}});
  ledger.mishap = [](const std::string& call) -> std::optional<fleet::test::RunLedger::Mishap> {
    if (call == "confirm") return fleet::test::RunLedger::Mishap{Fault::unanswered};
    return std::nullopt;
  };
  const PartBook::History wanted{0, 1};
  bool failed = false;
  for (int i = 0; i < 6; ++i) failed |= !history.read(wanted).has_value();
  BOOST_TEST(failed);
  BOOST_TEST(book.with([](PartBook& b) { return b.wanted_history().has_value(); }));
  ledger.mishap = nullptr;
  read_all();
}

BOOST_AUTO_TEST_CASE(a_damaged_result_is_refused) {
  ledger.record(lost, samples::line(samples::result(1)).substr(1));
  claim(0, {{lost, 0}});
  const PartBook::History wanted{0, 1};
  BOOST_REQUIRE(history.read(wanted).has_value());
  const auto refused = history.read(wanted);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().fault == Fault::refused));
}

BOOST_AUTO_TEST_SUITE_END()
