#include "koobatch/control/protocol.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace koobatch::control {
namespace {

using simdjson::dom::element;

Error not_understood(std::string_view what) {
  return usage_error(fmt::format("the request is not understood: {}", what));
}

Result<void> set_rate(const element& value, Request& request) {
  double rate = 0;
  if (request.rate || value.get(rate) != simdjson::SUCCESS ||
      !(rate == 0 || (rate >= lowest_rate && rate <= highest_rate))) {
    return not_understood("'rate' must be a number of requests a second, from one a day to 1e9, or 0 for no limit");
  }
  request.rate = rate;
  return {};
}

Result<void> set_pause(const element& value, Request& request) {
  bool pause = false;
  if (request.pause || value.get(pause) != simdjson::SUCCESS) return not_understood("'pause' must be true or false");
  request.pause = pause;
  return {};
}

}  // namespace

std::string to_line(const Request& request) {
  std::string line;
  JsonWriter json(line);
  json.add("do", request.changes() ? "set" : "status");
  if (request.rate) json.exact("rate", *request.rate);
  if (request.pause) json.add("pause", *request.pause);
  json.end();
  return line + "\n";
}

std::string to_line(const Result<Reply>& reply) {
  std::string line;
  JsonWriter json(line);
  json.add("ok", reply.has_value());
  if (reply) {
    json.add("text", reply->text).raw("status", reply->status);
  } else {
    json.add("error", harmless(reply.error().message));
  }
  json.end();
  return line + "\n";
}

Result<Request> parse_request(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string text(line);
  if (parser.parse(text).get(object) != simdjson::SUCCESS) return not_understood("it must be one JSON object");
  Request request;
  std::string_view verb;
  for (const auto [name, value] : object) {
    Result<void> ok;
    if (name == "do") {
      if (!verb.empty() || value.get(verb) != simdjson::SUCCESS) return not_understood("'do' must be one string");
    } else if (name == "rate") {
      ok = set_rate(value, request);
    } else if (name == "pause") {
      ok = set_pause(value, request);
    } else {
      return not_understood("it has an unknown member");
    }
    if (!ok) return ok.error();
  }
  if (verb != (request.changes() ? "set" : "status")) {
    return not_understood("'do' must be 'status', or 'set' with 'rate', 'pause' or both");
  }
  return request;
}

Result<Reply> parse_reply(std::string_view line) {
  const auto unreadable = fatal_error("what answers at its socket does not speak koobatch's protocol");
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string text(line);
  if (parser.parse(text).get(object) != simdjson::SUCCESS) return unreadable;
  bool ok = false;
  if (object["ok"].get(ok) != simdjson::SUCCESS) return unreadable;
  std::string_view said;
  if (object[ok ? "text" : "error"].get(said) != simdjson::SUCCESS) return unreadable;
  if (!ok) return usage_error(std::string(said));
  simdjson::dom::object status;
  if (object["status"].get(status) != simdjson::SUCCESS) return unreadable;
  return Reply{std::string(said), simdjson::minify(status)};
}

}  // namespace koobatch::control
