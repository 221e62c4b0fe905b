#include "koobatch/plan/captured_results.hpp"

#include "dialogue_support.hpp"
#include "state_support.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace koobatch;
using dialogue_support::operation;
using namespace koobatch::plan;
using namespace std::string_literals;
using state_support::item;
using state_support::kind;

namespace {

std::unique_ptr<CapturedResults> make() {
  auto results = CapturedResults::create(std::filesystem::temp_directory_path());
  BOOST_REQUIRE(results.has_value());
  return std::move(*results);
}

/// "STATUS NOTE;" for each result of a line.
std::string taken(CapturedResults& results, std::uint32_t line) {
  std::vector<CapturedResult> found;
  BOOST_REQUIRE(results.take(line, found).has_value());
  std::string text;
  for (const auto& result : found) text.append(to_string(result.status)).append(" ").append(result.note).append(";");
  return text;
}

/// What operations have done, and what is lost.
struct Account {
  std::unique_ptr<Effects> effects;
  std::string losses;  ///< "LINE FIELD REASON MESSAGE;"
};

using Done = std::vector<std::pair<koodrive::Operation, std::vector<CapturedResult>>>;

Account account(const Done& done, Status otherwise = Status::failed) {
  auto effects = Effects::create(std::filesystem::temp_directory_path(), koodrive::service_resources());
  BOOST_REQUIRE(effects.has_value());
  Account made{std::move(*effects), {}};
  const auto on_loss = [&](const Finding& loss) {
    made.losses += std::to_string(loss.line) + " " + loss.id + " " + loss.field + " " +
                   (loss.reason == Finding::Reason::not_captured ? "not_captured" : "unreadable") + " " + loss.message +
                   ";";
  };
  for (const auto& [operation, results] : done) {
    BOOST_TEST(
        add_effects(operation, results, otherwise, koodrive::service_resources(), *made.effects, on_loss).has_value());
  }
  BOOST_TEST(made.effects->finish().has_value());
  return made;
}

/// The name that a folder gets back which has this one: "" if it is not known, "nothing" if nothing was done to it.
std::string wanted(const Account& account, const std::string& name_now) {
  const auto present = item("shared_folder", "1", {{"name", name_now}}, "7");
  const auto effect = account.effects->take(*present.kind, "1");
  BOOST_REQUIRE(effect.has_value());
  if (!*effect) return "nothing";
  const auto entry = (*effect)->undo(&present);
  const auto& value = entry.item.values.at(0);
  return value ? std::get<std::string>(*value) : "";
}

koodrive::Operation renaming(const std::string& name) {
  return operation(R"({"op":"rename_shared_folder","id":"1","fileName":")" + name + R"(","user_id":"7"})");
}

CapturedResult was(Status status, const std::string& name) {
  return {status, R"({"was":{"fileName":")" + name + "\"}}"};
}

constexpr auto succeeded = Status::succeeded;
constexpr auto unknown = Status::unknown;

}  // namespace

BOOST_AUTO_TEST_SUITE(captured_results)

BOOST_AUTO_TEST_CASE(results_are_found_by_line_from_the_first_report_to_the_latest) {
  const auto results = make();
  const auto add = [&](unsigned age, std::uint32_t line, Status status, std::string_view text) {
    const auto added = results->add(age, line, status, text);
    BOOST_TEST((added.has_value() && *added), text);
  };
  // The latest report, then that of the run which it repeats.
  add(0, 9, succeeded, R"({"line":9,"was":{"fileName":"c"},"sum":"0"})");
  add(1, 12, succeeded, R"({"line":12,"not_captured":"gone","sum":"0"})");
  add(1, 9, unknown, R"({"line":9,"was":{"fileName":"a"},"sum":"0"})");
  add(1, 9, unknown, R"({"line":9,"not_captured":"unreadable","not_captured_because":"HTTP 500","sum":"0"})");
  add(1, 4, succeeded, R"({"line":4,"sum":"0"})");
  const auto damaged = results->add(1, 5, succeeded, "{");
  BOOST_TEST((damaged.has_value() && !*damaged));
  BOOST_TEST(results->finish().has_value());
  BOOST_TEST(taken(*results, 3) == "");
  BOOST_TEST(taken(*results, 4) == "succeeded ;");
  BOOST_TEST(taken(*results, 9) == R"(unknown {"was":{"fileName":"a"}};)"
                                   R"(unknown {"not_captured":"unreadable","not_captured_because":"HTTP 500"};)"
                                   R"(succeeded {"was":{"fileName":"c"}};)");
  BOOST_TEST(taken(*results, 12) == R"(succeeded {"not_captured":"gone"};)");
  BOOST_TEST(taken(*results, 13) == "");
}

