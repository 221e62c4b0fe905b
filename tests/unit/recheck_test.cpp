#include "koobatch/plan/recheck.hpp"
#include "contains.hpp"
#include "dialogue_support.hpp"
#include "job/record_source.hpp"
#include "job_support.hpp"
#include "koobatch/flow/broken_groups.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "print_enums.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using dialogue_support::outcome;
using koobatch::test::contains;
using koodrive::Turn;
using koodrive::Verdict;
using plan::Rechecks;
using plan::RecheckSettings;
using Kind = Turn::Kind;

namespace {

const auto& kinds = koodrive::service_resources();

constexpr std::string_view header = R"({"plan":1,"id":"1a2b3c4d"})";
constexpr std::string_view rename_17 =
    R"({"n":1,"type":"shared_folder","op":"rename_shared_folder","id":"17","fileName":"New","user_id":"42","was":{"fileName":"Old"}})";

/// A line of a chain about folder `id`.
std::string chained(int n, int needs, std::string_view id) {
  return "{\"n\":" + std::to_string(n) + R"(,"type":"shared_folder","op":"rename_shared_folder","id":")" +
         std::string(id) + R"(","fileName":"New","user_id":"42","was":{"fileName":"Old"},"needs":)" +
         std::to_string(needs) + "}";
}

struct Read {
  std::vector<koodrive::Operation> operations;
  std::vector<std::string> wrong;
};

/// The operations of a plan with these lines.
Read read(const std::vector<std::string>& lines) {
  std::string text = std::string(header) + "\n";
  for (const auto& line : lines) text += line + "\n";
  text += "{\"end\":1}\n";
  const auto records = job::read_plan({job_support::text_source(text, 1000), "plan"}, koodrive::service_catalogue());
  Read out;
  koodrive::Fields fields;
  for (;;) {
    std::vector<koodrive::Violation> violations;
    const auto more = records->next(fields, violations);
    BOOST_REQUIRE(more.has_value());
    if (!*more) return out;
    if (!violations.empty()) {
      out.wrong.push_back(job_support::joined(violations));
      continue;
    }
    koodrive::OperationBuilder::build(fields, records->line(), "", "", out.operations.emplace_back());
  }
}

koodrive::Operation rename() {
  return std::move(read({std::string(rename_17)}).operations.front());
}

http::Answer folder(std::string_view name) {
  http::Answer answer;
  answer.delivery = http::Delivery::answered;
  answer.http = 200;
  answer.body = R"({"code":0,"msg":"","sharefolder":{"id":"17","ownerId":42,"name":")" + std::string(name) + "\"}}";
  return answer;
}

Turn read_as(koodrive::Dialogue& dialogue, std::string_view name, bool maybe_applied = false) {
  BOOST_TEST(!dialogue.target().empty());
  return dialogue.read(folder(name), outcome(Verdict::succeeded), maybe_applied);
}

void check_end(const Turn& turn, Status status, std::string_view reason = "") {
  BOOST_TEST((turn.kind == Kind::end));
  BOOST_TEST(to_string(turn.status) == to_string(status));
  BOOST_TEST(turn.reason == reason);
  BOOST_TEST(turn.error.empty() == reason.empty());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recheck)

BOOST_AUTO_TEST_CASE(an_item_that_is_as_planned_is_changed) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  const auto dialogue = rechecks.about(operation);
  BOOST_TEST(rechecks.reads_first(operation));
  BOOST_TEST(dialogue->target() == "/koodrive/ose/v1/sharefolder/metadata/17");
  BOOST_TEST((read_as(*dialogue, "Old").kind == Kind::write));
}

BOOST_AUTO_TEST_CASE(an_item_that_is_as_wanted_is_left_as_it_is) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  check_end(read_as(*rechecks.about(operation), "New"), Status::unchanged);
}

