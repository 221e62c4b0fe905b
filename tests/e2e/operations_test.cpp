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
  std::string text;
  for (int i = 0; i < 10; ++i) {
    text += note("a?b", "text " + std::to_string(i)) + R"({"op":"mark_note","noteId":"a?b","colour":2})"
                                                       "\n";
  }
  const auto job = workspace.write("job.ndjson", text);
  // All at once, they would be on their way together.
  Service service({"--operations", file, "--log", workspace.path("log"), "--latency", "20ms"});
  const auto report = workspace.path("report.ndjson");
  const auto finished = run_koobatch({"run", job, "--operations", file, "--endpoint", service.url(), "--token-env",
                                      "TOKEN", "--user-id", "7", "--report", report, "-q"},
                                     token);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(service.get("/_sim/state") == R"({"key":"note:a?b","text":"text 9","colour":2})"
                                           "\n");
  // One lane for both operations.
  BOOST_TEST(member(service.get("/_sim/stats"), "overlapping_keys") == "0");
  service.stop();
  const auto requests = read_log(workspace.path("log"));
  BOOST_TEST(requests.size() == 20U);
  std::uint32_t last = 0;
  for (const auto& request : requests) {
    BOOST_TEST(request.line > last);
    last = request.line;
  }
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() == 20U);
  for (const auto& result : lines.results) BOOST_TEST(result.http == (result.line % 2 == 0 ? 200 : 202));
  BOOST_REQUIRE(lines.run.size() == 1U);
  const auto recorded = member(lines.run[0], "operations");
  BOOST_TEST(member(recorded, "path") == file);
  BOOST_TEST(member(recorded, "xxh3").size() == 16U);
}

BOOST_AUTO_TEST_CASE(the_path_of_the_file_is_recorded_as_it_was_opened) {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("elsewhere/deep"));
  std::filesystem::create_directory_symlink(workspace.path("elsewhere/deep"), workspace.path("link"));
  // Not the file of this name in the folder of the link.
  workspace.write("elsewhere/notes.toml", notes);
  const auto file = workspace.path("link/../notes.toml");
  const auto job = workspace.write("job.ndjson", note("1", "one"));
  const auto report = workspace.path("report.ndjson");
  const auto finished =
      run_koobatch({"run", job, "--operations", file, "--simulate", "--user-id", "7", "--report", report, "-q"});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.run.size() == 1U);
  BOOST_TEST(member(member(lines.run[0], "operations"), "path") == file);
  const auto retried = run_koobatch({"retry", report});
  BOOST_TEST(retried.status == 0, retried.err);
}

BOOST_AUTO_TEST_CASE(the_service_that_lacks_an_operation_does_not_confirm_it) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto job = workspace.write("job.ndjson", note("1", "one"));
  const Service service;
  const auto report = workspace.path("report.ndjson");
  const auto finished = run_koobatch({"run", job, "--operations", file, "--endpoint", service.url(), "--token-env",
                                      "TOKEN", "--user-id", "7", "--report", report, "-q"},
                                     token);
  BOOST_TEST(finished.status == 1, finished.err);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.results.size() == 1U);
  BOOST_TEST(lines.results[0].status == "rejected");
  BOOST_TEST(lines.results[0].http == 404);
  BOOST_TEST(contains(lines.results[0].text, "there is no operation PUT /koodrive/ose/v1/notes/1"),
             lines.results[0].text);
}

BOOST_AUTO_TEST_CASE(a_run_is_repeated_only_with_the_operations_it_was_started_with) {
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
  BOOST_TEST(contains(changed.err, "is not the file that the run was started with"), changed.err);
  const auto failed = workspace.path("failed.ndjson");
  const auto not_written = run_koobatch({"report", report, "--failed", failed, "--operations", other});
  BOOST_TEST(not_written.status == 2);
  BOOST_TEST(contains(not_written.err, "is not the file that the run was started with"), not_written.err);
  BOOST_TEST(!std::filesystem::exists(failed));
  const auto moved = workspace.path("moved.toml");
  std::filesystem::rename(file, moved);
  BOOST_TEST(again({}).status == 2);
  // At its old place, there is another one now.
  workspace.write("notes.toml", std::string(notes) + "\n# changed\n");
  BOOST_TEST(contains(again({}).err, "is not the file that the run was started with"));
  const auto replaced = run_koobatch({"report", report, "--failed", failed});
  BOOST_TEST(replaced.status == 2);
  BOOST_TEST(contains(replaced.err, "is not the file that the run was started with"), replaced.err);
  std::filesystem::remove(file);
  const auto retried = again({"--operations", moved});
  BOOST_TEST(retried.status == 0, retried.err);
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

BOOST_AUTO_TEST_CASE(a_run_is_resumed_only_with_the_operations_it_was_started_with) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  std::string text;
  for (int i = 0; i < 60; ++i) text += note(std::to_string(i), "text");
  const auto job = workspace.write("job.ndjson", text);
  const auto report = workspace.path("report.ndjson");
  const auto run =
      run_koobatch({"run", job, "--operations", file, "--simulate", "--fault", "status=500,rate=0.3", "--user-id", "7",
                    "--max-attempts", "1", "--max-errors", "1", "--connections", "1", "--report", report, "-q"});
  BOOST_TEST(run.status == 4, run.err);
  const auto recorded = read_report(report).results.size();
  BOOST_TEST(recorded < 60U);
  const auto resume = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"resume", report, "--fault", "status=500,rate=0", "--max-errors", "100%"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_koobatch(arguments);
  };
  const auto other = workspace.write("other.toml", std::string(notes) + "\n# changed\n");
  const auto changed = resume({"--operations", other});
  BOOST_TEST(changed.status == 2);
  BOOST_TEST(contains(changed.err, "is not the file that the run was started with"), changed.err);
  const auto moved = workspace.path("moved.toml");
  std::filesystem::rename(file, moved);
  const auto missing = resume({});
  BOOST_TEST(missing.status == 2);
  BOOST_TEST(contains(missing.err, "notes.toml"), missing.err);
  BOOST_TEST(read_report(report).results.size() == recorded);
  // Two have failed before.
  const auto resumed = resume({"--operations", moved});
  BOOST_TEST(resumed.status == 1, resumed.err);
  BOOST_TEST(read_report(report).results.size() == 60U);
}

