#include "service.hpp"

#include "koobatch/net/endpoint.hpp"
#include "koobatch/report/record.hpp"

#include <signal.h>
#include <simdjson.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <random>
#include <stdexcept>

namespace koobatch::test {
namespace {

namespace dom = simdjson::dom;

std::vector<std::string> simulate(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {KOOBATCH_BINARY, "simulate"});
  return flags;
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

/// A file's lines, each parsed.
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

Service::Service(std::vector<std::string> flags) : process_(simulate(std::move(flags))) {
  const std::string announced = "listening on ";
  const std::string line = process_.read_line();
  if (line.rfind(announced, 0) != 0) throw std::runtime_error("unexpected: " + line);
  url_ = line.substr(announced.size());
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
  namespace asio = boost::asio;
  const auto endpoint = net::parse_endpoint(url_).value();
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::make_address(endpoint.host), static_cast<std::uint16_t>(std::stoi(endpoint.port))});
  asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n"));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  const auto body = answer.find("\r\n\r\n");
  if (body == std::string::npos) throw std::runtime_error("no answer to GET " + path);
  const std::string head = answer.substr(0, body);
  std::string text = answer.substr(body + 4);
  if (head.find("chunked") == std::string::npos) return text;
  std::string whole;
  for (std::size_t at = 0;;) {
    const auto line_end = text.find("\r\n", at);
    const std::size_t size = std::stoul(text.substr(at, line_end - at), nullptr, 16);
    if (size == 0) return whole;
    whole += text.substr(line_end + 2, size);
    at = line_end + 2 + size + 2;
  }
}

std::vector<LoggedRequest> read_log(const std::string& path) {
  std::ifstream file(path);
  std::vector<LoggedRequest> requests;
  for_each_line(file, [&](const std::string&, dom::element line) {
    LoggedRequest request;
    request.t_ns = line["t_ns"].get_int64().value();
    request.connection = line["connection"].get_uint64().value();
    request.key = member_of(line, "key");
    request.trace_id = member_of(line, "trace_id");
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

GeneratedJob generate_job(std::size_t operations, std::size_t keys) {
  GeneratedJob job;
  std::mt19937_64 random(42);
  for (std::size_t i = 1; i <= operations; ++i) {
    const std::size_t key = random() % keys;
    const std::string id = std::to_string(1757156480000000000 + key);
    const std::string value = "v" + std::to_string(i);
    if (key % 2 == 0) {
      job.text += R"({"op":"rename_shared_folder","id":")" + id + R"(","fileName":")" + value + "\"}\n";
      job.last["folder:" + id] = value;
    } else {
      job.text += R"({"op":"update_album","albumId":")" + id + R"(","name":")" + value + "\"}\n";
      job.last["album:" + id] = value;
    }
  }
  return job;
}

}  // namespace koobatch::test
