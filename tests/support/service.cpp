#include "service.hpp"

#include "http_get.hpp"
#include "paths.hpp"

#include "koobatch/report/record.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace koobatch::test {
namespace {

namespace dom = simdjson::dom;

std::vector<std::string> simulate(const std::vector<std::string>& flags) {
  std::vector<std::string> command{KOOBATCH_BINARY, "simulate"};
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

std::string text_of(dom::element value) {
  if (value.is_string()) return std::string(value.get_string().value());
  if (value.is_null()) return {};
  return simdjson::minify(value);
}

std::string member_of(dom::element object, std::string_view name) {
  dom::element value;
  return object[name].get(value) == simdjson::SUCCESS ? text_of(value) : std::string();
}

/// Calls `each` with every line of a file, parsed.
template <class Each>
void for_each_line(std::istream& file, Each each) {
  dom::parser parser;
  for (std::string line; std::getline(file, line);) each(line, parser.parse(line).value());
}

std::string name_of(dom::element fields) {
  const std::string file_name = member_of(fields, "fileName");
  return file_name.empty() ? member_of(fields, "name") : file_name;
}

}  // namespace

Service::Service(const std::vector<std::string>& flags) : process_(simulate(flags)) {
  constexpr std::string_view announced = "listening on ";
  url_ = process_.read_line();
  if (!url_.starts_with(announced)) throw std::runtime_error("simulate printed: " + url_);
  url_.erase(0, announced.size());
}

Service::~Service() {
  if (running_) stop();
}

void Service::stop() {
  running_ = false;
  process_.signal(SIGTERM);
  const Finished finished = process_.wait();
  BOOST_CHECK_MESSAGE(finished.status == 0, "simulate ended with " << finished.status << ": " << finished.err);
}

std::string Service::get(const std::string& path) const {
  return http_get(url_, path);
}

std::vector<LoggedRequest> read_log(const std::string& path) {
  std::ifstream file(path);
  std::vector<LoggedRequest> requests;
  for_each_line(file, [&](const std::string&, dom::element line) {
    LoggedRequest request;
    request.time = member_of(line, "time");
    request.t_ns = line["t_ns"].get_int64().value();
    request.connection = line["connection"].get_uint64().value();
    request.user = member_of(line, "user");
    request.key = member_of(line, "key");
    request.trace_id = member_of(line, "trace_id");
    if (const auto trace_id = parse_trace_id(request.trace_id)) request.line = trace_id->line;
    request.status = static_cast<int>(line["status"].get_int64().value());
    request.applied = line["applied"].get_bool().value();
    dom::element value;
    if (line["value"].get(value) == simdjson::SUCCESS) request.name = name_of(value);
    requests.push_back(std::move(request));
  });
  return requests;
}

std::map<std::string, std::string> read_state(const std::string& ndjson) {
  std::istringstream file(ndjson);
  std::map<std::string, std::string> state;
  for_each_line(file, [&](const std::string&, dom::element line) { state[member_of(line, "key")] = name_of(line); });
  return state;
}

ReportLines read_report(const std::string& path) {
  std::ifstream file(path);
  ReportLines lines;
  for_each_line(file, [&](const std::string& text, dom::element line) {
    BOOST_REQUIRE_MESSAGE(report::has_valid_sum(text), "wrong sum: " << text);
    const std::string type = member_of(line, "type");
    if (type == "run") lines.run.push_back(text);
    if (type == "end") lines.end.push_back(text);
    if (type == "attempt") lines.attempts.push_back(text);
    if (type == "sync") ++lines.syncs;
    if (type != "result") return;
    ReportedResult result;
    result.line = static_cast<std::uint32_t>(line["line"].get_uint64().value());
    result.status = member_of(line, "status");
    result.id = member_of(line, "id");
    result.error = member_of(line, "error");
    const std::string http = member_of(line, "http");
    result.http = http.empty() ? 0 : std::stoi(http);
    result.attempts = static_cast<unsigned>(line["attempts"].get_uint64().value());
    result.text = text;
    lines.results.push_back(std::move(result));
  });
  return lines;
}

std::string member(const std::string& json, const std::string& name) {
  dom::parser parser;
  return member_of(parser.parse(json).value(), name);
}

std::string renames(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"name{}"}})"
                        "\n",
                        1000 + i, i);
  }
  return text;
}

GeneratedJob generate_job(std::size_t operations, std::size_t keys) {
  GeneratedJob job;
  std::mt19937_64 random(42);
  for (std::size_t i = 1; i <= operations; ++i) {
    const std::size_t key = random() % keys;
    const std::size_t id = 1757156480072651000 + key;
    const std::string value = fmt::format("v{}", i);
    if (key % 2 == 0) {
      fmt::format_to(std::back_inserter(job.text), R"({{"op":"rename_shared_folder","id":"{}","fileName":"{}"}})", id,
                     value);
      job.last[fmt::format("folder:{}", id)] = value;
    } else {
      fmt::format_to(std::back_inserter(job.text), R"({{"op":"update_album","albumId":"{}","name":"{}"}})", id, value);
      job.last[fmt::format("album:{}", id)] = value;
    }
    job.text += '\n';
  }
  return job;
}

}  // namespace koobatch::test
