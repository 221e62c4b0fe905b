#include "sim/state.hpp"

#include "koobatch/job/request_body.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/sim/operations.hpp"
#include "sim/in_flight.hpp"
#include "sim/trace_id_set.hpp"

#include <map>

namespace koobatch::sim {
namespace {

/// Parses a body as the service does, and applies it.
struct Fixture {
  State state;

  void apply(std::string_view op, std::string_view id, std::string_view body, std::optional<std::uint64_t> hash = {}) {
    koodrive::Fields fields;
    fields.clear();
    fields.row = sim::operations().find(op);
    std::string storage;
    std::vector<koodrive::Violation> violations;
    BOOST_TEST_REQUIRE(job::read_body(body, fields, storage, violations));
    fields.values[fields.row->key_field].present = true;
    fields.values[fields.row->key_field].text = id;
    const std::string key = std::string(fields.row->key_prefix).append(id);
    state.apply(hash.value_or(hash_key(key)), key, fields);
  }
  void rename(std::string_view id, std::string_view name) {
    apply("rename_shared_folder", id, std::string(R"({"id":"x","fileName":")").append(name).append("\"}"));
  }
  std::string dump() const {
    std::string out;
    BOOST_TEST(state.dump(0, SIZE_MAX / 2, out) == state.size());
    return out;
  }
};

class Waiting final : public InFlight::Ticket {
 public:
  bool gone = false;
  bool abandoned() override { return gone; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sim_state, Fixture)

BOOST_AUTO_TEST_CASE(a_new_state_dumps_nothing) {
  BOOST_TEST(dump().empty());
}

BOOST_AUTO_TEST_CASE(the_last_value_of_a_key_is_dumped_without_the_key_field) {
  rename("1", "a");
  rename("2", "b");
  rename("1", "a longer name than before");
  BOOST_TEST(dump() ==
             "{\"key\":\"folder:1\",\"fileName\":\"a longer name than before\"}\n"
             "{\"key\":\"folder:2\",\"fileName\":\"b\"}\n");
}

BOOST_AUTO_TEST_CASE(fields_an_update_does_not_carry_keep_their_values) {
  apply("update_album", "7", R"({"name":"one","scopeKind":1})");
  apply("update_album", "7", R"({"scopeDirList":["a","b\"c"],"scopeKind":2})");
  BOOST_TEST(dump() == "{\"key\":\"album:7\",\"name\":\"one\",\"scopeKind\":2,\"scopeDirList\":[\"a\",\"b\\\"c\"]}\n");
  apply("update_album", "7", R"({"name":"two","scopeDirList":[]})");
  BOOST_TEST(dump() == "{\"key\":\"album:7\",\"name\":\"two\",\"scopeKind\":2,\"scopeDirList\":[]}\n");
}

BOOST_AUTO_TEST_CASE(folders_and_albums_of_the_same_id_are_different_keys) {
  rename("1", "a");
  apply("update_album", "1", R"({"name":"b"})");
  BOOST_TEST(dump() == "{\"key\":\"folder:1\",\"fileName\":\"a\"}\n{\"key\":\"album:1\",\"name\":\"b\"}\n");
}

BOOST_AUTO_TEST_CASE(keys_that_share_a_hash_do_not_share_values) {
  apply("update_album", "1", R"({"name":"a"})", 5);
  apply("update_album", "2", R"({"name":"b"})", 5);
  apply("update_album", "3", R"({"name":"c"})", 5);
  apply("update_album", "2", R"({"name":"d"})", 5);
  BOOST_TEST(dump() ==
             "{\"key\":\"album:1\",\"name\":\"a\"}\n{\"key\":\"album:2\",\"name\":\"d\"}\n"
             "{\"key\":\"album:3\",\"name\":\"c\"}\n");
}

BOOST_AUTO_TEST_CASE(a_dump_in_pieces_equals_a_dump_in_one) {
  for (int i = 0; i < 1000; ++i) rename(std::to_string(i), "name " + std::to_string(i));
  std::string pieces, piece;
  std::size_t at = 0, count = 0;
  for (; at < state.size(); ++count) {
    piece.clear();
    at = state.dump(at, 256, piece);
    BOOST_TEST_REQUIRE(piece.size() < 512);
    pieces += piece;
  }
  BOOST_TEST(count > 100);
  BOOST_TEST((pieces == dump()));
}

BOOST_AUTO_TEST_CASE(many_random_updates_give_the_same_state_as_a_plain_map) {
  std::map<std::string, std::string> expected;
  unsigned random = 1;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 1664525U + 1013904223U;
    const std::string id = std::to_string((random >> 16U) % 500), name = std::to_string(random % 100'000);
    rename(id, name);
    expected[id] = name;
  }
  const std::string lines = dump();
  BOOST_TEST(state.size() == expected.size());
  for (const auto& [id, name] : expected) {
    const std::string line = "{\"key\":\"folder:" + id + "\",\"fileName\":\"" + name + "\"}\n";
    BOOST_TEST_REQUIRE(lines.find(line) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_trace_id_is_new_exactly_once) {
  TraceIdSet seen;
  for (const std::uint32_t prefix : {0U, 1U, (1U << 18U) - 1}) {
    for (const std::uint32_t line : {0U, 1U, 63U, 64U, 1'000'000U, UINT32_MAX}) {
      for (const int attempt : {0, 1, 2, 255}) {
        const TraceId id{prefix, line, static_cast<std::uint8_t>(attempt)};
        BOOST_TEST_REQUIRE(seen.insert(id));
        BOOST_TEST_REQUIRE(!seen.insert(id));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(two_requests_on_one_key_overlap_until_the_first_is_answered) {
  InFlight in_flight;
  Waiting first, second, third;
  BOOST_TEST(!in_flight.enter(1, first));
  BOOST_TEST(!in_flight.enter(2, third));
  BOOST_TEST(in_flight.enter(1, second));
  in_flight.leave(first);
  in_flight.leave(second);
  BOOST_TEST(!in_flight.enter(1, first));
  in_flight.leave(first);
  in_flight.leave(first);
  in_flight.leave(third);
}

BOOST_AUTO_TEST_CASE(an_older_request_counts_even_if_a_newer_one_was_answered_first) {
  InFlight in_flight;
  Waiting first, second, third;
  BOOST_TEST(!in_flight.enter(1, first));
  BOOST_TEST(in_flight.enter(1, second));
  in_flight.leave(second);
  BOOST_TEST(in_flight.enter(1, third));
  in_flight.leave(first);
  in_flight.leave(third);
}

BOOST_AUTO_TEST_CASE(a_request_whose_client_has_disconnected_overlaps_with_none) {
  InFlight in_flight;
  Waiting first, second;
  BOOST_TEST(!in_flight.enter(1, first));
  first.gone = true;
  BOOST_TEST(!in_flight.enter(1, second));
  in_flight.leave(second);
  in_flight.leave(first);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
