// Reading what users have into a file, with the real binary on the embedded service: whole, or openly not.
#include "canary.hpp"
#include "exports.hpp"
#include "koobatch/core/descriptor.hpp"
#include "preload.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

using namespace koobatch::test;
using namespace koobatch::test::exports;

BOOST_AUTO_TEST_SUITE(exporting)

BOOST_AUTO_TEST_CASE(what_several_users_have_is_exported_whole) {
  // Each has 1,700 folders, and 100 albums of each kind: several pages of both, one of them exactly full.
  House house(items_of_three_users);
  const auto state = house.state({"--users", house.three_users()});
  BOOST_TEST((items_of(state) == house.present()));
  BOOST_TEST(items_of(state).size() == 6300U);
  const auto summary = summary_of(state);
  CHECK_HAS(summary, fmt::format(R"("items":6300,"users":3,)"));
  CHECK_HAS(summary, fmt::format(R"("complete":true,"endpoint":"{}")", house.service.url()));
  struct stat facts{};
  BOOST_TEST_REQUIRE(::stat(house.out.c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 0777U) == 0600U);
  BOOST_TEST(house.sent_only_reads());
}

BOOST_AUTO_TEST_CASE(what_is_printed_says_how_much_there_is_and_what_it_takes) {
  const House house({"--items", "1200"});
  const auto finished = house.run();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.out == house.out + ": 1,200 items of 1 user, complete\n");
  CHECK_HAS(finished.err, "reading 5 lists of 1 user");
}

BOOST_AUTO_TEST_CASE(types_are_chosen) {
  const House house({"--items", "50,albums=20"});
  BOOST_TEST(items_of(house.state({"--user-id", "42", "--types", "album"})).size() == 20U);
  BOOST_TEST(items_of(house.state({"--user-id", "42", "--types", "shared_folder"})).size() == 30U);
  BOOST_TEST(items_of(house.state({"--user-id", "42", "--types", "album,shared_folder,album"})).size() == 50U);
}

BOOST_AUTO_TEST_CASE(one_less_than_a_page_and_one_more_are_read_to_the_end) {
  for (const int items : {1, 2, 999, 1000, 1001, 1999, 2000, 2001}) {
    const House house({"--items", std::to_string(items)});
    BOOST_TEST(items_of(house.state({"--user-id", "42"})).size() == static_cast<std::size_t>(items), items);
  }
}

BOOST_AUTO_TEST_CASE(every_form_of_the_file_holds_the_same_items_and_a_plan_finds_nothing_to_change) {
  const House house(items_of_three_users);
  const auto users = house.three_users();
  const auto state = house.state({"--users", users});
  for (const std::string name : {"copy.ndjson", "copy.ndjson.zst", "copy.ndjson.gz", "copy.csv", "copy.csv.gz"}) {
    const auto path = house.workspace.path(name);
    const auto finished = run_koobatch(house.command(path, {"--users", users}), token);
    BOOST_TEST(finished.status == 0, finished.err);
    const auto plan = run_koobatch({"plan", path, "--state", house.out, "--exit-code"});
    BOOST_TEST(plan.status == 0, name << plan.out << plan.err);
    CHECK_HAS(plan.out, "Nothing to change");
  }
  BOOST_TEST(house.workspace.read("copy.csv").starts_with("\xef\xbb\xbftype,"));
}

BOOST_AUTO_TEST_CASE(items_that_several_users_see_are_there_once) {
  // The service's own list has only what a user has created, so a file asks for all that they see.
  const Workspace workspace;
  std::string items;
  for (int i = 0; i < 300; ++i)
    items += folder(std::to_string(1000 + i), fmt::format("name {}", i), R"(,"joined":["43","44"])");
  const House house({"--state", workspace.write("items", items)});
  const auto operations = workspace.write("seen.toml", R"(format = 1
[resource.shared_folder]
list = { request = "GET /koodrive/ose/v1/sharefolder/list?queryType=0", page = "offset", size = 100, items = "/folders" }
fields.name = { at = "/name", set_by = "rename_shared_folder.fileName" }
)");
  const Texts flags = {"--users",      workspace.write("users", "43\n42\n44\n"), "--operations", operations, "--types",
                       "shared_folder"};
  const auto finished = house.run(flags);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  const auto state = items_of(house.workspace.read("report.state.ndjson"));
  BOOST_TEST(state.size() == 300U);
  // As the first of them sees it, whoever was read first.
  for (const auto& [id, item] : state) BOOST_TEST(item.starts_with("43 name "), id << item);
  CHECK_HAS(finished.err, "600 readings of items that were read before");
  BOOST_TEST(items_of(house.state({"--users", workspace.path("users")})).size() == 300U);
}