BOOST_AUTO_TEST_CASE(several_operations_on_an_item_and_several_results_of_one_are_undone_together) {
  BOOST_TEST(wanted(account({{renaming("x"), {was(succeeded, "a")}}}), "x") == "a");
  BOOST_TEST(wanted(account({{renaming("x"), {was(succeeded, "a")}}, {renaming("y"), {was(succeeded, "x")}}}), "y") ==
             "a");
  // Killed before the result was recorded, and resumed: then it finds what it has done itself.
  BOOST_TEST(wanted(account({{renaming("x"), {was(unknown, "a"), was(succeeded, "x")}}}), "x") == "a");
  BOOST_TEST(wanted(account({{renaming("x"), {was(unknown, "a"), was(succeeded, "a")}}}), "x") == "a");
  BOOST_TEST(wanted(account({{renaming("x"), {was(Status::failed, "a")}}}), "a") == "nothing");
}

BOOST_AUTO_TEST_CASE(what_another_has_set_between_two_operations_is_restored) {
  BOOST_TEST(wanted(account({{renaming("x"), {was(succeeded, "a")}}, {renaming("y"), {was(succeeded, "q")}}}), "y") ==
             "q");
  BOOST_TEST(wanted(account({{renaming("x"), {was(unknown, "a"), was(succeeded, "q")}}}), "x") == "q");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_makes_the_item_unknown_until_another_is_seen_to_have_set_it) {
  const CapturedResult gone{succeeded, R"({"not_captured":"gone"})"};
  BOOST_TEST(wanted(account({{renaming("x"), {was(succeeded, "a")}}, {renaming("y"), {gone}}}), "y") == "");
  BOOST_TEST(wanted(account({{renaming("x"), {gone}}, {renaming("y"), {was(succeeded, "x")}}}), "y") == "");
  BOOST_TEST(wanted(account({{renaming("x"), {gone}}, {renaming("y"), {was(succeeded, "q")}}}), "y") == "q");
  const auto lost = account({{renaming("x"), {gone}}});
  const auto effect = lost.effects->take(kind("shared_folder"), "1");
  BOOST_REQUIRE((effect.has_value() && effect->has_value()));
  const auto present = item("shared_folder", "1", {{"name", "x"s}}, "7");
  const auto losses = (*effect)->net.losses(&present);
  BOOST_REQUIRE(losses.size() == 1U);
  BOOST_TEST(losses[0].unread == "gone");
  BOOST_TEST((*effect)->net.losses(nullptr).size() == 1U);
}

// A segment of a program that knows nothing of --capture sends without a note.
BOOST_AUTO_TEST_CASE(what_an_operation_without_a_note_has_changed_is_not_known) {
  BOOST_TEST(wanted(account({{renaming("x"), {{unknown, ""}}}}), "x") == "");
  BOOST_TEST(wanted(account({{renaming("x"), {was(unknown, "a"), {unknown, ""}}}}), "x") == "a",
             "it was read before, and given up before it was sent again");
  BOOST_TEST(wanted(account({{renaming("x"), {{succeeded, ""}}}}), "x") == "");
  BOOST_TEST(wanted(account({{renaming("x"), {}}}, unknown), "x") == "nothing", "it was not even read");
}

