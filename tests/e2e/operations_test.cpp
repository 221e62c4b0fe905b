// Operations from a file, and those built in besides renaming folders and albums.
#include "contains.hpp"
#include "paths.hpp"
#include "real_server.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <string>

using namespace koobatch;
using namespace koobatch::test;

namespace {

const Process::Environment token = {{"TOKEN", "secret"}};

constexpr std::string_view notes = R"(format = 1
[operation.update_note]
request = "PUT /koodrive/ose/v1/notes/{noteId}"
key = "note:{noteId}"
repeatable = true
answers_id = "/note"
success = { http = [202], code = 7 }
fields.noteId = { in = "path", type = "text", required = true, max = 64 }
fields.text = { type = "text", required = true, max = 10 }
fields.agent = { in = "header", as = "x-hw-agentname", type = "text", required = true }
[operation.mark_note]
request = "POST /koodrive/ose/v1/notes/{noteId}/mark"
key = "note:{noteId}"
repeatable = false
fields.noteId = { in = "path", type = "text", required = true }
fields.colour = { type = "integer", one_of = { red = 1, blue = 2 } }
fields.body = { type = "text", sets = "text" }
)";

std::string note(std::string_view id, std::string_view text) {
  return R"({"op":"update_note","noteId":")" + std::string(id) + R"(","text":")" + std::string(text) +
         R"(","agent":"me"})" + "\n";
}

/// The block of shell commands in a document that begins with this line.
std::string commands_of(const std::string& document, const std::string& first) {
  const auto begin = document.find(first);
  BOOST_REQUIRE(begin != std::string::npos);
  return document.substr(begin, document.find("```", begin) - begin);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operations)

BOOST_AUTO_TEST_CASE(every_operation_of_the_service_is_executed) {
  const Workspace workspace;
  for (const auto* name : {"jobs/service.ndjson", "jobs/files.csv"}) {
    const auto report = workspace.path(std::string(name).substr(5) + ".report.ndjson");
    const auto finished =
        run_koobatch({"run", project_file(name), "--simulate", "--user-id", "7", "--report", report, "-q"});
    BOOST_TEST(finished.status == 0, finished.err);
  }
  const auto lines = read_report(workspace.path("service.ndjson.report.ndjson"));
  BOOST_TEST(lines.results.size() == 12U);
  // One that stamps a clash, and the share, whose days would begin anew.
  BOOST_TEST(lines.attempts.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_must_not_be_sent_twice_is_noted_and_ends_unknown) {
  const Workspace workspace;
  const auto job =
      workspace.write("a.ndjson", R"({"op":"rename_shared_folder","id":"1","fileName":"proves the service"})"
                                  "\n"
                                  R"({"op":"update_share","shareId":"1","validDays":3})"
                                  "\n"
                                  R"({"op":"rename_file","fileId":"1","containerId":"c","name":"n"})"
                                  "\n");
  const Reply error{.bytes = http_answer(500, "{}")};
  const ScriptedServer server({{.bytes = success()}, error, error, error});
  const auto report = workspace.path("report.ndjson");
  const auto finished =
      run_koobatch({"run", job, "--endpoint", server.url(), "--token-env", "TOKEN", "--user-id", "7", "--connections",
                    "1", "--max-attempts", "2", "--retry-base", "1ms", "--report", report, "-q"},
                   token);
  BOOST_TEST(finished.status == 1, finished.err);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.results.size() == 3U);
  for (const auto& result : lines.results) {
    BOOST_TEST(result.status == (result.line == 1 ? "succeeded" : "unknown"));
    BOOST_TEST(result.attempts == (result.line == 3 ? 2U : 1U));
  }
  BOOST_TEST(lines.attempts.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_operation_from_a_file_is_executed_with_path_header_and_its_own_success) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto job = workspace.write("job.ndjson", note("a/b", "one") +
                                                     R"({"op":"mark_note","noteId":"a/b","colour":2})"
                                                     "\n" +
                                                     note("a/b", "two"));
  Service service({"--operations", file, "--log", workspace.path("log")});
  const auto report = workspace.path("report.ndjson");
  const auto finished = run_koobatch({"run", job, "--operations", file, "--endpoint", service.url(), "--token-env",
                                      "TOKEN", "--user-id", "7", "--report", report, "-q"},
                                     token);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(service.get("/_sim/state") == R"({"key":"note:a/b","text":"two","colour":2})"
                                           "\n");
  service.stop();
  // One lane for both operations.
  std::uint32_t last = 0;
  for (const auto& request : read_log(workspace.path("log"))) {
    BOOST_TEST(request.line > last);
    last = request.line;
  }
  const auto lines = read_report(report);
  for (const auto& result : lines.results) BOOST_TEST(result.http == (result.line == 2 ? 200 : 202));
  const auto recorded = member(lines.run[0], "operations");
  BOOST_TEST(member(recorded, "path") == file);
  BOOST_TEST(member(recorded, "xxh3").size() == 16U);
}

