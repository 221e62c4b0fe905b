// The embedded service's reading side: what is loaded and written is read back, over both versions of HTTP, with a
// client that shares no code with us.
#include "contains.hpp"
#include "paths.hpp"
#include "real_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;

namespace {

constexpr const char* curl = "/usr/bin/curl";

/// A client that speaks one version of HTTP, for a user.
struct Client {
  std::string url;
  bool http2 = false;
  std::string user = "42";

  /// Status and body of the answer: "200 {…}".
  std::string get(const std::string& path) const {
    // A second behind, because the service accepts no date later than its own.
    const auto date = fmt::format("X-Date: {:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time(nullptr) - 1));
    const std::vector<std::string> command = {curl,
                                              "--silent",
                                              "--show-error",
                                              "--noproxy",
                                              "*",
                                              http2 ? "--http2-prior-knowledge" : "--http1.1",
                                              "--header",
                                              "Authorization: Bearer+secret",
                                              "--header",
                                              "X-User-Id: " + user,
                                              "--header",
                                              date,
                                              "--write-out",
                                              "\n%{http_code} %{http_version}",
                                              url + "/koodrive/ose/v1/" + path};
    const auto finished = Process(command).wait();
    BOOST_TEST(finished.status == 0, finished.err);
    const auto end = finished.out.rfind('\n');
    BOOST_TEST(finished.out.substr(end + 5) == (http2 ? "2" : "1.1"));
    return finished.out.substr(end + 1, 4) + finished.out.substr(0, end);
  }
  std::string folders(std::size_t offset, std::size_t limit) const {
    return get(fmt::format("sharefolder/list?offset={}&limit={}", offset, limit));
  }
};

/// Calls `check` with a client for each version.
template <class Check>
void over_each_version(const Service& service, Check check) {
  for (const bool http2 : {false, true}) {
    BOOST_TEST_CONTEXT((http2 ? "HTTP/2" : "HTTP/1.1")) check(Client{service.url(), http2});
  }
}

std::vector<std::string> ids_of(const std::string& answer) {
  simdjson::dom::parser parser;
  std::vector<std::string> ids;
  const simdjson::dom::array folders = parser.parse(answer.substr(4))["folders"].get_array().value();
  for (const auto folder : folders) {
    ids.emplace_back(folder["id"].get_string().value());
  }
  return ids;
}

Finished rename_all(const Workspace& workspace, const Service& service, std::string_view job) {
  return run_koobatch(
      {"run", workspace.write("job.ndjson", job), "--endpoint", service.url(), "--token-env", "TOKEN", "--user-id",
       "42", "--report", workspace.path("r"), "--progress", "none", "--max-errors", "100%"},
      {{"TOKEN", "secret"}});
}

constexpr const char* state =
    R"({"type":"shared_folder","id":"1757156480072657793","user_id":"42","joined":["43"],"name":"Plans"})"
    "\n"
    R"({"type":"shared_folder","id":"1757156480072657794","user_id":"42","name":"Drafts"})"
    "\n"
    R"({"type":"album","id":"1795607640592646273","user_id":"42","name":"Summer","albumKind":1,"albumType":2})"
    "\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(items)

BOOST_AUTO_TEST_CASE(what_was_loaded_and_written_is_read_back_over_either_version) {
  const Workspace workspace;
  Service service({"--state", workspace.write("state", state), "--log", workspace.path("log")});
  over_each_version(service, [](const Client& client) {
    const auto ids = ids_of(client.folders(0, 1000));
    BOOST_TEST(ids == (std::vector<std::string>{"1757156480072657793", "1757156480072657794"}),
               boost::test_tools::per_element());
    BOOST_TEST(contains(client.get("sharefolder/metadata/1757156480072657793"), R"("name":"Plans","ownerId":42,)"));
    BOOST_TEST(contains(client.get("album/list?albumKind=1&albumType=2"), R"("name":"Summer")"));
  });
  const auto finished = rename_all(workspace, service,
                                   R"({"op":"rename_shared_folder","id":"1757156480072657793","fileName":"New"})"
                                   "\n"
                                   R"({"op":"update_album","albumId":"1795607640592646273","name":"Winter"})"
                                   "\n");
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  over_each_version(service, [](Client client) {
    BOOST_TEST(contains(client.get("album/list?albumKind=1&albumType=2"), R"("name":"Winter")"));
    client.user = "43";
    BOOST_TEST(contains(client.folders(0, 10), R"({"id":"1757156480072657793","name":"New","ownerId":"42",)"));
  });
  const auto after = read_state(service.get("/_sim/state"));
  BOOST_TEST(after.at("folder:1757156480072657793") == "New");
  BOOST_TEST(after.at("folder:1757156480072657794") == "Drafts");
  BOOST_TEST(after.at("album:1795607640592646273") == "Winter");
  BOOST_TEST(member(service.get("/_sim/stats"), "reads") == "10");
  service.stop();
  std::size_t reads = 0, writes = 0;
  std::ifstream log(workspace.path("log"));
  for (std::string line; std::getline(log, line);) ++(member(line, "read").empty() ? writes : reads);
  BOOST_TEST(reads == 10U);
  BOOST_TEST(writes == 2U);
}

BOOST_AUTO_TEST_CASE(long_lists_are_read_page_by_page_over_either_version) {
  Service service({"--items", "2001,users=1"});
  over_each_version(service, [](const Client& client) {
    std::set<std::string> seen;
    for (const std::size_t offset : {0U, 1000U, 2000U, 3000U}) {
      const auto ids = ids_of(client.folders(offset, 1000));
      BOOST_TEST(ids.size() == (offset < 2000 ? 1000U : offset == 2000 ? 1U : 0U));
      seen.insert(ids.begin(), ids.end());
    }
    BOOST_TEST(seen.size() == 2001U);
    BOOST_TEST(client.get("sharefolder/list?offset=0") == R"(400 {"code":13000102,"msg":"limit: missing"})");
  });
}

BOOST_AUTO_TEST_CASE(a_run_is_told_what_is_not_there_and_which_names_are_taken) {
  const Workspace workspace;
  Service service({"--state", workspace.write("state", state), "--names", "405"});
  const auto finished = rename_all(workspace, service,
                                   R"({"op":"rename_shared_folder","id":"1757156480072657793","fileName":"Drafts"})"
                                   "\n"
                                   R"({"op":"rename_shared_folder","id":"1","fileName":"New"})"
                                   "\n");
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  const auto results = read_report(workspace.path("r")).results;
  BOOST_TEST_REQUIRE(results.size() == 2U);
  for (const auto& result : results) BOOST_TEST(result.status == "rejected");
  const auto text = workspace.read("r");
  BOOST_TEST(contains(text, "13000405"));
  BOOST_TEST(contains(text, "13000309"));
}

BOOST_AUTO_TEST_CASE(a_success_may_be_under_another_name) {
  const Workspace workspace;
  Service service({"--state", workspace.write("state", state), "--names", "stamp"});
  const auto finished = rename_all(workspace, service,
                                   R"({"op":"rename_shared_folder","id":"1757156480072657793","fileName":"Drafts"})"
                                   "\n");
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(read_state(service.get("/_sim/state")).at("folder:1757156480072657793").starts_with("Drafts_2"));
}

BOOST_AUTO_TEST_CASE(a_list_changes_while_it_is_read) {
  Service service({"--items", "5", "--fault", "list=remove,at=before", "--fault", "list=cut,page=3"});
  const Client client{service.url(), false};
  const auto first = ids_of(client.folders(0, 2)), second = ids_of(client.folders(2, 2)),
             third = ids_of(client.folders(4, 2));
  BOOST_TEST(first.back() == "1757156480072650001");
  BOOST_TEST(second.front() == "1757156480072650003", "the third is on no page");
  BOOST_TEST(third.empty());
  BOOST_TEST(read_state(service.get("/_sim/state")).size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_bad_line_of_a_state_is_named_and_nothing_is_served) {
  const Workspace workspace;
  const auto file = workspace.write("state", std::string(state) + "{\"type\":\"album\"}\n");
  const auto finished = run_koobatch({"simulate", "--state", file});
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(contains(finished.err, file + ":4: id: missing"), finished.err);
  BOOST_TEST(finished.out == "");
}

BOOST_AUTO_TEST_CASE(the_example_in_the_documentation_runs_as_it_is_pasted) {
  const Workspace workspace;
  const auto page = read_file(project_file("docs/simulator.md"));
  const auto begin = page.find("cat > state.ndjson");
  BOOST_REQUIRE(begin != std::string::npos);
  auto commands = page.substr(begin, page.find("```", begin) - begin);
  // A port that is free here.
  boost::algorithm::replace_all(commands, "8099", std::to_string(free_port()));
  std::filesystem::create_symlink(KOOBATCH_BINARY, workspace.path("koobatch"));
  Process shell({"/bin/bash", "-c", "set -e\nPATH=.:$PATH\n" + commands + "wait $!\n"}, {{"no_proxy", "*"}},
                workspace.path(""));
  const auto finished = shell.wait();
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(contains(finished.out, R"({"folders":[{"id":"1757156480072657793","name":"Plans","ownerId":"42",)"),
             finished.out << finished.err);
  BOOST_TEST(contains(finished.out, R"({"key":"album:1795607640592646273",)"), finished.out << finished.err);
}

BOOST_AUTO_TEST_CASE(what_was_saved_is_loaded_from_a_pipe_with_all_that_was_set) {
  const Workspace workspace;
  std::string saved;
  {
    Service service({"--state", workspace.write("state", state)});
    const auto finished = rename_all(workspace, service,
                                     R"({"op":"rename_shared_folder","id":"1757156480072657793","fileName":"New"})"
                                     "\n"
                                     R"({"op":"update_space","ownerId":"77","status":1})"
                                     "\n");
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    saved = service.get("/_sim/state");
    BOOST_TEST(contains(saved, R"({"key":"space:77",)"), saved);
  }
  const auto fifo = workspace.path("pipe");
  BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(fifo) << saved; });
  Service again({"--state", fifo});
  writer.join();
  BOOST_TEST(again.get("/_sim/state") == saved);
}

BOOST_AUTO_TEST_CASE(a_million_items_are_served_while_they_change) {
  Service service(
      {"--items", "1000000,users=1000,albums=100000", "--names", "405", "--fault", "list=remove,at=before"});
  BOOST_TEST(member(service.get("/_sim/stats"), "keys") == "1000000");
  const Client client{service.url(), true};
  std::set<std::string> seen;
  for (const std::size_t offset : {0U, 400U, 800U}) {
    const auto ids = ids_of(client.folders(offset, 400));
    seen.insert(ids.begin(), ids.end());
  }
  // User 42 has every thousandth item. The 400th was removed after it was shown, so the 401st was on no page.
  BOOST_TEST(seen.size() == 899U);
  BOOST_TEST(seen.contains("1757156480073049000"));
  BOOST_TEST(!seen.contains("1757156480073050000"));
  BOOST_TEST(member(service.get("/_sim/stats"), "keys") == "999999");
}

BOOST_AUTO_TEST_SUITE_END()
