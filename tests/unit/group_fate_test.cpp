#include "fleet/group_fate.hpp"
#include "fleet_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace koobatch::fleet::test;

namespace {

GroupFate settled(GroupNumber group) {
  return fate_of(71, Answer<GroupNumber>(group));
}
GroupFate settled(Fault fault) {
  return fate_of(71, Answer<GroupNumber>(failure(fault)));
}
GroupFate answered(Fault fault) {
  return fate_of(Answer<void>(failure(fault)));
}

}  // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(koobatch::fleet::GroupFate)

BOOST_AUTO_TEST_SUITE(group_fate)

BOOST_AUTO_TEST_CASE(the_ledgers_last_group_tells_what_became_of_an_unanswered_one) {
  BOOST_TEST(settled(71) == GroupFate::committed);
  BOOST_TEST(settled(70) == GroupFate::send_again);
}

BOOST_AUTO_TEST_CASE(a_ledger_that_lacks_acknowledged_groups_has_lost_them) {
  BOOST_TEST(settled(69) == GroupFate::lost);
  BOOST_TEST(settled(0) == GroupFate::lost);
  BOOST_TEST(settled(Fault::forgotten) == GroupFate::lost);
}

BOOST_AUTO_TEST_CASE(a_group_that_nobody_has_sent_is_no_confirmation) {
  BOOST_TEST(settled(72) == GroupFate::lost);
}

BOOST_AUTO_TEST_CASE(an_unanswered_question_is_asked_again) {
  BOOST_TEST(settled(Fault::unanswered) == GroupFate::ask_again);
  BOOST_TEST(settled(Fault::unreachable) == GroupFate::ask_again);
}

BOOST_AUTO_TEST_CASE(an_enrolment_that_is_over_is_fenced) {
  BOOST_TEST(settled(Fault::fenced) == GroupFate::fenced);
  BOOST_TEST(answered(Fault::fenced) == GroupFate::fenced);
}

BOOST_AUTO_TEST_CASE(a_commit_that_was_certainly_not_done_is_sent_again_without_asking) {
  BOOST_TEST(answered(Fault::unreachable) == GroupFate::send_again);
  BOOST_TEST(answered(Fault::unanswered) == GroupFate::ask_again);
  BOOST_TEST(answered(Fault::forgotten) == GroupFate::lost);
  BOOST_TEST(answered(Fault::refused) == GroupFate::refused);
  BOOST_TEST(settled(Fault::refused) == GroupFate::refused);
  BOOST_TEST(fate_of(Answer<void>()) == GroupFate::committed);
}

BOOST_AUTO_TEST_CASE(the_loss_is_explained_with_both_numbers) {
  const std::string text = lost_groups(71, Answer<GroupNumber>(38)).message;
  BOOST_TEST(text.find("has 38 groups of this worker's results, but had acknowledged 71") != std::string::npos, text);
  BOOST_TEST(lost_groups(71, failure(Fault::forgotten)).message.find("does not know this worker") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
