#include "sim/item_service.hpp"

#include "sim_items.hpp"
#include "sim_requests.hpp"

#include "sim/members.hpp"
#include "sim/simulation.hpp"

#include <fmt/format.h>

#include <deque>
#include <set>

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

class Waiting final : public InFlight::Ticket {
 public:
  bool abandoned() override { return false; }
};

/// A connection to a simulation.
struct Connection {
  Waiting ticket;
  Exchange exchange;

  explicit Connection(TimePoint start) {
    exchange.connection = 1;
    exchange.ticket = &ticket;
    exchange.arrived = {start, example_now()};
  }
};

/// A service with folders 1 to 3, named n1 to n3, and album 9, all of user 42.
struct Desk {
  TimePoint start = TimePoint(1h);
  Simulation simulation;
  Connection first{start}, second{start};
  std::deque<std::string> texts;  ///< of requests

  explicit Desk(const SimulatorSettings& settings = {})
      : simulation(settings, RequestLog(), {start, example_now()}, nullptr, items()) {}

  static Items items() {
    Items items = folders(3);
    items.add(album("9", "42", 1, 2));
    return items;
  }

  Request get(std::string target) {
    Request request = rename_request();
    request.method = "GET";
    request.target = texts.emplace_back(std::move(target));
    request.user_id = "42";
    request.content_type.reset();
    request.body = {};
    return request;
  }
  Request rename(std::string_view id, std::string_view name) {
    Request request = rename_request();
    request.body = texts.emplace_back(fmt::format(R"({{"id":"{}","fileName":"{}"}})", id, name));
    return request;
  }
  Request list() { return get("/koodrive/ose/v1/sharefolder/list?offset=0&limit=10"); }
  Request metadata(std::string_view id) { return get(fmt::format("/koodrive/ose/v1/sharefolder/metadata/{}", id)); }

  std::string conclude(const Request& request, Connection& connection) {
    std::string out;
    simulation.conclude(request, connection.exchange, connection.exchange.arrived.wall, out);
    return out;
  }
  /// Status and body of the answer: "200 {…}".
  std::string answer(const Request& request) {
    simulation.arrive(request, first.exchange);
    return short_form(conclude(request, first));
  }
  static std::string short_form(const std::string& answer) {
    if (answer.empty()) return {};
    return answer.substr(9, 4) + answer.substr(answer.find("\r\n\r\n") + 4);
  }
  std::string name_of(std::string_view id) {
    const std::string body = answer(metadata(id)).substr(4);
    simdjson::dom::parser parser;
    return std::string(parser.parse(simdjson::padded_string(body))["sharefolder"]["name"].get_string().value());
  }
  std::string state() {
    std::string out;
    for (std::optional at = DumpPlace{}; at;) at = simulation.dump(*at, out);
    return out;
  }
  const Stats& stats() { return simulation.stats(); }
};

SimulatorSettings with_names(NameClash clash) {
  SimulatorSettings settings;
  settings.name_clash = clash;
  return settings;
}

SimulatorSettings with_fault(std::string_view text) {
  SimulatorSettings settings;
  BOOST_TEST_REQUIRE(add_fault(text, settings).has_value());
  return settings;
}

std::string renamed(std::string_view id) {
  return fmt::format(R"(200 {{"id":"{}","code":0,"msg":"success"}})", id);
}
constexpr const char* taken = R"(400 {"code":13000405,"msg":"another folder of this owner has the name already"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_item_service)

BOOST_AUTO_TEST_CASE(what_was_written_is_read_back) {
  Desk desk;
  BOOST_TEST(desk.answer(desk.rename("2", "new")) == renamed("2"));
  BOOST_TEST(desk.name_of("2") == "new");
  BOOST_TEST(ids_on(desk.answer(desk.list()).substr(4)).size() == 3);
  Request update = update_album_request();
  update.target = "/koodrive/ose/v1/9/update";
  update.body = R"({"name":"other","scopeDirList":["1","2"]})";
  BOOST_TEST(desk.answer(update) == R"(200 {"code":0,"msg":"Success."})");
  BOOST_TEST(desk.answer(desk.get("/koodrive/ose/v1/album/list?albumKind=1&albumType=2")) ==
             R"(200 {"albumList":[{"id":"9","name":"other","coverImg":"","albumType":2,"albumKind":1,)"
             R"("scopeDir":["1","2"]}],"total":1})");
  BOOST_TEST(desk.stats().requests == 2);
  BOOST_TEST(desk.stats().reads == 3);
  BOOST_TEST(desk.stats().applied == 2);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_answered_so_and_nothing_is_kept_of_it) {
  Desk desk;
  const std::string before = desk.state();
  BOOST_TEST(desk.answer(desk.rename("4", "new")) == R"(400 {"code":13000309,"msg":"folder:4 does not exist"})");
  BOOST_TEST(desk.answer(desk.rename("9", "new")) == R"(400 {"code":13000309,"msg":"folder:9 does not exist"})");
  BOOST_TEST(desk.answer(desk.metadata("4")) == R"(400 {"code":13000309,"msg":"folder:4 does not exist"})");
  Request update = update_album_request();
  BOOST_TEST(desk.answer(update).starts_with("400 {\"code\":13000309"));
  BOOST_TEST(desk.state() == before);
  BOOST_TEST(desk.stats().refused == 4);
  BOOST_TEST(desk.stats().applied == 0);
}

