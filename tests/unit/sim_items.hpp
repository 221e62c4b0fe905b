// Items for the tests of the simulator's parts.
#pragma once
#include "koobatch/job/request_body.hpp"
#include "koobatch/sim/operations.hpp"
#include "sim/items.hpp"
#include "sim/reading.hpp"
#include "sim/state.hpp"
#include "sim_printing.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::sim {

inline ItemView folder(std::string_view id, std::string_view owner, std::string_view name) {
  return {.id = id, .owner = owner, .name = name, .members = {}};
}

inline ItemView album(std::string_view id, std::string_view owner, int kind, int type) {
  return {.kind = ItemKind::album,
          .id = id,
          .owner = owner,
          .name = "an album",
          .album_kind = static_cast<std::uint8_t>(kind),
          .album_type = static_cast<std::uint8_t>(type),
          .members = {}};
}

inline std::optional<Items::Number> find(const Items& items, std::string_view key) {
  return items.find(hash_key(key), key);
}

/// The fields of an operation, read from a body as the service does.
struct ReadOperation {
  koodrive::Fields fields;
  std::string storage;

  ReadOperation(std::string_view op, std::string_view body) {
    fields.clear();
    fields.row = operations().find(op);
    std::vector<koodrive::Violation> violations;
    BOOST_TEST_REQUIRE(job::read_body(body, fields, storage, violations));
  }
};

/// `count` folders of user 42 with the IDs 1, 2, ….
inline Items folders(std::size_t count) {
  Items items;
  for (std::size_t i = 1; i <= count; ++i) items.add(folder(std::to_string(i), "42", "n" + std::to_string(i)));
  return items;
}

inline std::string dumped(const Items& items) {
  std::string out;
  BOOST_TEST(items.dump(0, items.size(), SIZE_MAX / 2, out) == items.size());
  return out;
}

/// The reading of a request line that keeps all rules.
inline Reading reading_of(std::string_view target) {
  std::string wrong;
  auto reading = parse_reading("GET", target, wrong);
  BOOST_TEST_REQUIRE(reading.has_value(), target);
  BOOST_TEST_REQUIRE(wrong == "", target);
  return *reading;
}
inline Reading folders_at(std::size_t offset, std::size_t limit) {
  return reading_of("/koodrive/ose/v1/sharefolder/list?offset=" + std::to_string(offset) +
                    "&limit=" + std::to_string(limit));
}

/// The identifiers on a page, as they are written.
inline std::vector<std::string> ids_on(std::string_view body) {
  simdjson::dom::parser parser;
  const auto page = parser.parse(simdjson::padded_string(body)).value();
  simdjson::dom::array list;
  if (page["folders"].get(list) != simdjson::SUCCESS) list = page["albumList"].get_array().value();
  std::vector<std::string> ids;
  for (const auto item : list) {
    std::string id = simdjson::minify(item["id"].value());
    if (id.front() == '"') id = id.substr(1, id.size() - 2);
    ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace koobatch::sim