BOOST_AUTO_TEST_CASE(users_who_cannot_be_read_are_named_and_the_others_exported) {
  const House house({"--items", "40,users=2"});
  const auto tokens = secret(house.workspace, "user_id,token\n42,s3cret\n");
  const auto finished = run_koobatch({"export", "--endpoint", house.service.url(), "--tokens-file", tokens, "--out",
                                      house.out, "--progress", "none", "--max-errors", "100%", "--users",
                                      house.workspace.write("users", "42\n43\n")});
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  CHECK_HAS(finished.err, "user 43, shared_folder: cannot be read: ");
  CHECK_HAS(finished.err, "5 lists of 1 user cannot be read");
  const auto state = house.workspace.read("report.state.ndjson");
  BOOST_TEST(items_of(state).size() == 20U);
  CHECK_HAS(summary_of(state), R"("users":1,)");
  CHECK_HAS(summary_of(state), R"("complete":false)");
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_an_alarm) {
  const House house({"--items", "10"});
  const auto finished = house.run({"--user-id", "nobody"});
  BOOST_TEST(finished.status == 4, finished.out << finished.err);
  CHECK_HAS(finished.err, "no items at all");
}

BOOST_AUTO_TEST_CASE(too_many_lists_that_are_refused_stop_the_export_which_can_be_continued) {
  const House house({"--items", "500,users=10", "--fault", "status=400,rate=0.5", "--seed", "5"});
  const Texts flags = {"--users", house.ten_users(), "--connections", "1", "--http", "1.1"};
  Texts strict = flags, generous = flags;
  strict.insert(strict.end(), {"--max-errors", "2"});
  generous.insert(generous.end(), {"--max-errors", "100%"});
  const auto stopped = house.run(strict);
  BOOST_TEST(stopped.status == 4, stopped.out << stopped.err);
  CHECK_HAS(stopped.err, "--max-errors");
  CHECK_HAS(stopped.err, "the same 'koobatch export' again");
  BOOST_TEST(!std::filesystem::exists(house.out));
  BOOST_TEST(std::filesystem::exists(house.journal));
  const auto continued = house.run(generous);
  BOOST_TEST(continued.status == 1, continued.out << continued.err);
  CHECK_HAS(summary_of(house.workspace.read("report.state.ndjson")), R"("complete":false)");
}

BOOST_AUTO_TEST_CASE(nothing_is_done_while_another_run_holds_the_lock) {
  const House house({"--items", "30"});
  const auto lock = house.workspace.path("lock");
  const koobatch::Descriptor held(::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  BOOST_TEST_REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  const auto finished = house.run({"--user-id", "42", "--lock", lock});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  CHECK_HAS(finished.err, "another process holds the lock");
  BOOST_TEST(house.is_clean());
  BOOST_TEST(house.count("reads") == "0");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_printed_is_an_error) {
  const House house({"--items", "30"});
  Texts command = {"/bin/bash", "-c", "exec \"$@\" >/dev/full", "bash", KOOBATCH_BINARY};
  for (const auto& word : house.command(house.out, {"--user-id", "42"})) command.push_back(word);
  const auto finished = Process(command, token).wait();
  BOOST_TEST(finished.status == 5, finished.err);
  CHECK_HAS(finished.err, "standard output: cannot be written");
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()), "what was read is not lost");
}