BOOST_AUTO_TEST_CASE(operations_on_other_things_are_accepted_as_before) {
  Desk desk;
  Request space = rename_request();
  space.method = "PUT";
  space.target = "/koodrive/ose/v1/space/77";
  space.body = R"({"status":1})";
  BOOST_TEST(desk.answer(space).starts_with("200 "));
  BOOST_TEST(desk.state().ends_with("{\"key\":\"space:77\",\"status\":1}\n"));
  BOOST_TEST(desk.simulation.keys() == 5);
}

BOOST_AUTO_TEST_CASE(without_items_any_id_is_accepted_and_nothing_can_be_read) {
  Simulation simulation({}, RequestLog(), {TimePoint(1h), example_now()});
  Desk texts;
  const auto answer = [&](const Request& request) {
    Connection connection(TimePoint(1h));
    std::string out;
    simulation.arrive(request, connection.exchange);
    simulation.conclude(request, connection.exchange, example_now(), out);
    return Desk::short_form(out);
  };
  BOOST_TEST(answer(texts.rename("4", "new")) == renamed("4"));
  BOOST_TEST(answer(texts.list()).starts_with("404 "));
  BOOST_TEST(answer(texts.metadata("4")).starts_with("404 "));
  BOOST_TEST(simulation.stats().unrouted == 2);
  BOOST_TEST(simulation.stats().reads == 0);
}

// Requests that read are judged as those that write.

BOOST_AUTO_TEST_CASE(reading_needs_the_same_headers_but_no_content_type) {
  SimulatorSettings settings;
  settings.token = "example-token";
  Desk desk(settings);
  const auto with = [&](auto change) {
    Request request = desk.list();
    change(request);
    return desk.answer(request);
  };
  BOOST_TEST(with([](Request&) {}).starts_with("200 "));
  BOOST_TEST(with([](Request& r) { r.user_id.reset(); }) == R"(400 {"code":13000102,"msg":"X-User-Id: missing"})");
  BOOST_TEST(with([](Request& r) { r.date.reset(); }) == R"(400 {"code":13000102,"msg":"X-Date: missing"})");
  BOOST_TEST(with([](Request& r) { r.host.reset(); }) == R"(400 {"code":13000102,"msg":"Host: missing"})");
  BOOST_TEST(with([](Request& r) { r.authorization = "Bearer other"; }).starts_with("401 "));
  BOOST_TEST(with([](Request& r) { r.trace_id = "01"; }).starts_with("400 {\"code\":13000102,\"msg\":\"X-Traceid:"));
  BOOST_TEST(with([](Request& r) { r.language = "x"; }).starts_with("400 {\"code\":13000102,\"msg\":\"language:"));
  BOOST_TEST(desk.answer(desk.get("/koodrive/ose/v1/sharefolder/list?offset=0")) ==
             R"(400 {"code":13000102,"msg":"limit: missing"})");
  BOOST_TEST(desk.stats().refused == 7);
}

BOOST_AUTO_TEST_CASE(each_user_sees_its_own_lists) {
  Desk desk;
  Request request = desk.list();
  request.user_id = "43";
  BOOST_TEST(desk.answer(request) == R"(200 {"folders":[],"code":0,"msg":"success"})");
}