BOOST_AUTO_TEST_CASE(what_another_has_changed_is_not_overwritten) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  const auto turn = read_as(*rechecks.about(operation), "Newer");
  check_end(turn, Status::skipped, "drifted");
  BOOST_TEST(turn.note == R"("was":{"fileName":"Newer"})");
}

BOOST_AUTO_TEST_CASE(an_item_that_is_gone_or_cannot_be_read_is_not_changed) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  http::Answer answer = folder("Old");
  answer.http = 400;
  answer.body = R"({"code":13000309,"msg":"does not exist"})";
  check_end(rechecks.about(operation)->read(answer, outcome(Verdict::rejected, 400, 13000309), false), Status::skipped,
            "gone");
  answer.body = R"({"code":13000410,"msg":"no permission"})";
  check_end(rechecks.about(operation)->read(answer, outcome(Verdict::rejected, 400, 13000410), false), Status::skipped,
            "unreadable");
  answer = folder("Old");
  answer.body = R"({"code":0,"sharefolder":{"id":"18","name":"Old"}})";
  check_end(rechecks.about(operation)->read(answer, outcome(Verdict::succeeded), false), Status::skipped, "unreadable");
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_the_wanted_value_is_our_own_doing) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  const auto dialogue = rechecks.about(operation);
  BOOST_TEST((read_as(*dialogue, "Old").kind == Kind::write));
  check_end(read_as(*dialogue, "New", true), Status::succeeded);
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_nothing_newer_is_overwritten_and_nobody_knows_what_became_of_ours) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  const auto dialogue = rechecks.about(operation);
  BOOST_TEST((read_as(*dialogue, "Old").kind == Kind::write));
  const auto turn = read_as(*dialogue, "Newer", true);
  check_end(turn, Status::unknown, "drifted");
  BOOST_TEST(turn.note == R"("was":{"fileName":"Newer"})");
  BOOST_TEST(contains(turn.error, "may have been applied"));
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_an_item_that_is_gone_or_cannot_be_read_leaves_the_doubt) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  const auto dialogue = rechecks.about(operation);
  check_end(dialogue->read(folder(""), outcome(Verdict::rejected, 400, 13000309), true), Status::unknown, "gone");
  check_end(dialogue->read(folder(""), outcome(Verdict::rejected, 400, 13000410), true), Status::unknown, "unreadable");
}

BOOST_AUTO_TEST_CASE(what_may_have_been_applied_is_read_back) {
  Rechecks rechecks(kinds, {});
  const auto operation = rename();
  for (const bool is_applied : {true, false}) {
    const auto dialogue = rechecks.about(operation);
    BOOST_TEST((read_as(*dialogue, "Old").kind == Kind::write));
    BOOST_TEST(dialogue->sent(Status::unknown));
    check_end(read_as(*dialogue, is_applied ? "New" : "Old", true), is_applied ? Status::succeeded : Status::unknown);
  }
}

BOOST_AUTO_TEST_CASE(a_success_under_another_value_is_found_by_reading_back) {
  Rechecks rechecks(kinds, {.verified = 100});
  const auto operation = rename();
  const auto dialogue = rechecks.about(operation);
  BOOST_TEST((read_as(*dialogue, "Old").kind == Kind::write));
  BOOST_TEST(dialogue->sent(Status::succeeded));
  const auto turn = read_as(*dialogue, "New 20261130", true);
  check_end(turn, Status::rejected, "stored_otherwise");
  BOOST_TEST(turn.note == R"("now":{"fileName":"New 20261130"})");
}

