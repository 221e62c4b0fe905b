#include "koobatch/plan/capture.hpp"

#include "contains.hpp"
#include "dialogue_support.hpp"
#include "print_enums.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace koobatch;
using dialogue_support::operation;
using dialogue_support::outcome;
using koobatch::test::contains;
using koodrive::Turn;
using koodrive::Verdict;
using Kind = Turn::Kind;

namespace {

const koodrive::Operation& renaming() {
  static const auto made = operation(R"({"op":"rename_shared_folder","id":"17","fileName":"New","user_id":"42"})");
  return made;
}

/// A dialogue about an operation, and what it says.
class Talk {
 public:
  explicit Talk(const koodrive::Operation& about) : dialogue_(captures_.about(about)) {}

  Turn read(const std::string& body, bool maybe_applied = false) {
    BOOST_TEST(!dialogue_->target().empty());
    http::Answer answer;
    answer.delivery = http::Delivery::answered;
    answer.http = 200;
    answer.body = body;
    return dialogue_->read(answer, outcome(Verdict::succeeded), maybe_applied);
  }
  Turn read_folder(const std::string& name, bool maybe_applied = false) {
    return read(R"({"code":0,"sharefolder":{"id":"17","ownerId":42,"name":")" + name + "\"}}", maybe_applied);
  }
  Turn refused(int http, std::int64_t code, bool maybe_applied = false) {
    http::Answer answer;
    answer.delivery = http::Delivery::answered;
    answer.http = http;
    return dialogue_->read(answer, outcome(Verdict::rejected, http, code), maybe_applied);
  }
  koodrive::Dialogue& dialogue() { return *dialogue_; }
  std::string remark() const { return std::string(dialogue_->remark().members); }

 private:
  plan::Captures captures_{koodrive::service_resources()};
  std::unique_ptr<koodrive::Dialogue> dialogue_;
};

/// Whether the operation is sent next, and this is recorded before.
void check_written(const Turn& turn, std::string_view note) {
  BOOST_TEST((turn.kind == Kind::write));
  BOOST_TEST(turn.note == note);
}

constexpr std::string_view was_old = R"("was":{"fileName":"Old"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(capture)