BOOST_AUTO_TEST_CASE(reading_counts_against_the_quota_and_is_hit_by_faults_and_changes_nothing) {
  SimulatorSettings settings;
  settings.throttle = parse_throttle("1/min,window").value();
  Desk throttled(settings);
  BOOST_TEST(throttled.answer(throttled.list()).starts_with("200 "));
  BOOST_TEST(throttled.answer(throttled.list()).starts_with("429 "));
  BOOST_TEST(throttled.answer(throttled.rename("1", "a")).starts_with("429 "));
  BOOST_TEST(throttled.stats().throttled == 2);

  Desk healthy;
  const std::string page = healthy.answer(healthy.list());
  for (const char* fault : {"status=503,rate=1", "reset,rate=1", "drop,rate=1", "truncate,rate=1", "garbage,rate=1"}) {
    Desk desk(with_fault(fault));
    const std::string before = desk.state();
    const std::string answer = desk.answer(desk.list());
    BOOST_TEST(answer != page, fault << ": " << answer);
    BOOST_TEST(desk.state() == before, fault);
    BOOST_TEST(desk.stats().applied == 0, fault);
  }
  Desk truncated(with_fault("truncate,rate=1"));
  BOOST_TEST(truncated.answer(truncated.list()).starts_with(R"(200 {"folders":[{"id":"1","name":"n1",)"));
}

BOOST_AUTO_TEST_CASE(lists_change_as_faults_say) {
  Desk desk(with_fault("list=remove,page=1,at=0"));
  BOOST_TEST(ids_on(desk.answer(desk.list()).substr(4)).size() == 2);
  BOOST_TEST(desk.answer(desk.metadata("1")).starts_with("400 {\"code\":13000309"));
  BOOST_TEST(desk.state().starts_with(R"({"key":"folder:2",)"));
  BOOST_TEST(desk.simulation.keys() == 3);
}

// Names.

BOOST_AUTO_TEST_CASE(two_folders_may_have_one_name) {
  Desk desk;
  BOOST_TEST(desk.answer(desk.rename("1", "n2")) == renamed("1"));
  BOOST_TEST(desk.name_of("1") == "n2");
  BOOST_TEST(desk.name_of("2") == "n2");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_is_refused) {
  Desk desk(with_names(NameClash::refuse));
  BOOST_TEST(desk.answer(desk.rename("1", "n2")) == taken);
  BOOST_TEST(desk.name_of("1") == "n1");
  BOOST_TEST(desk.answer(desk.rename("1", "N2")) == renamed("1"), "case matters");
  BOOST_TEST(desk.answer(desk.rename("2", "n2")) == renamed("2"), "its own name");
  BOOST_TEST(desk.answer(desk.rename("2", "n1")) == renamed("2"), "it was given up");
  BOOST_TEST(desk.answer(desk.rename("1", "n2")) == renamed("1"));
  BOOST_TEST(desk.answer(desk.rename("3", "an album")) == renamed("3"), "albums have names of their own");
  Request update = update_album_request();
  update.target = "/koodrive/ose/v1/9/update";
  update.body = R"({"name":"n1"})";
  BOOST_TEST(desk.answer(update).starts_with("200 "));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_gets_the_time_appended) {
  Desk desk(with_names(NameClash::stamp));
  BOOST_TEST(desk.answer(desk.rename("1", "n3")) == renamed("1"), "it is a success all the same");
  BOOST_TEST(desk.name_of("1") == "n3_20251103070140");
  BOOST_TEST(desk.answer(desk.rename("2", "n3")) == renamed("2"));
  BOOST_TEST(desk.name_of("2") == "n3_20251103070140_2");
  BOOST_TEST(desk.answer(desk.rename("3", "n3")) == renamed("3"));
  BOOST_TEST(desk.name_of("3") == "n3");
  BOOST_TEST(desk.answer(desk.rename("2", "free")) == renamed("2"));
  BOOST_TEST(desk.name_of("2") == "free");
}

BOOST_AUTO_TEST_CASE(no_fault_hides_a_name_that_is_taken) {
  SimulatorSettings settings = with_fault("garbage,rate=1");
  settings.name_clash = NameClash::refuse;
  Desk desk(settings);
  BOOST_TEST(desk.answer(desk.rename("1", "n2")) == taken);
  BOOST_TEST(desk.stats().faults[static_cast<std::size_t>(FaultKind::garbage)] == 0);
}