BOOST_AUTO_TEST_CASE(as_many_changes_are_read_back_as_is_said) {
  for (const double percent : {0.0, 1.0, 50.0, 100.0}) {
    Rechecks rechecks(kinds, {.verified = percent});
    std::vector<std::string> lines(20'000, std::string(rename_17));
    const auto plan = read(lines);
    double verified = 0;
    for (const auto& operation : plan.operations) {
      verified += rechecks.about(operation)->sent(Status::succeeded) ? 1 : 0;
    }
    BOOST_TEST(verified * 100 / static_cast<double>(plan.operations.size()) == percent,
               boost::test_tools::tolerance(0.1));
  }
}

BOOST_AUTO_TEST_CASE(without_rechecks_the_first_request_writes) {
  const Rechecks rechecks(kinds, {.before = false});
  BOOST_TEST(!rechecks.reads_first(rename()));
}

BOOST_AUTO_TEST_CASE(lines_that_need_each_other_are_one_group) {
  const auto plan = read({std::string(rename_17), chained(2, 1, "18"), chained(3, 2, "19"), chained(4, 0, "20")});
  BOOST_TEST_REQUIRE(plan.operations.size() == 4U);
  BOOST_TEST(plan.operations[1].key_hash() == plan.operations[0].key_hash());
  BOOST_TEST(plan.operations[2].key_hash() == plan.operations[0].key_hash());
  BOOST_TEST(plan.operations[3].key_hash() != plan.operations[0].key_hash());
  BOOST_TEST(!plan.operations[0].in_group());
  BOOST_TEST(plan.operations[2].in_group());
  BOOST_TEST(plan.operations[0].line() == 2U, "the header is line 1");
}

BOOST_AUTO_TEST_CASE(a_line_that_needs_any_but_the_one_before_is_invalid) {
  const auto plan = read({std::string(rename_17), chained(2, 0, "18"), chained(3, 1, "19")});
  BOOST_TEST_REQUIRE(plan.wrong.size() == 1U);
  BOOST_TEST(contains(plan.wrong.front(), "needs"));
}

BOOST_AUTO_TEST_CASE(each_seed_chooses_others_to_be_read_back) {
  std::vector<bool> chosen[2];
  const auto plan = read(std::vector<std::string>(1'000, std::string(rename_17)));
  for (const std::uint32_t seed : {0U, 12'345U}) {
    Rechecks rechecks(kinds, {.verified = 10, .seed = seed});
    for (const auto& operation : plan.operations) {
      chosen[seed == 0 ? 0 : 1].push_back(rechecks.about(operation)->sent(Status::succeeded));
    }
  }
  BOOST_TEST((chosen[0] != chosen[1]));
}

BOOST_AUTO_TEST_CASE(a_group_breaks_where_an_operation_is_not_fulfilled_and_ends_where_another_begins) {
  const auto plan = read({std::string(rename_17), chained(2, 1, "18"), chained(3, 2, "19"), std::string(rename_17)});
  flow::BrokenGroups groups;
  groups.ended(plan.operations[0], Status::succeeded);
  BOOST_TEST(!groups.is_vain(plan.operations[1]));
  groups.ended(plan.operations[1], Status::rejected);
  BOOST_TEST(groups.is_vain(plan.operations[2]));
  groups.ended(plan.operations[2], Status::skipped);
  BOOST_TEST(!groups.is_vain(plan.operations[3]), "it depends on nothing");
  groups.ended(plan.operations[3], Status::unchanged);
  BOOST_TEST(!groups.is_vain(plan.operations[2]), "another group on the same key");
}

BOOST_AUTO_TEST_CASE(only_what_is_as_wanted_is_fulfilled) {
  const auto plan = read({std::string(rename_17), chained(2, 1, "18")});
  const auto breaks = [&](Status status) {
    flow::BrokenGroups groups;
    groups.ended(plan.operations[0], status);
    return groups.is_vain(plan.operations[1]);
  };
  for (const auto status : {Status::rejected, Status::failed, Status::unknown, Status::invalid, Status::skipped}) {
    BOOST_TEST(breaks(status), to_string(status));
  }
  for (const auto status : {Status::succeeded, Status::unchanged}) BOOST_TEST(!breaks(status), to_string(status));
}

BOOST_AUTO_TEST_SUITE_END()