BOOST_AUTO_TEST_CASE(the_service_that_lacks_an_operation_does_not_confirm_it) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto job = workspace.write("job.ndjson", note("1", "one"));
  const Service service;
  const auto finished = run_koobatch({"run", job, "--operations", file, "--endpoint", service.url(), "--token-env",
                                      "TOKEN", "--user-id", "7", "--report", workspace.path("r.ndjson"), "-q"},
                                     token);
  BOOST_TEST(finished.status != 0);
}

BOOST_AUTO_TEST_CASE(a_run_continues_only_with_the_operations_it_was_begun_with) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  std::string text;
  for (int i = 0; i < 60; ++i) text += note(std::to_string(i), "text");
  const auto job = workspace.write("job.ndjson", text);
  const auto report = workspace.path("report.ndjson");
  const auto run = run_koobatch({"run", job, "--operations", file, "--simulate", "--fault", "status=500,rate=0.3",
                                 "--user-id", "7", "--max-attempts", "1", "--report", report, "-q"});
  BOOST_TEST(run.status == 1, run.err);
  const auto again = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"retry", report, "--fault", "status=500,rate=0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_koobatch(arguments);
  };
  const auto other = workspace.write("other.toml", std::string(notes) + "\n# changed\n");
  const auto changed = again({"--operations", other});
  BOOST_TEST(changed.status == 2);
  BOOST_TEST(contains(changed.err, "is not the file that the run was begun with"), changed.err);
  const auto moved = workspace.path("moved.toml");
  std::filesystem::rename(file, moved);
  BOOST_TEST(again({}).status == 2);
  const auto retried = again({"--operations", moved});
  BOOST_TEST(retried.status == 0, retried.err);
  const auto failed = workspace.path("failed.ndjson");
  BOOST_TEST(run_koobatch({"report", report, "--failed", failed}).status == 2);
  const auto written = run_koobatch({"report", report, "--failed", failed, "--operations", moved});
  BOOST_TEST(written.status == 0, written.err);
  std::string unsuccessful;
  const auto results = read_report(report).results;
  for (std::size_t line = 1; line <= 60; ++line) {
    const auto result =
        std::find_if(results.begin(), results.end(), [&](const auto& each) { return each.line == line; });
    BOOST_REQUIRE((result != results.end()));
    if (result->status != "succeeded") unsuccessful += note(std::to_string(line - 1), "text");
  }
  BOOST_TEST(read_file(failed) == unsuccessful);
}

BOOST_AUTO_TEST_CASE(a_run_begun_without_such_a_file_does_not_get_one_later) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto report = workspace.path("report.ndjson");
  const auto begun =
      run_koobatch({"run", project_file("jobs/rename.ndjson"), "--simulate", "--user-id", "7", "--report", report});
  BOOST_TEST(begun.status == 0, begun.err);
  const auto finished = run_koobatch({"retry", report}, {{"KOOBATCH_OPERATIONS", file}});
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(contains(finished.err, "the run was begun without such a file"), finished.err);
}