BOOST_AUTO_TEST_CASE(any_number_of_folders_get_one_name_within_a_second) {
  constexpr int count = 2000;
  Simulation simulation(with_names(NameClash::stamp), RequestLog(), {TimePoint(1h), example_now()}, nullptr,
                        folders(count));
  Desk texts;
  Connection connection(TimePoint(1h));
  std::string out;
  for (int i = 1; i <= count; ++i) {
    const Request rename = texts.rename(std::to_string(i), "same");
    simulation.arrive(rename, connection.exchange);
    simulation.conclude(rename, connection.exchange, example_now(), out);
  }
  std::set<std::string> names;
  out.clear();
  for (std::optional at = DumpPlace{}; at;) at = simulation.dump(*at, out);
  simdjson::dom::parser parser;
  for (std::size_t from = 0; from < out.size(); from = out.find('\n', from) + 1) {
    const simdjson::padded_string line(std::string_view(out).substr(from, out.find('\n', from) - from));
    names.emplace(parser.parse(line)["name"].get_string().value());
  }
  BOOST_TEST(names.size() == std::size_t{count});
  BOOST_TEST(names.contains("same"));
  BOOST_TEST(names.contains("same_20251103070140"));
  for (int i = 2; i < count; ++i) BOOST_TEST_REQUIRE(names.contains(fmt::format("same_20251103070140_{}", i)), i);
}

BOOST_AUTO_TEST_CASE(a_deleted_folder_cannot_be_changed_and_holds_no_name) {
  for (const auto clash : {NameClash::accept, NameClash::refuse, NameClash::stamp}) {
    Items items = folders(1);
    ItemView deleted = folder("2", "42", "old");
    deleted.status = 1;
    items.add(deleted);
    Simulation simulation(with_names(clash), RequestLog(), {TimePoint(1h), example_now()}, nullptr, std::move(items));
    Desk texts;
    const auto answer = [&](const Request& request) {
      Connection connection(TimePoint(1h));
      std::string out;
      simulation.arrive(request, connection.exchange);
      simulation.conclude(request, connection.exchange, example_now(), out);
      return Desk::short_form(out);
    };
    BOOST_TEST(answer(texts.rename("2", "new")) == R"(400 {"code":13000309,"msg":"folder:2 is deleted"})", clash);
    BOOST_TEST(answer(texts.rename("1", "old")) == renamed("1"), clash);
    BOOST_TEST(answer(texts.metadata("1")).find("\"name\":\"old\"") != std::string::npos, clash);
    BOOST_TEST(answer(texts.metadata("2")).find("\"name\":\"old\",\"ownerId\":42,\"status\":1,") != std::string::npos,
               clash);
  }
}

BOOST_AUTO_TEST_CASE(the_items_at_the_time_of_the_answer_decide) {
  Desk desk(with_names(NameClash::refuse));
  const Request take = desk.rename("1", "n2"), give_up = desk.rename("2", "other");
  desk.simulation.arrive(take, desk.first.exchange);
  desk.simulation.arrive(give_up, desk.second.exchange);
  BOOST_TEST(Desk::short_form(desk.conclude(give_up, desk.second)) == renamed("2"));
  BOOST_TEST(Desk::short_form(desk.conclude(take, desk.first)) == renamed("1"), "the name is free by now");
  BOOST_TEST(desk.stats().refused == 0);
}

BOOST_AUTO_TEST_CASE(of_two_requests_in_flight_for_one_name_the_one_that_is_answered_first_gets_it) {
  Desk desk(with_names(NameClash::refuse));
  const Request one = desk.rename("1", "new"), two = desk.rename("2", "new");
  desk.simulation.arrive(one, desk.first.exchange);
  desk.simulation.arrive(two, desk.second.exchange);
  BOOST_TEST(Desk::short_form(desk.conclude(two, desk.second)) == renamed("2"));
  BOOST_TEST(Desk::short_form(desk.conclude(one, desk.first)) == taken);
  BOOST_TEST(desk.name_of("1") == "n1");
  BOOST_TEST(desk.stats().applied == 1);
  BOOST_TEST(desk.stats().refused == 1);
}

BOOST_AUTO_TEST_CASE(an_item_may_disappear_between_request_and_answer_whatever_fault_was_drawn) {
  for (const char* fault :
       {"", "status=503,rate=1", "reset,rate=1", "drop,rate=1", "truncate,rate=1", "garbage,rate=1", "stall,rate=1"}) {
    Desk desk(with_fault("list=remove,page=1,at=0"));
    const Request rename = desk.rename("1", "new"), metadata = desk.metadata("1"), list = desk.list();
    Connection third(desk.start);
    desk.simulation.arrive(rename, desk.first.exchange);
    desk.simulation.arrive(metadata, desk.second.exchange);
    if (*fault != '\0') {
      desk.first.exchange.fault = FaultHit{parse_fault(fault).value().kind, 503, {}, true};
      desk.second.exchange.fault = desk.first.exchange.fault;
    }
    desk.simulation.arrive(list, third.exchange);
    BOOST_TEST(Desk::short_form(desk.conclude(list, third)).starts_with("200 "));
    const std::string gone = R"(400 {"code":13000309,"msg":"folder:1 does not exist"})";
    BOOST_TEST(Desk::short_form(desk.conclude(rename, desk.first)) == gone, fault);
    BOOST_TEST(Desk::short_form(desk.conclude(metadata, desk.second)) == gone, fault);
    BOOST_TEST(desk.stats().applied == 0, fault);
    BOOST_TEST(desk.stats().refused == 2, fault);
    for (const auto count : desk.stats().faults) BOOST_TEST(count == 0, fault);
    BOOST_TEST(desk.state().find("\"new\"") == std::string::npos, fault);
  }
}