BOOST_AUTO_TEST_CASE(refused_credentials_end_the_export_and_new_ones_continue_it) {
  const Workspace workspace;
  const House house({"--items", "10", "--token-file", secret(workspace, "right")});
  const auto refused = house.run({"--user-id", "42"}, {{"TOKEN", "wrong"}});
  BOOST_TEST(refused.status == 5, refused.out << refused.err);
  CHECK_HAS(refused.err, "run the same 'koobatch export' again");
  BOOST_TEST(!contains(refused.err, "koobatch resume"), refused.err);
  const auto finished = house.run({"--user-id", "42"}, {{"TOKEN", "right"}});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused_and_nothing_is_asked_for) {
  const House house({"--items", "10"});
  const auto refused = [&](const Texts& flags, std::string_view why, const std::string& out = {}) {
    const auto finished = run_koobatch(house.command(out.empty() ? house.out : out, flags), token);
    BOOST_TEST(finished.status == 2, finished.out << finished.err);
    CHECK_HAS(finished.err, why);
    BOOST_TEST(house.is_clean());
  };
  const auto users = [&](std::string_view text) { return house.workspace.write("users", text); };
  refused({}, "give --user-id ID, or --users FILE");
  refused({"--user-id", "42", "--users", users("42\n")}, "exclude each other");
  refused({"--user-id", "42", "--types", "folder"},
          "there is no type 'folder' that can be read; the types are shared_folder, album");
  refused({"--user-id", "42"}, "the name must end in .ndjson or .csv", house.workspace.path("report.state.txt"));
  refused({"--user-id", "42"}, "No such file or directory", house.workspace.path("none/report.ndjson"));
  refused({"--users", house.workspace.path("none")}, "none: cannot be read: No such file or directory");
  refused({"--users", house.workspace.path("")}, "Is a directory");
  refused({"--users", users("")}, "users: has no user IDs");
  refused({"--users", users("user_id\n")}, "users: has no user IDs");
  refused({"--users", users("42\n43,secret\n")}, "users:2: ");
  refused({"--users", users("42\n{\"user_id\":\"43\"}\n")}, "users:2: ");
  refused({"--users", users("42\n4 3\n")}, "users:2: ");
  refused({"--user-id", "42", "--latency", "1ms"}, "--latency");
  BOOST_TEST(house.count("reads") == "0");
  const auto simulated = run_koobatch({"export", "--simulate", "--user-id", "42", "--out", house.out});
  BOOST_TEST(simulated.status == 2);
  CHECK_HAS(simulated.err, "koobatch simulate --items");
  const auto nowhere = run_koobatch({"export", "--user-id", "42", "--out", house.out});
  BOOST_TEST(nowhere.status == 2);
  CHECK_HAS(nowhere.err, "give --endpoint URL");
  const auto nameless =
      run_koobatch({"export", "--user-id", "42", "--endpoint", house.service.url(), "--token-env", "TOKEN"}, token);
  BOOST_TEST(nameless.status == 2);
  CHECK_HAS(nameless.err, "give --out STATE.ndjson");
  BOOST_TEST(house.is_clean());
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten_and_nothing_old_is_taken_for_new) {
  const House house({"--items", "30,users=2"});
  const auto state = house.state();
  const auto again = house.run();
  BOOST_TEST(again.status == 2, again.err);
  CHECK_HAS(again.err, "exists already");
  BOOST_TEST(house.workspace.read("report.state.ndjson") == state);
  // A journal that was left behind would make the state of then again.
  house.workspace.write("report.state.ndjson.part", "");
  CHECK_HAS(house.run().err, "continue the export that is recorded in");
  std::filesystem::remove(house.journal);
  std::filesystem::remove(house.out);
  BOOST_TEST(house.run({"--user-id", "42"}, with_fault("KOOBATCH_IO_FAULT", "kill:send:2")).status == 128 + SIGKILL);
  const auto journal = house.workspace.read("report.state.ndjson.part");
  BOOST_TEST((std::filesystem::status(house.journal).permissions() & ~std::filesystem::perms::owner_all) ==
                 std::filesystem::perms::none,
             "what users have is for nobody else");
  const auto refused = [&](const Finished& finished, std::string_view why) {
    BOOST_TEST(finished.status == 2, finished.out << finished.err);
    CHECK_HAS(finished.err, why);
    BOOST_TEST(house.workspace.read("report.state.ndjson.part") == journal);
    BOOST_TEST(!std::filesystem::exists(house.out));
  };
  refused(house.run({"--user-id", "43"}), "was begun by an export of other users or types");
  refused(house.run({"--user-id", "42", "--types", "album"}), "was begun by an export of other users or types");
  const House other({"--items", "30"});
  refused(run_koobatch(other.command(house.out, {"--user-id", "42"}), token),
          "was begun by an export from " + house.service.url());
  for (const std::string command : {"resume", "retry", "verify"}) {
    refused(run_koobatch({command, house.journal}, token), "the journal of an export");
  }
  BOOST_TEST((items_of(house.state()).size() == 15U));
}

