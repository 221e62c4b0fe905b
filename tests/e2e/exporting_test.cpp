// Reading what users have into a file, with the real binary on the embedded service: whole, in spite of faults, of
// changes meanwhile and of kills; or openly not.
#include "canary.hpp"
#include "contains.hpp"
#include "preload.hpp"
#include "process.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace koobatch::test;

namespace {

using Texts = std::vector<std::string>;
using Items = std::map<std::string, std::string>;  ///< "type:id" -> "user_id name"

const Process::Environment token = {{"TOKEN", "secret"}};

#define CHECK_HAS(text, part) BOOST_TEST(contains(text, part), (part) << " is missing in " << (text))

std::string folder(const std::string& id, const std::string& name, const std::string& more = {}) {
  return fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"42","name":"{}"{}}})"
                     "\n",
                     id, name, more);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// The items of a state, or of what the service says that it has. None may be there twice. Collections have a name that
/// lists do not show.
Items items_of(const std::string& ndjson) {
  Items items;
  std::istringstream lines(ndjson);
  for (std::string line; std::getline(lines, line);) {
    const auto type = member(line, "type");
    if (type.empty()) continue;
    const bool has_name = type != "album" || member(line, "albumType") == "2";
    const auto is_new = items.emplace(type + ":" + member(line, "id"),
                                      member(line, "user_id") + " " + (has_name ? member(line, "name") : ""));
    BOOST_TEST(is_new.second, "twice: " << line);
  }
  return items;
}

/// The last line of a state.
std::string summary_of(const std::string& ndjson) {
  const auto at = ndjson.rfind("{\"state\":");
  return at == std::string::npos ? std::string() : ndjson.substr(at);
}

/// A service with items, and exports of them in a folder of their own.
struct House {
  explicit House(const Texts& flags) : service(flags) {}