BOOST_AUTO_TEST_CASE(a_run_started_without_such_a_file_does_not_get_one_later) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto job = workspace.write("job.ndjson", renames(60));
  const auto report = workspace.path("report.ndjson");
  const auto started =
      run_koobatch({"run", job, "--simulate", "--fault", "status=500,rate=0.3", "--user-id", "7", "--max-attempts", "1",
                    "--max-errors", "1", "--connections", "1", "--report", report, "-q"});
  BOOST_TEST(started.status == 4, started.err);
  const std::vector<std::string> healthy = {"--fault", "status=500,rate=0", "--max-errors", "100%"};
  const auto again = [&](std::vector<std::string> arguments, const Process::Environment& environment = {}) {
    arguments.insert(arguments.end(), healthy.begin(), healthy.end());
    return run_koobatch(arguments, environment);
  };
  const std::string refusal = "the run was started without such a file";
  const std::string ignored = "ignored, because the run was started without a file of operations";
  const Process::Environment variable = {{"KOOBATCH_OPERATIONS", file}};
  const auto config = workspace.write("k.toml", "operations = '" + file + "'\n");

  const auto refused = again({"resume", report, "--operations", file});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(contains(refused.err, refusal), refused.err);
  // Meant for other runs.
  const auto resumed = again({"resume", report}, variable);
  BOOST_TEST(resumed.status == 1, resumed.err);
  BOOST_TEST(contains(resumed.err, "KOOBATCH_OPERATIONS: " + ignored), resumed.err);
  BOOST_TEST(read_report(report).results.size() == 60U);

  const auto failed = workspace.path("failed.ndjson");
  const auto not_written = run_koobatch({"report", report, "--failed", failed, "--operations", file});
  BOOST_TEST(not_written.status == 2);
  BOOST_TEST(contains(not_written.err, refusal), not_written.err);
  const auto written = run_koobatch({"report", report, "--failed", failed}, variable);
  BOOST_TEST(written.status == 0, written.err);
  BOOST_TEST(contains(written.err, "KOOBATCH_OPERATIONS: " + ignored), written.err);

  BOOST_TEST(again({"retry", report, "--operations", file}).status == 2);
  const auto retry_report = workspace.path("retry.ndjson");
  const auto retried = again({"retry", report, "--report", retry_report, "--config", config});
  BOOST_TEST(retried.status == 0, retried.err);
  BOOST_TEST(contains(retried.err, "k.toml:1:1: operations: " + ignored), retried.err);
  // Nothing of it is left for the next one.
  BOOST_TEST(!contains(read_file(retry_report), "notes.toml"));
  BOOST_TEST(!contains(read_file(report), "notes.toml"));
}