BOOST_AUTO_TEST_CASE(what_no_item_has_is_lost_and_named_once) {
  const auto update = operation(
      R"({"op":"update_album","albumId":"7","name":"winter","coverImageUrl":"https://a.example/b","user_id":"42"})");
  const std::string note = R"({"was":{"name":"summer","coverImageUrl":null}})";
  const auto album = account({{update, {{unknown, note}, {succeeded, note}}}});
  BOOST_TEST(album.losses == "1 7 coverImageUrl unreadable ;");
  const auto effect = album.effects->take(kind("album"), "7");
  BOOST_REQUIRE((effect.has_value() && effect->has_value()));
  BOOST_TEST((*effect)->net.losses(nullptr).empty());
  const auto space = operation(R"({"op":"update_space","ownerId":"5","status":"1","user_id":"42"})");
  const CapturedResult unsupported{succeeded, R"({"not_captured":"unsupported"})"};
  const std::string lost = "1 5  not_captured nothing reads what update_space changes;";
  BOOST_TEST(account({{space, {unsupported}}}).losses == lost);
  BOOST_TEST(account({{space, {}}}, unknown).losses == lost, "a process was killed that may have sent it");
  BOOST_TEST(account({{space, {}}}).losses == "");
}

BOOST_AUTO_TEST_CASE(what_a_retry_leaves_out_it_has_not_set) {
  const auto update = operation(R"({"op":"update_album","albumId":"7","name":"winter","scopeKind":1,"user_id":"42"})");
  // Of the retry, in which a newer operation had set the kind.
  const auto album = account({{update, {{succeeded, R"({"was":{"name":"summer"}})"}}}});
  const auto effect = album.effects->take(kind("album"), "7");
  BOOST_REQUIRE((effect.has_value() && effect->has_value()));
  const auto present = item("album", "7", {{"name", "winter"s}});
  const auto entry = (*effect)->undo(&present);
  BOOST_TEST(entry.item.values[kind("album").find("name")].has_value());
  BOOST_TEST(!entry.item.values[kind("album").find("scopeKind")].has_value());
  BOOST_TEST((*effect)->net.losses(&present).empty());
}

BOOST_AUTO_TEST_CASE(a_retry_that_could_not_read_loses_what_it_has_sent_and_nothing_else) {
  const auto both = operation(R"({"op":"update_album","albumId":"7","name":"n1","scopeKind":1,"user_id":"42"})");
  const auto name = operation(R"({"op":"update_album","albumId":"7","name":"n2","user_id":"42"})");
  // The run: the first operation failed. The retry sent it without the name, which the second one had set.
  const CapturedResult retried{succeeded, R"({"not_captured":"unreadable","not_captured_fields":["scopeKind"]})", 0};
  const CapturedResult named{succeeded, R"({"was":{"name":"summer"}})", 1};
  const auto album = account({{both, {retried}}, {name, {named}}});
  const auto effect = album.effects->take(kind("album"), "7");
  BOOST_REQUIRE((effect.has_value() && effect->has_value()));
  const auto present = item("album", "7", {{"name", "n2"s}, {"scopeKind", std::int64_t{1}}});
  const auto entry = (*effect)->undo(&present);
  const auto& restored = entry.item.values[kind("album").find("name")];
  BOOST_REQUIRE(restored.has_value());
  BOOST_TEST(std::get<std::string>(*restored) == "summer");
  const auto losses = (*effect)->net.losses(&present);
  BOOST_REQUIRE(losses.size() == 1U);
  BOOST_TEST(losses[0].field == kind("album").find("scopeKind"));
}

// A retry repeats the first line after the run's second one.
BOOST_AUTO_TEST_CASE(results_count_in_the_order_of_time_and_not_of_the_job) {
  const auto in_run = [](CapturedResult result) {
    result.age = 1;
    return result;
  };
  // Both answers were lost, and both operations were applied.
  BOOST_TEST(wanted(account({{renaming("x"), {in_run(was(unknown, "a")), was(succeeded, "y")}},
                             {renaming("y"), {in_run(was(unknown, "x")), was(succeeded, "x")}}}),
                    "y") == "a");
  // The first one failed, and the second one may have been applied.
  for (const std::string found : {"a", "y"}) {
    BOOST_TEST(wanted(account({{renaming("x"), {was(succeeded, found)}},
                               {renaming("y"), {in_run(was(unknown, "a")), was(succeeded, "x")}}}),
                      "y") == "a",
               found);
  }
}

BOOST_AUTO_TEST_CASE(an_operation_that_could_not_be_read_and_may_not_have_been_sent_hides_nothing_that_is_known) {
  const CapturedResult unread{unknown, R"({"not_captured":"unreadable"})"};
  const auto maybe = [&] { return account({{renaming("x"), {was(succeeded, "a")}}, {renaming("y"), {unread}}}); };
  BOOST_TEST(wanted(maybe(), "x") == "a");
  BOOST_TEST(wanted(maybe(), "y") == "", "another may have set something in between");
  // The next one finds what that has set, or what was there before.
  const auto later = [&](const std::string& found) {
    return account(
        {{renaming("x"), {was(succeeded, "a")}}, {renaming("y"), {unread}}, {renaming("z"), {was(succeeded, found)}}});
  };
  BOOST_TEST(wanted(later("x"), "z") == "a");
  BOOST_TEST(wanted(later("y"), "z") == "");
  BOOST_TEST(wanted(later("q"), "z") == "q");
  // It has set the same: whether over something else is not known.
  BOOST_TEST(wanted(account({{renaming("x"), {was(succeeded, "a"), unread}}}), "x") == "");
}

BOOST_AUTO_TEST_SUITE_END()