  /// The command without the flags that say whose items are read.
  Texts command(const std::string& file, const Texts& flags) const {
    Texts command = {"export", "--endpoint",   service.url(), "--token-env", "TOKEN",
                     "--out",  file,           "--progress",  "none",        "--max-attempts",
                     "50",     "--retry-base", "1ms",         "--retry-cap", "5ms"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  Finished run(const Texts& flags = {"--user-id", "42"}, const Process::Environment& environment = token) const {
    return run_koobatch(command(out, flags), environment);
  }
  /// Exports, expects success, and returns the file.
  std::string state(const Texts& flags = {"--user-id", "42"}) const {
    std::filesystem::remove(out);
    const auto finished = run(flags);
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    BOOST_TEST(!std::filesystem::exists(journal));
    return std::filesystem::exists(out) ? workspace.read("report.state.ndjson") : std::string();
  }
  /// Kills an export as soon as `part` is in its journal so many times, and returns the journal.
  std::string kill_after(const std::string& part, std::size_t times, const Texts& flags) const {
    Texts all = command(out, flags);
    all.insert(all.begin(), KOOBATCH_BINARY);
    Process process(all, token);
    std::string recorded;
    while (count_of(recorded, part) < times) {
      ::usleep(1'000);
      if (std::filesystem::exists(journal)) recorded = read_file(journal);
    }
    process.signal(SIGKILL);
    BOOST_TEST(process.wait().status == 128 + SIGKILL);
    BOOST_TEST(!std::filesystem::exists(out));
    return read_file(journal);
  }
  Items present() const { return items_of(service.get("/_sim/state")); }
  std::string count(const std::string& what) const { return member(service.get("/_sim/stats"), what); }
  bool is_clean() const { return !std::filesystem::exists(out) && !std::filesystem::exists(journal); }

  Workspace workspace;
  Service service;
  // The library that makes system calls fail looks for this word.
  std::string out = workspace.path("report.state.ndjson");
  std::string journal = out + ".part";
};

const Texts three_users = {"--items", "6300,users=3,albums=1200"};

std::string users_file(const House& house) {
  return house.workspace.write("users", "\xef\xbb\xbfuser_id\r\n42\r\n43\r\n\r\n44\n43\n");
}

/// Plans that read the state themselves, with a folder of their own for temporary files.
struct Planner {
  explicit Planner(const Texts& flags) : house(flags) { std::filesystem::create_directory(temporary); }

  Texts command(const Texts& flags) const {
    Texts command = {"plan",        house.workspace.path("desired.ndjson"),
                     "--endpoint",  house.service.url(),
                     "--token-env", "TOKEN",
                     "--out",       out,
                     "--progress",  "none"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  Process::Environment environment(Process::Environment more) const {
    more["TMPDIR"] = temporary;
    return more;
  }
  Finished plan(const std::string& wishes, const Texts& flags, const Process::Environment& more = token) const {
    house.workspace.write("desired.ndjson", wishes);
    std::filesystem::remove(out);
    return run_koobatch(command(flags), environment(more));
  }
  /// The operations of the plan.
  std::string lines() const {
    const auto text = read_file(out);
    const auto first = text.find('\n') + 1;
    return text.substr(first, text.find("{\"end\"") - first);
  }
  std::size_t left_over() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temporary)) ++count;
    return count;
  }

  House house;
  std::string temporary = house.workspace.path("tmp");
  std::string out = house.workspace.path("out.plan");
};

/// Kills an export at the first, second, … of such calls and continues it, until there are no more. Returns how many
/// there were.
std::size_t kill_everywhere(const House& house, const std::string& kind, const Texts& flags) {
  const auto whole = items_of(house.state(flags));
  BOOST_TEST((whole == house.present()));
  for (std::size_t step = 1; step < 200; ++step) {
    BOOST_TEST_CONTEXT(kind << step) {
      std::filesystem::remove(house.out);
      const auto killed = house.run(flags, with_fault("KOOBATCH_IO_FAULT", kind + std::to_string(step)));
      if (killed.status == 0) return step - 1;
      BOOST_TEST(killed.status == 128 + SIGKILL, killed.err);
      BOOST_TEST(!std::filesystem::exists(house.out));
      BOOST_TEST((items_of(house.state(flags)) == whole));
    }
  }
  BOOST_TEST(false, "it is killed for ever");
  return 0;
}

/// A file that only its owner may read.
std::string secret(const Workspace& workspace, const std::string& text) {
  auto path = workspace.write("secret", text);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

std::string ten_users(const House& house) {
  return house.workspace.write("users", "42\n43\n44\n45\n46\n47\n48\n49\n50\n51\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exporting)

BOOST_AUTO_TEST_CASE(what_several_users_have_is_exported_whole) {
  // Each has 1,700 folders, and 100 albums of each kind: several pages of both, one of them exactly full.
  const House house(three_users);
  const auto state = house.state({"--users", users_file(house)});
  BOOST_TEST((items_of(state) == house.present()));
  BOOST_TEST(items_of(state).size() == 6300U);
  const auto summary = summary_of(state);
  CHECK_HAS(summary, fmt::format(R"("items":6300,"users":3,)"));
  CHECK_HAS(summary, fmt::format(R"("complete":true,"endpoint":"{}")", house.service.url()));
  struct stat facts{};
  BOOST_TEST_REQUIRE(::stat(house.out.c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 0777U) == 0600U);
  BOOST_TEST(house.count("applied") == "0", "an export changes nothing");
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
  const House house(three_users);
  const auto users = users_file(house);
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

BOOST_AUTO_TEST_CASE(faults_of_the_service_are_overcome) {
  for (const Texts& faults :
       {Texts{"status=429,rate=0.3"}, Texts{"status=503,rate=0.3"}, Texts{"status=500,rate=0.2"},
        Texts{"reset,rate=0.1"}, Texts{"drop,rate=0.1"}, Texts{"truncate,rate=0.1"}, Texts{"garbage,rate=0.1"}}) {
    Texts flags = {"--items", "5400,users=3,albums=1200", "--seed", "3"};
    for (const auto& fault : faults) flags.insert(flags.end(), {"--fault", fault});
    const House house(flags);
    const auto state = house.state({"--users", users_file(house), "--max-errors", "100%"});
    BOOST_TEST((items_of(state) == house.present()), faults.front());
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_changed_meanwhile_is_neither_lost_nor_doubled) {
  for (const std::string change : {"add", "remove", "rename"}) {
    for (const std::string at : {"before", "in", "after", "0", "999", "1000", "2499"}) {
      for (const std::string page : {"1", "2", "3"}) {
        const House house(
            {"--items", "3300,albums=800", "--fault", fmt::format("list={},page={},at={}", change, page, at)});
        const auto before = house.present();
        const auto state = items_of(house.state());
        const auto after = house.present();
        BOOST_TEST_CONTEXT(change << " at " << at << " of page " << page) {
          std::size_t lost = 0, foreign = 0;
          for (const auto& [id, item] : after) {
            const auto known = before.find(id);
            if (known == before.end() || known->second != item) continue;
            const auto found = state.find(id);
            lost += found == state.end() || found->second != item;
          }
          for (const auto& [id, item] : state) foreign += !before.contains(id) && !after.contains(id);
          BOOST_TEST(lost == 0U);
          BOOST_TEST(foreign == 0U);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(odd_lists_are_read_right) {
  for (const std::string fault : {"list=cut", "list=empty", "list=cut,page=1", "list=empty,page=1", "list=numbers"}) {
    const House house({"--items", "2700,albums=1200", "--fault", fault});
    BOOST_TEST((items_of(house.state()) == house.present()), fault);
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_read_right_makes_a_state_that_says_so_and_from_which_nothing_is_planned) {
  struct Case {
    std::string fault;
    std::string type;
    int status;
    std::string why;
  };
  for (const Case& c :
       {Case{"list=endless", "shared_folder", 1, "cannot be read: the list"},
        Case{"list=growing", "shared_folder", 1, "cannot be read: the list has no end"},
        Case{"list=remove,page=2,at=before,times=always", "shared_folder", 4, "the list changed"},
        Case{"list=total", "album", 4, "the list says"}, Case{"list=total,by=-2", "album", 4, "the list says"}}) {
    const House house({"--items", "3500,albums=500", "--fault", c.fault});
    const auto finished = house.run({"--user-id", "42", "--types", c.type});
    BOOST_TEST(finished.status == c.status, c.fault << finished.out << finished.err);
    CHECK_HAS(finished.err, fmt::format("user 42, {}: {}", c.type, c.why));
    CHECK_HAS(finished.out, "not complete");
    const auto state = house.workspace.read("report.state.ndjson");
    CHECK_HAS(summary_of(state), R"("complete":false)");
    CHECK_HAS(summary_of(state), R"("from":"20)");
    BOOST_TEST(!std::filesystem::exists(house.journal));
    const auto plan =
        run_koobatch({"plan", house.workspace.write("desired.ndjson", folder("1", "x")), "--state", house.out});
    BOOST_TEST(plan.status == 4, plan.out << plan.err);
    CHECK_HAS(plan.err, "is not complete");
    CHECK_HAS(plan.err, "'koobatch export'");
  }
}

BOOST_AUTO_TEST_CASE(an_export_that_is_killed_at_any_request_is_continued_by_the_same_command) {
  const House house({"--items", "2600,users=2,albums=500"});
  const auto users = house.workspace.write("users", "42\n43\n");
  // Two users with five lists each, some of several pages.
  BOOST_TEST(kill_everywhere(house, "kill:send:", {"--users", users, "--connections", "1", "--http", "1.1"}) >= 20U);
}

BOOST_AUTO_TEST_CASE(an_export_that_is_killed_at_any_write_or_within_it_is_continued_by_the_same_command) {
  // Slow enough that each page is written on its own.
  const House house({"--items", "1500,albums=400", "--latency", "21ms"});
  const Texts flags = {"--user-id", "42", "--connections", "1", "--http", "1.1"};
  for (const std::string kind : {"kill:write:", "tear:write:"}) BOOST_TEST(kill_everywhere(house, kind, flags) > 4U);
}

BOOST_AUTO_TEST_CASE(what_a_killed_export_has_read_is_not_read_again) {
  const House house({"--items", "500,users=10", "--latency", "20ms"});
  const Texts flags = {"--users", ten_users(house), "--connections", "1", "--http", "1.1"};
  constexpr std::size_t known = 10;
  house.kill_after(R"("type":"result")", known, flags);
  const auto before = std::stoul(house.count("reads"));
  const auto continued = house.run(flags);
  BOOST_TEST(continued.status == 0, continued.err);
  CHECK_HAS(continued.err, "continuing the export that was begun at 20");
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()));
  // Fifty lists, each with a confirmation.
  BOOST_TEST(std::stoul(house.count("reads")) - before <= 2 * (50 - known));
}

BOOST_AUTO_TEST_CASE(an_interrupted_export_says_how_to_continue) {
  const House house({"--items", "500,users=10", "--latency", "20ms"});
  const Texts flags = {"--users", ten_users(house), "--connections", "1", "--http", "1.1"};
  Texts command = house.command(house.out, flags);
  command.insert(command.begin(), KOOBATCH_BINARY);
  {
    Process process(command, token);
    while (house.count("reads") == "0" || house.count("reads").empty()) ::usleep(1'000);
    process.signal(SIGINT);
    const auto finished = process.wait();
    BOOST_TEST(finished.status == 130, finished.out << finished.err);
    CHECK_HAS(finished.err, "of 50 lists done so far; the same 'koobatch export' again continues");
    BOOST_TEST(!contains(finished.err, "koobatch resume"), finished.err);
    BOOST_TEST(!std::filesystem::exists(house.out));
  }
  BOOST_TEST((items_of(house.state(flags)) == house.present()));
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

BOOST_AUTO_TEST_CASE(refused_credentials_end_the_export_and_new_ones_continue_it) {
  const Workspace workspace;
  const House house({"--items", "10", "--token-file", secret(workspace, "right")});
  const auto refused = house.run({"--user-id", "42"}, {{"TOKEN", "wrong"}});
  BOOST_TEST(refused.status == 5, refused.out << refused.err);
  CHECK_HAS(refused.err, "the same 'koobatch export' again continues");
  BOOST_TEST(!contains(refused.err, "koobatch resume"), refused.err);
  const auto finished = house.run({"--user-id", "42"}, {{"TOKEN", "right"}});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()));
}

BOOST_AUTO_TEST_CASE(a_full_disk_loses_nothing_that_was_read) {
  const House house({"--items", "2600,users=2,albums=500"});
  const Texts flags = {"--users", house.workspace.write("users", "42\n43\n"), "--connections", "1", "--http", "1.1"};
  bool was_full_at_the_end = false;
  for (int step = 2;; ++step) {
    BOOST_TEST_CONTEXT("write " << step) {
      std::filesystem::remove(house.out);
      std::filesystem::remove(house.journal);
      const auto full = house.run(flags, with_fault("KOOBATCH_IO_FAULT", fmt::format("fail=28:write:{}", step)));
      if (full.status == 0) break;
      BOOST_TEST(full.status == 5, full.out << full.err);
      CHECK_HAS(full.err, "No space left on device");
      CHECK_HAS(full.err, "the same 'koobatch export' again");
      BOOST_TEST(!std::filesystem::exists(house.out));
      was_full_at_the_end = contains(full.err, "everything was read");
      const auto reads = house.count("reads");
      BOOST_TEST((items_of(house.state(flags)) == house.present()));
      if (was_full_at_the_end) BOOST_TEST(house.count("reads") == reads);
    }
    BOOST_TEST_REQUIRE(step < 200);
  }
  BOOST_TEST(was_full_at_the_end);
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
  CHECK_HAS(house.run().err, "continues with what an export has left in");
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

BOOST_AUTO_TEST_CASE(a_damaged_journal_is_refused) {
  const House house({"--items", "2500,users=2", "--latency", "20ms"});
  const Texts flags = {"--user-id", "42", "--connections", "1", "--http", "1.1"};
  const auto journal = house.kill_after(R"("type":"result")", 2, flags);
  BOOST_TEST_REQUIRE(contains(journal, "\"items\":[{\"type\""));
  // Each line has a sum, but that does not show which lines are missing.
  const auto first_page = journal.find(R"({"type":"read")");
  BOOST_TEST_REQUIRE(first_page < journal.find(R"({"type":"result")"));
  house.workspace.write("report.state.ndjson.part",
                        std::string(journal).erase(first_page, journal.find('\n', first_page) + 1 - first_page));
  const auto shortened = house.run(flags);
  BOOST_TEST(shortened.status == 2, shortened.out << shortened.err);
  CHECK_HAS(shortened.err, "ends a list of which pages were removed");
  BOOST_TEST(!std::filesystem::exists(house.out));
  house.workspace.write("report.state.ndjson.part",
                        boost::replace_first_copy(journal, "\"items\":[{\"type\"", "\"items\":[{\"tyqe\""));
  const auto damaged = house.run(flags);
  BOOST_TEST(damaged.status == 2, damaged.out << damaged.err);
  CHECK_HAS(damaged.err, "damaged");
  BOOST_TEST(!std::filesystem::exists(house.out));
  house.workspace.write("report.state.ndjson.part", journal);
  BOOST_TEST(items_of(house.state(flags)).size() == 1250U);
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
  const Texts users = {"--users", users_file(house)};
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

BOOST_AUTO_TEST_CASE(a_plan_reads_the_state_itself_and_leaves_nothing_of_it) {
  const Planner planner({"--items", "300,users=3,albums=60"});
  const auto& house = planner.house;
  const auto state = house.state({"--users", users_file(house)});
  const auto reads = std::stoul(house.count("reads"));
  const auto wish = boost::replace_first_copy(state.substr(0, state.find('\n') + 1), R"("name":")", R"("name":"new )");
  const auto now = planner.plan(wish, {"--users", users_file(house)});
  BOOST_TEST(now.status == 0, now.out << now.err);
  CHECK_HAS(now.out, "state     240 items of 3 users, read 20");
  CHECK_HAS(now.out, house.service.url());
  BOOST_TEST(planner.left_over() == 0U);
  BOOST_TEST(house.count("applied") == "0");
  // Only folders are wished for: a list for each user, and one more request that confirms its end.
  BOOST_TEST(std::stoul(house.count("reads")) - reads == 6U);
  const auto plan = house.workspace.path("read.plan");
  const auto line = planner.lines();
  std::filesystem::rename(planner.out, plan);
  const auto later =
      run_koobatch({"plan", house.workspace.path("desired.ndjson"), "--state", house.out, "--out", planner.out});
  BOOST_TEST(later.status == 0, later.err);
  BOOST_TEST(planner.lines() == line);
  const auto run = run_koobatch({"run", plan, "--endpoint", house.service.url(), "--token-env", "TOKEN", "--report",
                                 house.workspace.path("run"), "--progress", "none"},
                                token);
  BOOST_TEST(run.status == 0, run.out << run.err);
  BOOST_TEST(planner.plan(wish, {"--users", users_file(house), "--exit-code"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_plan_reads_nothing_if_the_desired_state_is_wrong) {
  const Planner planner({"--items", "30"});
  const auto finished = planner.plan(R"({"type":"shared_folder","id":"1","name":null})", {"--user-id", "42"});
  BOOST_TEST(finished.status == 3, finished.err);
  BOOST_TEST(planner.house.count("reads") == "0");
  BOOST_TEST(!std::filesystem::exists(planner.out));
}

BOOST_AUTO_TEST_CASE(nothing_is_planned_from_what_could_not_be_read) {
  const auto refused = [](const Texts& service, int status, std::string_view why,
                          const Process::Environment& environment) {
    const Planner planner(service);
    const auto finished = planner.plan(folder("1", "x"), {"--user-id", "42"}, environment);
    BOOST_TEST(finished.status == status, finished.out << finished.err);
    CHECK_HAS(finished.err, why);
    BOOST_TEST(!contains(finished.err, "continues"), finished.err);
    BOOST_TEST(!std::filesystem::exists(planner.out));
    BOOST_TEST(planner.left_over() == 0U);
  };
  refused({"--items", "3000", "--fault", "list=endless"}, 4, "the present state is not complete", token);
  refused({"--items", "3000", "--fault", "list=remove,at=before,times=always"}, 4, "kept changing", token);
  const Workspace workspace;
  refused({"--items", "30", "--token-file", secret(workspace, "right")}, 5, "then run 'koobatch plan …'", token);
}

BOOST_AUTO_TEST_CASE(a_plan_that_is_interrupted_while_it_reads_leaves_nothing) {
  const Planner planner({"--items", "500,users=10", "--latency", "100ms"});
  const auto& house = planner.house;
  house.workspace.write("desired.ndjson", folder("1", "x"));
  Texts command = planner.command({"--users", ten_users(house), "--connections", "1", "--http", "1.1"});
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command, planner.environment(token));
  while (house.count("reads") == "0") ::usleep(1'000);
  process.signal(SIGTERM);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 143, finished.out << finished.err);
  BOOST_TEST(!std::filesystem::exists(planner.out));
  BOOST_TEST(planner.left_over() == 0U);
}

BOOST_AUTO_TEST_CASE(flags_for_reading_are_refused_where_nothing_is_read) {
  const Workspace workspace;
  const auto desired = workspace.write("desired.ndjson", folder("1", "x"));
  const auto users = workspace.write("users", "42\n");
  for (const Texts& flags : {Texts{"--users", users}, Texts{"--user-id", "42"}, Texts{"--rate", "1/s"},
                             Texts{"--token-file", users}, Texts{"--tokens-file", users}, Texts{"--timeout", "1s"},
                             Texts{"--connections", "1"}, Texts{"--proxy", "http://h:1"}, Texts{"--insecure"}}) {
    for (const bool shows : {false, true}) {
      Texts command = shows ? Texts{"plan", "--show", desired} : Texts{"plan", desired, "--state", desired};
      command.insert(command.end(), flags.begin(), flags.end());
      const auto finished = run_koobatch(command);
      BOOST_TEST(finished.status == 2, finished.out << finished.err);
      CHECK_HAS(finished.err, flags.front() + (shows ? " is for making a plan" : " is for reading the state"));
    }
  }
  const auto nobody =
      run_koobatch({"plan", desired, "--endpoint", "http://127.0.0.1:1", "--token-env", "TOKEN"}, token);
  BOOST_TEST(nobody.status == 2);
  CHECK_HAS(nobody.err, "give --user-id ID, or --users FILE");
  const auto nothing = run_koobatch({"plan", desired, "--simulate", "--user-id", "42"});
  BOOST_TEST(nothing.status == 2);
  CHECK_HAS(nothing.err, "koobatch simulate --items");
}

BOOST_AUTO_TEST_SUITE_END()