BOOST_AUTO_TEST_CASE(no_secret_is_written_or_printed) {
  const Canary canary("cAnAry+exp0rt/7Qx=");
  const House house({"--items", "30"});
  const auto path = secret(house.workspace, canary.secret());
  const Texts command = {"export",  "--endpoint", house.service.url(), "--token-file", path, "--user-id", "42", "--out",
                         house.out, "-v"};
  const auto killed = run_koobatch(command, with_fault("KOOBATCH_IO_FAULT", "kill:send:3"));
  BOOST_TEST(killed.status == 128 + SIGKILL);
  BOOST_TEST(!canary.in(house.workspace.read("report.state.ndjson.part")));
  const auto finished = run_koobatch(command);
  BOOST_TEST(finished.status == 0, finished.err);
  for (const auto& text :
       {killed.out, killed.err, finished.out, finished.err, house.workspace.read("report.state.ndjson")}) {
    BOOST_TEST(!canary.in(text), text);
  }
}

BOOST_AUTO_TEST_CASE(names_that_could_harm_a_terminal_or_a_spreadsheet_survive) {
  const Workspace workspace;
  const std::string items = folder("1", R"(=cmd|' /C calc'!A0)") + folder("2", R"(\u001b[31mred\u202e)") +
                            folder("3", R"(a,\"b\"\nc)") + folder("4", "'quoted") + folder("5", R"(\ud83d\ude00)");
  const House house({"--state", workspace.write("items", items)});
  BOOST_TEST((items_of(house.state()) == house.present()));
  const auto csv = house.workspace.path("x.csv");
  BOOST_TEST(run_koobatch(house.command(csv, {"--user-id", "42"}), token).status == 0);
  const auto plan = run_koobatch({"plan", csv, "--state", house.out, "--exit-code"});
  BOOST_TEST(plan.status == 0, plan.out << plan.err);
}

BOOST_AUTO_TEST_CASE(the_program_of_on_complete_is_told_the_file) {
  const House house({"--items", "10"});
  const auto program =
      house.workspace.write("program", "#!/bin/sh\necho \"$KOOBATCH_EXIT_STATUS $KOOBATCH_REPORT\" > \"$1\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto told = house.workspace.path("told");
  BOOST_TEST(house.run({"--user-id", "42", "--on-complete", program + " " + told}).status == 0);
  BOOST_TEST(read_file(told) == "0 " + house.out + "\n");
}

// Exported, planned, carried out, exported, undone, and exported: as it was at first.
BOOST_AUTO_TEST_CASE(what_was_exported_is_planned_changed_and_undone) {
  const House house({"--items", "300,users=3", "--names", "405"});
  const Texts users = {"--users", house.three_users()};
  const auto run_plan = [&](const std::string& plan, const std::string& report) {
    const auto finished = run_koobatch({"run", plan, "--endpoint", house.service.url(), "--token-env", "TOKEN",
                                        "--report", house.workspace.path(report), "--progress", "none"},
                                       token);
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
  };
  const auto first = house.state(users);
  const auto wishes = first.substr(0, first.find('\n') + 1);
  const auto name = member(wishes, "name");
  const auto desired = house.workspace.write(
      "desired.ndjson", boost::replace_first_copy(wishes, "\"" + name + "\"", "\"quite another\""));
  const auto plan = house.workspace.path("plan");
  BOOST_TEST(run_koobatch({"plan", desired, "--state", house.out, "--out", plan}).status == 0);
  run_plan(plan, "first.report");
  const auto changed = house.state(users);
  BOOST_TEST(items_of(changed).at("shared_folder:" + member(wishes, "id")) ==
             member(wishes, "user_id") + " quite another");
  const auto undo = house.workspace.path("undo");
  const auto undone = run_koobatch({"undo", house.workspace.path("first.report"), "--state", house.out, "--out", undo});
  BOOST_TEST(undone.status == 0, undone.out << undone.err);
  run_plan(undo, "second.report");
  BOOST_TEST((items_of(house.state(users)) == items_of(first)));
}

BOOST_AUTO_TEST_SUITE_END()