BOOST_AUTO_TEST_CASE(a_file_with_the_name_of_any_known_operation_is_refused_everywhere) {
  const Workspace workspace;
  std::string text(notes);
  text.replace(text.find("mark_note"), std::string_view("mark_note").size(), "post_event");
  const auto file = workspace.write("events.toml", text);
  const auto job = workspace.write("job.ndjson", note("1", "one"));
  const auto report = workspace.path("report.ndjson");
  const std::vector<std::vector<std::string>> calls = {
      {"validate", job},
      {"operations"},
      {"simulate"},
      {"run", job, "--simulate", "--user-id", "7", "--report", report},
      {"run", job, "--endpoint", "https://192.0.2.1", "--token-env", "TOKEN", "--user-id", "7", "--report", report}};
  for (auto call : calls) {
    call.insert(call.end(), {"--operations", file});
    const auto refused = run_koobatch(call, token);
    BOOST_TEST(refused.status == 2, call.front());
    BOOST_TEST(contains(refused.err, "operation post_event is built in"), call.front() << ": " << refused.err);
  }
  // It is reserved, and not offered.
  const auto events = workspace.write("events.ndjson", R"({"op":"post_event","id":"1","text":"a"})"
                                                       "\n");
  BOOST_TEST(run_koobatch({"validate", events, "--operations", workspace.write("notes.toml", notes)}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_file_that_others_control_is_refused_or_warned_of) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto validate = [&](const std::string& operations) {
    const auto job = workspace.write("job.ndjson", note("1", "one"));
    return run_koobatch({"validate", job, "--operations", operations});
  };
  const auto own = validate(file);
  BOOST_TEST(own.status == 0);
  BOOST_TEST(!contains(own.err, "writable by others"), own.err);
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
  const auto check_warned = [&] {
    const auto writable = validate(file);
    BOOST_TEST(writable.status == 0);
    BOOST_TEST(contains(writable.err, "is writable by others, who could change what is sent"), writable.err);
  };
  for (const mode_t mode : {0620U, 0602U}) {
    BOOST_REQUIRE(::chmod(file.c_str(), mode) == 0);
    check_warned();
  }
  if (::geteuid() != 0 || ::chown(file.c_str(), 65534, 65534) != 0) return;
  // Its owner can make it writable.
  BOOST_REQUIRE(::chmod(file.c_str(), 0444) == 0);
  check_warned();
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
  BOOST_TEST(run_koobatch({"operations", "--operations", file, "--toml", "update_note", "update_note"}).out ==
             run_koobatch({"operations", "--operations", file, "--toml", "update_note"}).out);
  const auto wrong = run_koobatch({"operations", "rename_flie"});
  BOOST_TEST(wrong.status == 2);
  BOOST_TEST(contains(wrong.err, "did you mean 'rename_file'?"), wrong.err);
}

BOOST_AUTO_TEST_CASE(rules_are_listed_as_data) {
  const Workspace workspace;
  const auto file = workspace.write("ops.toml", R"(format = 1
[operation.update_note]
request = "PUT /koodrive/ose/v1/notes/{noteId}"
key = "note:{noteId}"
repeatable = { mode = [1], loud = [true], colour = ["red"] }
answers_id = "/note"
success = { http = [200, 202], code = 7 }
at_least_one_of = ["text", "colour"]
fields.noteId = { in = "path", type = "text", required = true, max = 64 }
fields.mode = { type = "integer", one_of = { set = 1, add = 2 }, default = 1, sets = false }
fields.loud = { type = "boolean" }
fields.text = { type = "text", is = "name", min = 1, max = 20, count = "bytes", forbid = "\"<", sets = "body" }
fields.title = { type = "text", forbid_space = true, emoji = false, not = [".", ".."] }
fields.colour = { type = "text", one_of = ["red", "blue"] }
fields.pin = { type = "text", only = "0123" }
fields.again = { type = "text", same_as = "pin" }
)");
  const auto listed = run_koobatch({"operations", "--json", "--operations", file, "update_note"});
  BOOST_TEST(listed.status == 0, listed.err);
  BOOST_TEST(member(listed.out, "schema") == "1");
  for (const auto* part : {
           R"("repeatable_with":{"mode":[1],"loud":[true],"colour":["red"]})",
           R"("success":{"http":[200,202],"code":7})",
           R"("answers_id":"/note")",
           R"("at_least_one_of":["text","colour"])",
           R"("max":64,"count":"utf16")",
           R"("one_of":[{"value":1,"meaning":"set"},{"value":2,"meaning":"add"}],"default":1,"sets":false)",
           R"("is":"name","min":1,"max":20,"count":"bytes","forbid":"\"<","sets":"body","rules":")",
           R"("forbid_space":true,"emoji":false,"not":[".",".."],"rules":")",
           R"("one_of":[{"value":"red"},{"value":"blue"}])",
           R"("only":"0123")",
           R"("same_as":"pin")",
       }) {
    BOOST_TEST(contains(listed.out, part), part << "\n" << listed.out);
  }
}

BOOST_AUTO_TEST_CASE(a_mock_server_gets_a_description_in_openapi) {
  const Workspace workspace;
  const auto file = workspace.write("notes.toml", notes);
  const auto listed = run_koobatch({"operations", "--openapi", "--operations", file});
  BOOST_TEST(listed.status == 0, listed.err);
  BOOST_TEST(member(listed.out, "openapi").starts_with("3.1."));
  const auto paths = member(listed.out, "paths");
  BOOST_TEST(member(member(member(paths, "/koodrive/ose/v1/notes/{noteId}"), "put"), "operationId") == "update_note");
  BOOST_TEST(!member(member(paths, "/koodrive/ose/v1/files/rename/{fileId}"), "post").empty());
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
