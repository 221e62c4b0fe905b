#include "koobatch/job/synthetic.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::job;

namespace {

struct Made {
  std::string op, id, user;
  std::string body;
};

std::vector<Made> all_of(const SyntheticJob& job) {
  ReaderSettings settings;
  settings.default_user = "42";
  auto reader = open_synthetic(job, settings);
  BOOST_REQUIRE(reader.has_value());
  std::vector<Made> made;
  Operation operation;
  for (;;) {
    const auto item = (*reader)->next(operation);
    BOOST_REQUIRE(item.has_value());
    if (*item == Reader::Item::end) return made;
    BOOST_REQUIRE_MESSAGE(*item == Reader::Item::operation, "every operation keeps the rules");
    BOOST_REQUIRE(operation.line() == made.size() + 1);
    made.push_back({std::string(operation.row().name), std::string(operation.id()), std::string(operation.user()),
                    std::string(operation.body())});
  }
}

SyntheticJob job_of(std::uint64_t operations, std::vector<std::string> folders = {},
                    std::vector<std::string> albums = {}) {
  return {operations, std::move(folders), std::move(albums)};
}

std::vector<std::string> ids_of(const std::vector<Made>& made) {
  std::vector<std::string> ids;
  for (const auto& one : made) ids.push_back(one.id);
  return ids;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(synthetic)

BOOST_AUTO_TEST_CASE(it_has_as_many_operations_as_asked_for_of_both_kinds_in_turn) {
  const auto made = all_of(job_of(1'001));
  BOOST_TEST_REQUIRE(made.size() == 1'001U);
  for (std::size_t i = 0; i < made.size(); ++i) {
    BOOST_TEST_REQUIRE(made[i].op == (i % 2 == 0 ? "rename_shared_folder" : "update_album"));
    BOOST_TEST_REQUIRE(made[i].user == "42");
  }
}

BOOST_AUTO_TEST_CASE(within_what_a_run_looks_ahead_no_operation_has_to_wait_for_another) {
  const auto made = all_of(job_of(2 * SyntheticJob::made_up + 2));
  std::set<std::string> keys;
  for (std::size_t i = 0; i < 2 * SyntheticJob::made_up; ++i) keys.insert(made[i].op + made[i].id);
  BOOST_TEST(keys.size() == 2 * SyntheticJob::made_up);
  BOOST_TEST(made[2 * SyntheticJob::made_up].id == made[0].id, "and then they come again");
}

BOOST_AUTO_TEST_CASE(every_value_differs_from_the_one_before_it) {
  const auto made = all_of(job_of(100, {"f"}, {"a"}));
  std::set<std::string> bodies;
  for (const auto& one : made) bodies.insert(one.body);
  BOOST_TEST(bodies.size() == 100U);
}

BOOST_AUTO_TEST_CASE(only_what_is_named_is_renamed) {
  const std::vector<std::string> both = {"f1", "a1", "f2", "a1", "f1"};
  BOOST_TEST(ids_of(all_of(job_of(5, {"f1", "f2"}, {"a1"}))) == both, boost::test_tools::per_element());
  const auto folders = all_of(job_of(3, {"f1", "f2"}));
  const std::vector<std::string> only_folders = {"f1", "f2", "f1"};
  BOOST_TEST(ids_of(folders) == only_folders, boost::test_tools::per_element());
  BOOST_TEST(folders[1].op == "rename_shared_folder");
  const auto albums = all_of(job_of(2, {}, {"a\"1"}));
  BOOST_TEST(albums[1].id == "a\"1");
  BOOST_TEST(albums[1].op == "update_album");
}

BOOST_AUTO_TEST_CASE(the_longest_value_obeys_the_rules_too) {
  // The last operation a job can have: its name is the longest.
  BOOST_TEST(fmt::format("bench {}", SyntheticJob::most_operations).size() <= 20U);
}

BOOST_AUTO_TEST_CASE(read_in_pieces_of_any_size_it_is_the_same_text) {
  const auto text = [](std::size_t piece) {
    const auto source = make_text(job_of(50));
    std::string all, buffer(piece, '\0');
    for (;;) {
      const auto got = source->read(buffer.data(), buffer.size());
      BOOST_REQUIRE(got.has_value());
      if (*got == 0) return all;
      all.append(buffer, 0, *got);
    }
  };
  const auto whole = text(1 << 16);
  BOOST_TEST(std::count(whole.begin(), whole.end(), '\n') == 50);
  for (const std::size_t piece : {1U, 7U, 64U, 1000U}) BOOST_TEST(text(piece) == whole, "pieces of " << piece);
}

BOOST_AUTO_TEST_SUITE_END()