BOOST_AUTO_TEST_CASE(a_dump_has_every_key_once_though_items_are_added_meanwhile) {
  constexpr std::size_t count = 3000;
  State others;
  for (std::size_t i = 0; i < count; ++i) {
    std::string members;
    append_member(members, "status", [&] { members += "1"; });
    others.add(fmt::format("space:{}", i), members);
  }
  Simulation simulation(with_fault("list=growing"), RequestLog(), {TimePoint(1h), example_now()}, nullptr,
                        folders(count), std::move(others));
  Desk texts;
  std::string out;
  std::size_t pieces = 0, pieces_of_keys = 0;
  for (std::optional at = DumpPlace{}; at; ++pieces) {
    at = simulation.dump(*at, out);
    pieces_of_keys += at && at->key > 0 ? 1U : 0U;
    Connection connection(TimePoint(1h));
    std::string page;
    const Request list =
        texts.get(fmt::format("/koodrive/ose/v1/sharefolder/list?offset={}&limit=10", count + 10 * pieces));
    simulation.arrive(list, connection.exchange);
    simulation.conclude(list, connection.exchange, example_now(), page);
  }
  BOOST_TEST(pieces_of_keys > 0, "some were added between two pieces of keys");
  std::multiset<std::string> keys;
  for (std::size_t from = 0; from < out.size(); from = out.find('\n', from) + 1) {
    constexpr std::string_view start = "{\"key\":\"";
    BOOST_TEST_REQUIRE(out.compare(from, start.size(), start) == 0);
    keys.insert(out.substr(from + start.size(), out.find('"', from + start.size()) - from - start.size()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    BOOST_TEST_REQUIRE(keys.count(fmt::format("space:{}", i)) == 1, i);
    BOOST_TEST_REQUIRE(keys.count(fmt::format("folder:{}", i + 1)) == 1, i);
  }
}

BOOST_AUTO_TEST_CASE(only_writing_one_key_twice_at_a_time_is_an_overlap) {
  Desk desk;
  const Request rename = desk.rename("1", "new"), metadata = desk.metadata("1");
  desk.simulation.arrive(metadata, desk.first.exchange);
  desk.simulation.arrive(rename, desk.second.exchange);
  desk.conclude(rename, desk.second);
  desk.conclude(metadata, desk.first);
  BOOST_TEST(desk.stats().overlapping_keys == 0);
}

BOOST_AUTO_TEST_CASE(a_request_about_one_folder_has_its_key) {
  Service service{""};
  service.offer_items();
  Request request = rename_request();
  request.method = "GET";
  request.target = "/koodrive/ose/v1/sharefolder/metadata/17%2F1";
  Judgement judgement;
  service.judge(request, example_now(), judgement);
  BOOST_TEST(judgement.key == "folder:17/1");
  BOOST_TEST(judgement.accepted());
}

BOOST_AUTO_TEST_CASE(a_log_line_of_a_request_that_reads_has_its_path) {
  Service service{""};
  service.offer_items();
  Request request = rename_request();
  request.method = "GET";
  request.target = "/koodrive/ose/v1/sharefolder/list?offset=0&limit=10&keyWord=%22";
  Judgement judgement;
  service.judge(request, example_now(), judgement);
  std::string out;
  append_log_line(
      out, {.time = example_now(), .since_start = 0s, .connection = 1, .status = 200, .applied = false, .fault = {}},
      request, judgement);
  BOOST_TEST(out == R"({"time":"2025-11-03T07:01:40.000000Z","t_ns":0,"connection":1,)"
                    R"("read":"/koodrive/ose/v1/sharefolder/list?offset=0&limit=10&keyWord=%22","key":null,"value":{},)"
                    R"("user":"user-1","trace_id":null,"status":200,"applied":false})"
                    "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