BOOST_AUTO_TEST_CASE(an_operation_is_sent_whatever_was_there) {
  for (const std::string name : {"Old", "New"}) {
    Talk talk(renaming());
    check_written(talk.read_folder(name), R"("was":{"fileName":")" + name + "\"}");
    BOOST_TEST(!talk.dialogue().sent(Status::unknown));
    BOOST_TEST(talk.remark() == R"("was":{"fileName":")" + name + "\"}");
    BOOST_TEST(talk.dialogue().remark().not_captured.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_operation_is_sent_although_its_item_cannot_be_read) {
  Talk gone(renaming());
  check_written(gone.refused(400, 13000309), R"("not_captured":"gone")");
  BOOST_TEST(gone.dialogue().remark().not_captured == "gone");
  Talk denied(renaming());
  BOOST_TEST(
      contains(denied.refused(403, 13000410).note, R"("not_captured":"unreadable","not_captured_because":"HTTP 403)"));
  BOOST_TEST(denied.dialogue().remark().not_captured == "unreadable");
  Talk failing(renaming());
  const auto note = failing.dialogue().unread(outcome(Verdict::unclear, 500));
  BOOST_REQUIRE(note.has_value());
  BOOST_TEST(contains(*note, R"("not_captured":"unreadable","not_captured_because":"HTTP 500)"));
  Talk other(renaming());
  BOOST_TEST(contains(other.read(R"({"code":0,"sharefolder":{"id":"18","name":"Old"}})").note, "unreadable"));
}

// A retry may send it with fewer fields than the job has.
BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named_with_the_fields_that_are_sent) {
  const auto update = operation(R"({"op":"update_album","albumId":"7","name":"winter","scopeKind":1,"user_id":"42"})");
  Talk talk(update);
  const auto note = talk.dialogue().unread(outcome(Verdict::unclear, 500));
  BOOST_REQUIRE(note.has_value());
  BOOST_TEST(contains(*note, R"("not_captured":"unreadable","not_captured_because":"HTTP 500)"), *note);
  BOOST_TEST(note->ends_with(R"(,"not_captured_fields":["name","scopeKind"])"), *note);
}

BOOST_AUTO_TEST_CASE(what_is_read_once_more_before_anything_was_sent_counts) {
  Talk talk(renaming());
  check_written(talk.read_folder("Old"), was_old);
  check_written(talk.read_folder("Old"), "");
  check_written(talk.read_folder("Newer"), R"("was":{"fileName":"Newer"})");
  check_written(talk.refused(400, 13000309), "");
  BOOST_TEST(talk.remark() == R"("was":{"fileName":"Newer"})");
  Talk late(renaming());
  check_written(late.refused(400, 13000309), R"("not_captured":"gone")");
  check_written(late.read_folder("Old"), was_old);
  BOOST_TEST(late.dialogue().remark().not_captured.empty());
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_what_the_operation_has_set_is_not_what_was_there) {
  Talk talk(renaming());
  check_written(talk.read_folder("Old"), was_old);
  check_written(talk.read_folder("New", true), "");
  check_written(talk.read_folder("Old", true), "");
  BOOST_TEST(talk.remark() == was_old);
  // Another has set this in between, and it will be overwritten.
  check_written(talk.read_folder("Another's", true), R"("was":{"fileName":"Another's"})");
  BOOST_TEST((talk.dialogue().unread(outcome(Verdict::unclear, 500)) == std::optional<std::string>("")));
  Talk unknown(renaming());
  check_written(unknown.refused(400, 13000309), R"("not_captured":"gone")");
  check_written(unknown.read_folder("New", true), "");
  BOOST_TEST(unknown.remark() == R"("not_captured":"gone")");
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_what_was_not_shown_before_remains_unknown) {
  const auto update =
      operation(R"({"op":"update_album","albumId":"7","name":"winter","scopeParentFolderId":"5","user_id":"42"})");
  const auto album = [](const std::string& members) {
    return R"({"albumList":[{"id":"7",)" + members + R"(,"albumKind":1,"albumType":1}],"total":1})";
  };
  constexpr std::string_view not_shown = R"("was":{"name":"summer","scopeParentFolderId":null})";
  Talk talk(update);
  check_written(talk.read(album(R"("name":"summer")")), not_shown);
  const auto applied = album(R"("name":"winter","scopeParentFolderId":"5")");
  check_written(talk.read(applied, true), "");
  BOOST_TEST(talk.remark() == not_shown);
  // Before anything was sent, nobody but another can have set it.
  Talk unsent(update);
  check_written(unsent.read(album(R"("name":"summer")")), not_shown);
  check_written(unsent.read(album(R"("name":"summer","scopeParentFolderId":"5")")),
                R"("was":{"name":"summer","scopeParentFolderId":"5"})");
}

BOOST_AUTO_TEST_CASE(a_resumed_run_says_what_it_has_found_itself) {
  Talk talk(renaming());
  check_written(talk.read_folder("New", true), R"("was":{"fileName":"New"})");
}

BOOST_AUTO_TEST_CASE(what_the_service_does_not_show_is_null) {
  const auto update = operation(
      R"({"op":"update_album","albumId":"7","name":"winter","coverImageUrl":"https://a.example/b","user_id":"42"})");
  const auto list = [](const std::string& albums) { return R"({"albumList":[)" + albums + R"(],"total":1})"; };
  Talk talk(update);
  check_written(talk.read(list(R"({"id":"7","name":"summer","albumKind":1,"albumType":1})")),
                R"("was":{"name":"summer","coverImageUrl":null})");
  const auto cover =
      operation(R"({"op":"update_album","albumId":"7","coverImageUrl":"https://a.example/b","user_id":"42"})");
  Talk nothing(cover);
  BOOST_TEST(contains(nothing.read(list(R"({"id":"7","name":"summer","albumKind":1,"albumType":1})")).note,
                      R"("not_captured":"unsupported")"));
}

BOOST_AUTO_TEST_CASE(what_nothing_reads_is_sent_at_once) {
  plan::Captures captures(koodrive::service_resources());
  const auto space = operation(R"({"op":"update_space","ownerId":"5","status":"1","user_id":"42"})");
  BOOST_TEST(captures.reads_first(renaming()));
  BOOST_TEST(!captures.reads_first(space));
  Talk talk(space);
  BOOST_TEST(!talk.dialogue().sent(Status::unknown));
  BOOST_TEST(talk.remark() == R"("not_captured":"unsupported")");
  BOOST_TEST(talk.dialogue().remark().not_captured == "unsupported");
}

BOOST_AUTO_TEST_SUITE_END()
