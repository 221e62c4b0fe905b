#include "plan_house.hpp"

#include "paths.hpp"
#include "state_text.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

namespace koobatch::test::plans {
namespace {

std::string folder(const std::string& id, const std::string& name) {
  return fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"42","name":"{}","ownerId":"42"}})"
                     "\n",
                     id, name);
}

}  // namespace

std::string state_of(const Names& names, const std::string& endpoint) {
  std::string lines;
  for (const auto& [id, name] : names) lines += folder(id, name);
  return state_text(std::move(lines), endpoint);
}

Texts statuses(const ReportLines& report) {
  Texts all;
  for (const auto& result : report.results) all.push_back(result.status);
  std::ranges::sort(all);
  return all;
}

std::string result_of(const ReportLines& report, const std::string& id) {
  for (const auto& result : report.results) {
    if (result.id != id) continue;
    const auto reason = member(result.text, "reason");
    return result.status + (reason.empty() ? "" : " " + reason);
  }
  return "none";
}

Names chain(std::size_t length) {
  Names names;
  for (std::size_t i = 0; i < length; ++i) names[fmt::format("{}", 1000 + i)] = fmt::format("name {}", i);
  return names;
}

std::vector<Reply> denied(std::size_t requests) {
  const std::string page = "<html><title>Access denied</title></html>";
  return std::vector<Reply>(
      requests,
      Reply{.bytes = fmt::format("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{}",
                                 page.size(), page)});
}

Names shifted(const Names& names, const std::string& last) {
  Names wanted;
  for (auto at = names.begin(); at != names.end(); ++at) {
    wanted[at->first] = std::next(at) == names.end() ? last : std::next(at)->second;
  }
  return wanted;
}

House::House(const Names& names, Texts flags) : service_(flags_of(names, std::move(flags))) {
  state_ = workspace.write("state.ndjson", state_of(names, service_.url()));
}

Texts House::flags_of(const Names& names, Texts flags) const {
  std::string lines;
  for (const auto& [id, name] : names) lines += folder(id, name);
  flags.insert(flags.end(), {"--state", workspace.write("items.ndjson", lines)});
  return flags;
}

void House::go_through(const Names& names, const std::string& url) {
  url_ = url;
  state_ = workspace.write("state.ndjson", state_of(names, url));
}

std::string House::plan(const Names& wanted, Texts flags) const {
  std::string wishes;
  for (const auto& [id, name] : wanted) {
    wishes += fmt::format(R"({{"type":"shared_folder","id":"{}","name":"{}"}})"
                          "\n",
                          id, name);
  }
  const auto out = workspace.path("plan.ndjson");
  std::filesystem::remove(out);
  Texts command = {"plan", workspace.write("desired.ndjson", wishes), "--state", state_, "--out", out};
  command.insert(command.end(), flags.begin(), flags.end());
  const auto finished = run_koobatch(command);
  BOOST_TEST_REQUIRE(finished.status == 0, finished.out << finished.err);
  return out;
}

Texts House::command(const std::string& plan, const std::string& report, const Texts& flags) const {
  Texts command = {"run",      plan,   "--endpoint", url_,   "--token-env", "TOKEN",
                   "--report", report, "--progress", "none", "--lock",      workspace.path("lock")};
  if (!error_limit.empty()) command.insert(command.end(), {"--max-errors", error_limit});
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

Finished House::run(const std::string& plan, const Texts& flags, std::chrono::seconds patience) {
  report_ = workspace.path(fmt::format("report-{}", ++runs_));
  Texts all = command(plan, report_, flags);
  all.insert(all.begin(), KOOBATCH_BINARY);
  return Process(all, token).wait(patience);
}

Finished House::again(const std::string& verb, const std::string& report, const Texts& flags) const {
  Texts command = {verb, report, "--progress", "none"};
  command.insert(command.end(), flags.begin(), flags.end());
  return run_koobatch(command, token);
}

void House::rename(const std::string& id, const std::string& name) const {
  const auto finished = rename_meanwhile(id, name);
  BOOST_TEST_REQUIRE(finished.status == 0, finished.err);
}

Finished House::rename_meanwhile(const std::string& id, const std::string& name) const {
  const auto job = workspace.write("job.ndjson", fmt::format(R"({{"op":"rename_shared_folder","id":"{}",)"
                                                             R"("fileName":"{}","user_id":"42"}})",
                                                             id, name));
  auto finished = run_koobatch({"run", job, "--endpoint", service_.url(), "--token-env", "TOKEN", "--report",
                                workspace.path("other-report"), "--progress", "none"},
                               token);
  std::filesystem::remove(workspace.path("other-report"));
  return finished;
}

std::string House::exported() const {
  const auto out = workspace.path(fmt::format("exported-{}.ndjson", ++exports_));
  const auto finished = run_koobatch({"export", "--endpoint", url_, "--token-env", "TOKEN", "--user-id", "42",
                                      "--types", "shared_folder", "--out", out, "--progress", "none"},
                                     token);
  BOOST_TEST_REQUIRE(finished.status == 0, finished.out << finished.err);
  return out;
}

void House::undo(const std::string& report) {
  const auto out = workspace.path(fmt::format("undo-{}.plan", ++undos_));
  const auto planned = run_koobatch({"undo", report, "--state", exported(), "--out", out});
  BOOST_TEST_REQUIRE(planned.status == 0, planned.out << planned.err);
  const auto finished = run(out);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
}

Names House::names() const {
  Names now;
  for (const auto& [key, name] : read_state(service_.get("/_sim/state"))) now[key.substr(key.find(':') + 1)] = name;
  return now;
}

std::uint64_t House::count(const std::string& what) const {
  const auto text = member(service_.get("/_sim/stats"), what);
  return text.empty() ? 0 : std::stoull(text);
}

}  // namespace koobatch::test::plans