BOOST_AUTO_TEST_CASE(a_file_that_others_control_is_refused_or_warned_of) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto validate = [&](const std::string& operations) {
    const auto job = workspace.write("job.ndjson", note("1", "one"));
    return run_koobatch({"validate", job, "--operations", operations});
  };
  BOOST_TEST(validate(file).status == 0);
  const auto link = workspace.path("link.toml");
  std::filesystem::create_symlink(file, link);
  const auto linked = validate(link);
  BOOST_TEST(linked.status == 2);
  BOOST_TEST(contains(linked.err, "is a symbolic link"), linked.err);
  const auto pipe = workspace.path("pipe.toml");
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  BOOST_TEST(contains(validate(pipe).err, "is not a file"));
  BOOST_TEST(contains(validate(workspace.path("")).err, "is not a file"));
  BOOST_TEST(contains(validate(workspace.path("nothing.toml")).err, "No such file"));
  BOOST_TEST(contains(validate(workspace.write("long.toml", std::string((1U << 20U) + 1, '#'))).err, "1 MiB"));
  BOOST_REQUIRE(::chmod(file.c_str(), 0620) == 0);
  const auto writable = validate(file);
  BOOST_TEST(writable.status == 0);
  BOOST_TEST(contains(writable.err, "others can write it"), writable.err);
}

BOOST_AUTO_TEST_CASE(a_job_cannot_name_the_file) {
  const Workspace workspace;
  const auto job =
      workspace.write("job.ndjson", R"({"op":"rename_shared_folder","id":"1","fileName":"a","operations":"x.toml"})"
                                    "\n");
  const auto finished = run_koobatch({"validate", job});
  BOOST_TEST(finished.status == 3);
  BOOST_TEST(contains(finished.err, "operations: is not a field of rename_shared_folder"), finished.err);
}

BOOST_AUTO_TEST_CASE(operations_are_listed_in_every_form) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto one = run_koobatch({"operations", "update_note", "--operations", file});
  BOOST_TEST(one.status == 0);
  BOOST_TEST(contains(one.out, "PUT /koodrive/ose/v1/notes/{noteId}"), one.out);
  const auto toml = run_koobatch({"operations", "--operations", file, "--toml", "update_note", "mark_note"});
  const auto copy = workspace.write("copy.toml", toml.out);
  BOOST_TEST(run_koobatch({"operations", "--operations", copy, "--toml", "update_note", "mark_note"}).out == toml.out);
  const auto json = run_koobatch({"operations", "--json"});
  BOOST_TEST(member(json.out, "schema") == "1");
  const auto wrong = run_koobatch({"operations", "rename_flie"});
  BOOST_TEST(wrong.status == 2);
  BOOST_TEST(contains(wrong.err, "did you mean 'rename_file'?"), wrong.err);
}

BOOST_AUTO_TEST_CASE(the_documentation_shows_what_is_built_in) {
  const auto page = read_file(project_file("docs/operations.md"));
  const auto listed = run_koobatch({"operations"});
  BOOST_TEST(contains(page, listed.out), "docs/operations.md must contain the output of 'koobatch operations':\n"
                                             << listed.out);
}

BOOST_AUTO_TEST_CASE(the_example_in_the_documentation_runs_as_it_is_pasted) {
  const Workspace workspace;
  auto commands = commands_of(read_file(project_file("docs/operations.md")), "cat > notes.toml");
  BOOST_TEST(std::count(commands.begin(), commands.end(), '\n') == 15);
  // A port that is free here.
  const std::string port = std::to_string(free_port());
  for (auto at = commands.find("8099"); at != std::string::npos; at = commands.find("8099")) {
    commands.replace(at, 4, port);
  }
  std::filesystem::create_symlink(KOOBATCH_BINARY, workspace.path("koobatch"));
  Process shell({"/bin/bash", "-c", "PATH=.:$PATH\n" + commands + "wait\n"}, {}, workspace.path(""));
  const auto finished = shell.wait();
  BOOST_TEST(contains(finished.out, R"({"key":"note:7","text":"hello"})"), finished.out << finished.err);
  BOOST_TEST(contains(workspace.read("notes.report.ndjson"), R"("status":"succeeded")"));
}

BOOST_AUTO_TEST_SUITE_END()
