#include "job/valid_records.hpp"
#include "job/json_object.hpp"

#include <fmt/format.h>
#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace koobatch::koodrive;
using namespace koobatch::job;

namespace {

/// What the fields of a record say.
std::string said(const Fields& fields) {
  std::string text = fmt::format("{} '{}'", fields.row->name, fields.op);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const auto& value = fields.values[i];
    if (value.present) text += fmt::format(" {}={}:{}", i, value.text, value.integer);
    if (value.malformed) text += " malformed";
  }
  for (const auto& common : {fields.user_id, fields.language, fields.ref})
    text += fmt::format(" {}", common.value_or("-"));
  return text;
}

/// What JsonObjectReader finds in a valid record.
std::string read_strictly(std::string_view json) {
  std::string text(json);
  text.append(simdjson::SIMDJSON_PADDING, '\0');
  JsonObjectReader reader;
  Fields fields;
  std::vector<Violation> violations;
  reader.read_record(std::string_view(text).substr(0, json.size()), service_catalogue(), fields, violations);
  if (!violations.empty()) BOOST_FAIL(json << ": " << violations.front().message);
  return said(fields);
}

/// What is read of a valid record; "" if it is left to the strict reader.
std::string read(ValidRecords& records, std::string_view json) {
  Fields fields;
  return records.read(json, fields) ? said(fields) : "";
}

void check_same(ValidRecords& records, std::string_view json) {
  BOOST_TEST(read(records, json) == read_strictly(json));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(valid_records)

BOOST_AUTO_TEST_CASE(a_record_of_plain_texts_is_read_as_the_strict_reader_reads_it) {
  ValidRecords records(service_catalogue());
  // Twice each: the second time, the record's form is known.
  for (int i = 0; i < 2; ++i) {
    check_same(records, R"({"op":"rename_shared_folder","id":"17","fileName":"Plans"})");
    check_same(records, R"({"op":"rename_shared_folder","fileName":"Plans","id":"17"})");
    check_same(records,
               R"({"op":"rename_shared_folder","id":"17","fileName":"","user_id":"anna","ref":"r","language":"de"})");
    check_same(records, R"({"op":"update_album","albumId":"7","name":"é ü 漢字"})");
    check_same(records, "{ \"op\" : \"rename_shared_folder\" ,\t\"id\":\"17\", \"fileName\":\"}{,:\" }\r");
    check_same(records, R"({"op":" rename_shared_folder","id":"17","fileName":"Plans"})");
  }
}

BOOST_AUTO_TEST_CASE(the_fields_hold_nothing_of_the_record_before) {
  ValidRecords records(service_catalogue());
  Fields fields;
  BOOST_TEST(records.read(R"({"op":"update_album","albumId":"7","name":"n","coverImageUrl":"u","ref":"r"})", fields));
  BOOST_TEST(records.read(R"({"op":"update_album","albumId":"8","name":"m"})", fields));
  BOOST_TEST(said(fields) == read_strictly(R"({"op":"update_album","albumId":"8","name":"m"})"));
}

BOOST_AUTO_TEST_CASE(whatever_is_not_a_plain_text_is_left_to_the_strict_reader) {
  ValidRecords records(service_catalogue());
  const std::string plain = R"({"op":"update_album","albumId":"7","name":"n"})";
  check_same(records, plain);
  for (const std::string_view json :
       {R"({"op":"update_album","albumId":"7","name":"a\"b"})",
        R"({"op":"update_album","albumId":"7","name":"\u0041"})", R"({"op":"update_album","albumId":7,"name":"n"})",
        R"({"op":"update_album","albumId":"7","scopeKind":2})",
        R"({"op":"update_album","albumId":"7","scopeKind":"2"})",
        R"({"op":"update_album","albumId":"7","scopeDirList":["x"]})",
        R"({"albumId":"7","op":"update_album","name":"n"})",
        R"({"op":"update_album","albumId":"7","n\u0061me":"n"})"}) {
    BOOST_TEST(read(records, json) == "", json);
    check_same(records, plain);
  }
}

BOOST_AUTO_TEST_CASE(a_record_that_begins_like_a_known_one_is_read_for_what_it_is) {
  ValidRecords records(service_catalogue());
  check_same(records, R"({"op":"update_album","albumId":"7","name":"n"})");
  check_same(records, R"({"op":"update_album","albumId":"7","name":"n" })");
  check_same(records, R"({"op":"update_album","albumId":"7","name":"n","ref":"r"})");
  check_same(records, R"({"op":"update_album","albumId":"7","coverImageUrl":"u"})");
  check_same(records, R"({"op":"update_album","albumId":"7","ref":"x","name":"n"})");
}

BOOST_AUTO_TEST_CASE(more_forms_than_are_learned_are_read_as_well) {
  ValidRecords records(service_catalogue());
  for (int round = 0; round < 2; ++round) {
    for (std::size_t blanks = 0; blanks < 20; ++blanks) {
      check_same(records, fmt::format(R"({{"op":"update_album",{}"albumId":"{}","name":"n"}})",
                                      std::string(blanks, ' '), blanks));
    }
  }
}

RC_BOOST_PROP(records_of_any_order_and_layout_are_read_alike, ()) {
  ValidRecords records(service_catalogue());
  const auto blanks = [] { return std::string(*rc::gen::weightedElement<std::size_t>({{8, 0}, {1, 1}, {1, 2}}), ' '); };
  for (int i = 0; i < 30; ++i) {
    const bool is_album = *rc::gen::arbitrary<bool>();
    std::vector<std::string> names = is_album ? std::vector<std::string>{"albumId", "name", "coverImageUrl", "ref"}
                                              : std::vector<std::string>{"id", "fileName", "user_id", "language"};
    std::swap(names.front(), names[*rc::gen::inRange<std::size_t>(0, names.size())]);
    std::string json =
        fmt::format(R"({{"op"{}:{}"{}")", blanks(), blanks(), is_album ? "update_album" : "rename_shared_folder");
    for (const auto& name : names) {
      const bool is_key = name == "albumId" || name == "id";
      if (!is_key && *rc::gen::inRange(0, 3) == 0) continue;
      const auto value = is_key
                             ? std::to_string(*rc::gen::inRange(1, 1000))
                             : *rc::gen::container<std::string>(rc::gen::elementOf(std::string_view("ab,:{}[] \x7f")));
      json += fmt::format(R"({},{}"{}"{}:{}"{}")", blanks(), blanks(), name, blanks(), blanks(), value);
    }
    json += blanks() + "}";
    const auto found = read(records, json);
    RC_ASSERT(found == read_strictly(json));
  }
}

BOOST_AUTO_TEST_SUITE_END()
