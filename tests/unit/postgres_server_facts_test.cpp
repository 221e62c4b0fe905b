#include "postgres/server_facts.hpp"

#include "../support/contains.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace koobatch;
using namespace koobatch::postgres;
using koobatch::test::contains;

namespace {

ServerFacts good() {
  ServerFacts facts;
  facts.version_number = 150020;
  facts.version = "15.20";
  facts.place = "db1:5432";
  facts.database = "koobatch";
  facts.user = "hand";
  facts.standby_names = "ANY 1 (db2, db3)";
  facts.tables = schema_version;
  return facts;
}

std::string error_of(const Result<void>& result) {
  return result ? "" : result.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_server_facts)

BOOST_AUTO_TEST_CASE(the_number_of_copies_follows_from_the_names_of_standbys) {
  const std::pair<std::string, std::optional<unsigned>> cases[] = {
      {"", 1},
      {"  ", 1},
      {"db2", 2},
      {"*", 2},
      {"db2, db3, db4", 2},
      {"2 (db2, db3, db4)", 3},
      {"FIRST 1 (db2, db3)", 2},
      {"first 2(db2, db3)", 3},
      {" ANY 3 ( * ) ", 4},
      {"any 1 (\"a b\", c)", 2},
      {"anybody", 2},
      {"first", 2},
      {"2", 2},
      {"ANY x (a)", std::nullopt},
      {"ANY 0 (a)", std::nullopt},
      {"FIRST 2", std::nullopt},
  };
  for (const auto& [names, copies] : cases) {
    BOOST_TEST((copies_of(names) == copies), names << ": " << copies_of(names).value_or(0));
  }
}

BOOST_AUTO_TEST_CASE(a_good_server_passes) {
  BOOST_TEST(error_of(check_server(good())) == "");
  BOOST_TEST(error_of(check_tables(good())) == "");
  const auto properties = describe(good(), {});
  BOOST_TEST(properties.server == "PostgreSQL 15.20 at db1:5432");
  BOOST_TEST(properties.copies == 2U);
  BOOST_TEST(properties.why_not_safe == "");
}

BOOST_AUTO_TEST_CASE(a_server_that_cannot_be_a_ledger_is_refused_with_what_to_do) {
  const std::pair<std::function<void(ServerFacts&)>, std::string> cases[] = {
      {[](auto& facts) { facts.version_number = 119999; }, "needs version 12 or newer"},
      {[](auto& facts) { facts.is_standby = true; }, "name the primary"},
      {[](auto& facts) { facts.is_read_only = true; }, "default_transaction_read_only"},
      {[](auto& facts) { facts.syncs = false; }, "set fsync=on"},
      {[](auto& facts) { facts.writes_full_pages = false; }, "set full_page_writes=on"},
  };
  for (const auto& [spoil, part] : cases) {
    auto facts = good();
    spoil(facts);
    const std::string error = error_of(check_server(facts));
    BOOST_TEST(contains(error, part), error);
    BOOST_TEST(contains(error, "db1:5432"), error);
  }
  auto oldest = good();
  oldest.version_number = 120000;
  BOOST_TEST(error_of(check_server(oldest)) == "");
}

BOOST_AUTO_TEST_CASE(tables_that_are_missing_closed_or_of_another_version_are_told_apart) {
  auto facts = good();
  facts.tables = schema_version + 1;
  BOOST_TEST(contains(error_of(check_tables(facts)), "use the version of koobatch that made them"));
  facts.tables = schema_version - 1;
  BOOST_TEST(contains(error_of(check_tables(facts)), "create them again"));
  facts.may_use_tables = false;
  BOOST_TEST(contains(error_of(check_tables(facts)), "GRANT koobatch_worker TO \"hand\""));
  facts.has_tables = false;
  BOOST_TEST(contains(error_of(check_tables(facts)), "create them first"));
}

BOOST_AUTO_TEST_CASE(what_may_be_lost_is_said_unless_the_user_vouches_for_copies) {
  auto facts = good();
  facts.standby_names = "";
  BOOST_TEST(describe(facts, {}).copies == 1U);
  BOOST_TEST(contains(describe(facts, {}).why_not_safe, "one server alone"));
  BOOST_TEST(describe(facts, 3).copies == 3U);
  BOOST_TEST(describe(facts, 3).why_not_safe == "");
  BOOST_TEST(contains(describe(facts, 1).why_not_safe, "one server alone"));
  facts.standby_names = "ANY 2 (a, b, c)";
  BOOST_TEST(describe(facts, 2).copies == 3U);
  facts.has_checksums = false;
  BOOST_TEST(contains(describe(facts, {}).why_not_safe, "checksums"));
}

BOOST_AUTO_TEST_SUITE_END()
