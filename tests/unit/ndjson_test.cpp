#include "job/json_object.hpp"
#include "job_support.hpp"
#include "koobatch/job/request_body.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch::koodrive;
using namespace koobatch::job;
using job_support::joined;

namespace {

/// A line read, with what its fields point to.
struct Line {
  explicit Line(std::string_view json) : text(json) {
    text.append(simdjson::SIMDJSON_PADDING, '\0');
    reader.read_record(std::string_view(text).substr(0, json.size()), service_catalogue(), fields, violations);
  }
  std::string wrong() const { return joined(violations); }

  std::string text;
  JsonObjectReader reader;
  Fields fields;
  std::vector<Violation> violations;
};

std::string wrong(std::string_view json) {
  return Line(json).wrong();
}

/// What is wrong with a rename that has `member` as well.
std::string wrong_with(std::string_view member) {
  return wrong(fmt::format(R"({{"op":"rename_shared_folder",{}}})", member));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ndjson)

BOOST_AUTO_TEST_CASE(every_field_is_read) {
  const Line line(
      R"({"op":"update_album","albumId":"7","name":"a\u00e9\n","scopeParentFolderId":"p","scopeDirList":["x","\"y"],)"
      R"("scopeKind":2,"coverImageUrl":"u","user_id":"anna","language":"de-DE","ref":"r"})");
  BOOST_TEST(line.wrong() == "");
  BOOST_TEST(line.fields.row == service_catalogue().find("update_album"));
  const auto& values = line.fields.values;
  BOOST_TEST(values[0].text == "7");
  BOOST_TEST(values[1].text == "aé\n");
  BOOST_TEST(values[2].text == "p");
  BOOST_TEST(values[3].list_size == 2U);
  BOOST_TEST(line.fields.list_items[values[3].list_from] == "x");
  BOOST_TEST(line.fields.list_items[values[3].list_from + 1] == "\"y");
  BOOST_TEST(values[4].integer == 2);
  BOOST_TEST(values[5].text == "u");
  BOOST_TEST(line.fields.user_id.value() == "anna");
  BOOST_TEST(line.fields.language.value() == "de-DE");
  BOOST_TEST(line.fields.ref.value() == "r");
}

BOOST_AUTO_TEST_CASE(the_members_may_come_in_any_order) {
  const Line line(R"( {"ref":"r", "fileName":"n", "id":"1", "op":"rename_shared_folder"} )");
  BOOST_TEST(line.wrong() == "");
  BOOST_TEST(line.fields.values[0].text == "1");
  BOOST_TEST(line.fields.values[1].text == "n");
  BOOST_TEST(line.fields.ref.value() == "r");
}

BOOST_AUTO_TEST_CASE(an_absent_field_is_not_present) {
  const Line line(R"({"op":"update_album","albumId":"7"})");
  for (std::size_t i = 1; i < 6; ++i) BOOST_TEST(!line.fields.values[i].present);
  BOOST_TEST((!line.fields.user_id && !line.fields.language && !line.fields.ref));
}

BOOST_AUTO_TEST_CASE(nothing_of_the_last_line_is_left_in_the_next) {
  Line line(R"({"op":"update_album","albumId":"7","scopeDirList":["x"],"user_id":"anna"})");
  std::string next = R"({"op":"update_album","albumId":"8"})";
  const auto size = next.size();
  next.append(simdjson::SIMDJSON_PADDING, '\0');
  line.reader.read_record(std::string_view(next).substr(0, size), service_catalogue(), line.fields, line.violations);
  BOOST_TEST(line.fields.values[0].text == "8");
  BOOST_TEST(!line.fields.values[3].present);
  BOOST_TEST(line.fields.list_items.empty());
  BOOST_TEST(!line.fields.user_id);
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_missing_or_unknown_lists_those_there_are) {
  BOOST_TEST(wrong("{}") ==
             "op: is missing; known operations are rename_shared_folder, update_album, rename_file, update_space, "
             "update_user, update_user_info, update_department, update_user_group, update_share, "
             "edit_permission_template, edit_permission_template_status");
  BOOST_TEST(wrong(R"({"id":"1","op":"Rename"})") ==
             "op: \"Rename\" is not an operation; known operations are rename_shared_folder, update_album, "
             "rename_file, update_space, update_user, update_user_info, update_department, update_user_group, "
             "update_share, edit_permission_template, edit_permission_template_status");
  BOOST_TEST(wrong(R"({"op":null})") == "op: expected a string, found null");
}

BOOST_AUTO_TEST_CASE(an_unknown_field_lists_those_the_operation_has) {
  const std::string end =
      " is not a field of rename_shared_folder; known fields are op, id, fileName, user_id, language, ref";
  BOOST_TEST(wrong_with(R"("filename":"x")") == "filename:" + end);
  BOOST_TEST(wrong_with(R"("albumId":"x")") == "albumId:" + end);
  BOOST_TEST(wrong_with(R"("":1)") == "\"\":" + end);
  BOOST_TEST(wrong_with(R"("a b\u001b":{"c":[1,{}]})") == "\"a b\\u{1b}\":" + end);
}

BOOST_AUTO_TEST_CASE(a_field_that_appears_twice_is_an_error_whatever_its_values) {
  BOOST_TEST(wrong_with(R"("id":"1","id":"1")") == "id: appears more than once");
  BOOST_TEST(wrong_with(R"("id":"1","id":2,"id":"3")") == "id: appears more than once");
  BOOST_TEST(wrong_with(R"("id":"1","\u0069d":"1")") == "id: appears more than once");
  BOOST_TEST(wrong_with(R"("op":"rename_shared_folder")") == "op: appears more than once");
  BOOST_TEST(wrong_with(R"("op":"update_album")") == "op: appears more than once");
  for (const std::string name : {"user_id", "language", "ref"}) {
    BOOST_TEST(wrong_with(fmt::format(R"("{0}":"a","{0}":"a","{0}":"b")", name)) == name + ": appears more than once");
  }
  BOOST_TEST(wrong_with(R"("ref":1,"ref":"a")") ==
             "ref: expected a string, found the number 1; ref: appears more than once");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_names_what_was_expected_and_found) {
  BOOST_TEST(wrong_with(R"("fileName":17)") == "fileName: expected a string, found the number 17");
  BOOST_TEST(wrong_with(R"("ref":18446744073709551615)") ==
             "ref: expected a string, found the number 18446744073709551615");
  BOOST_TEST(wrong_with(R"("id":-0.5)") == "id: expected a string, found the number -0.5");
  BOOST_TEST(wrong_with(R"("id":null)") == "id: expected a string, found null");
  BOOST_TEST(wrong_with(R"("id":true)") == "id: expected a string, found true");
  BOOST_TEST(wrong_with(R"("id":{"a":1})") == "id: expected a string, found an object");
  BOOST_TEST(wrong_with(R"("id":["1"])") == "id: expected a string, found an array");
  for (const std::string name : {"user_id", "language", "ref"}) {
    BOOST_TEST(wrong_with(fmt::format(R"("{}":null)", name)) == name + ": expected a string, found null");
  }
}

BOOST_AUTO_TEST_CASE(a_scope_is_a_list_of_strings_and_an_integer) {
  const auto with = [](std::string_view member) {
    return wrong(fmt::format(R"({{"op":"update_album","albumId":"1",{}}})", member));
  };
  BOOST_TEST(with(R"("scopeKind":1)") == "");
  BOOST_TEST(with(R"("scopeKind":"one")") == "scopeKind: expected an integer, found a string");
  BOOST_TEST(with(R"("scopeKind":1.5)") == "scopeKind: expected an integer, found the number 1.5");
  BOOST_TEST(with(R"("scopeKind":9223372036854775808)") ==
             "scopeKind: expected an integer, found the number 9223372036854775808");
  BOOST_TEST(with(R"("scopeDirList":[])") == "");
  BOOST_TEST(with(R"("scopeDirList":{})") == "scopeDirList: expected an array of strings, found an object");
  BOOST_TEST(with(R"("scopeDirList":["1",null])") ==
             "scopeDirList: expected an array of strings, found null as item 2");
  BOOST_TEST(with(R"("scopeDirList":[["1"]])") ==
             "scopeDirList: expected an array of strings, found an array as item 1");
}

BOOST_AUTO_TEST_CASE(an_identifier_that_is_a_whole_number_is_taken_digit_by_digit) {
  // None of these is a double.
  const Line line(R"({"op":"update_album","albumId":1757156480072657793,"scopeParentFolderId":18446744073709551615,)"
                  R"("scopeDirList":["x",9223372036854775807],"user_id":9007199254740993})");
  BOOST_TEST(line.wrong() == "");
  BOOST_TEST(line.fields.values[0].text == "1757156480072657793");
  BOOST_TEST(line.fields.values[2].text == "18446744073709551615");
  BOOST_TEST(line.fields.list_items[1] == "9223372036854775807");
  BOOST_TEST(line.fields.user_id.value() == "9007199254740993");
  BOOST_TEST(wrong_with(R"("id":1,"id":1)") == "id: appears more than once");
}

BOOST_AUTO_TEST_CASE(an_identifier_with_decimals_or_an_exponent_is_refused) {
  const std::string end = ", which looks like a number that a program has shortened: export identifiers as strings";
  BOOST_TEST(wrong_with(R"("id":1.757E18)") == "id: expected a string, found the number 1.757e+18" + end);
  BOOST_TEST(wrong_with(R"("user_id":1757156480072657793.0)") ==
             "user_id: expected a string, found the number 1.757156480072658e+18" + end);
  BOOST_TEST(wrong_with(R"("id":5.0)") == "id: expected a string, found the number 5.0");
}

BOOST_AUTO_TEST_CASE(an_integer_may_be_written_as_a_whole_number_with_decimals_or_as_a_text) {
  for (const auto kind : {"1.0", "1e0", R"("1")", R"("1.0")"}) {
    const Line line(fmt::format(R"({{"op":"update_album","albumId":"1","scopeKind":{}}})", kind));
    BOOST_TEST(line.wrong() == "", kind);
    BOOST_TEST(line.fields.values[4].integer == 1, kind);
  }
}

BOOST_AUTO_TEST_CASE(an_operation_is_found_although_blanks_surround_its_name) {
  const Line line(R"({"op":"update_album ","albumId":"1"})");
  BOOST_TEST(line.fields.row == service_catalogue().find("update_album"));
  BOOST_TEST(line.fields.op == "update_album ", "for the check of values to judge");
}

BOOST_AUTO_TEST_CASE(all_wrong_fields_of_a_line_are_reported) {
  BOOST_TEST(wrong_with(R"("id":true,"fileName":null,"ref":2)") ==
             "id: expected a string, found true; fileName: expected a string, found null; "
             "ref: expected a string, found the number 2");
}

BOOST_AUTO_TEST_CASE(the_error_for_a_line_that_is_not_json_says_where) {
  BOOST_TEST(wrong(R"({"op":"a" "id":"1"})") == "is not valid JSON at byte 11: unexpected '\"'");
  BOOST_TEST(wrong(R"({"op":"a",})") == "is not valid JSON at byte 11: unexpected '}'");
  BOOST_TEST(wrong(R"({'op':1})") == "is not valid JSON at byte 2: unexpected '''");
  BOOST_TEST(wrong(R"({"op":"a\q"})") == "is not valid JSON at byte 10: unexpected 'q'");
  BOOST_TEST(wrong(R"({"op":01})") == "is not valid JSON at byte 8: unexpected '1'");
  BOOST_TEST(wrong(R"({"op":NaN})") == "is not valid JSON at byte 7: unexpected 'N'");
  BOOST_TEST(wrong(R"({"op":"a)") == "is not valid JSON at byte 9: it ends too early");
  BOOST_TEST(wrong(R"({"op":"a")") == "is not valid JSON at byte 10: it ends too early");
  BOOST_TEST(wrong("{\"op\":\"a\tb\"}") == "is not valid JSON at byte 9: unexpected U+0009 (tab)");
  BOOST_TEST(wrong(R"({/**/})") == "is not valid JSON at byte 2: unexpected '/'");
}

BOOST_AUTO_TEST_CASE(nothing_may_follow_the_object) {
  const std::string object = R"({"op":"rename_shared_folder","id":"1","fileName":"a"})";
  for (const std::string rest : {"{}", object.c_str(), "}", ",", "x", "]", "null", "//", "\x01", "\xc2\xa0"}) {
    BOOST_TEST(wrong(object + rest) ==
               fmt::format("is not valid JSON at byte {}: there is more after the object", object.size() + 1));
  }
  BOOST_TEST(wrong(object + " \t\r") == "");
}

BOOST_AUTO_TEST_CASE(what_separates_records_elsewhere_is_named) {
  const std::string object = R"({"op":"rename_shared_folder","id":"1","fileName":"a"})";
  BOOST_TEST(wrong(object + "\u2028" + object) ==
             "is not valid JSON at byte 54: U+2028 (LINE SEPARATOR) does not end a record, only a line feed does");
  BOOST_TEST(wrong(object + "\x1e" + object) ==
             "is not valid JSON at byte 54: U+001E does not end a record, only a line feed does");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_an_unknown_or_skipped_value_is_found_too) {
  BOOST_TEST(wrong(R"({"op":"x","other":{"a":tru}})") == "is not valid JSON at byte 24: unexpected 't'");
  BOOST_TEST(wrong(R"({"op":"x","op":"y","z":"\ud800"})").starts_with("is not valid JSON at byte "));
  BOOST_TEST(wrong("{\"op\":\"x\",\"other\":\"\xff\"}") == "is not valid UTF-8 at byte 20 (0xff)");
}

BOOST_AUTO_TEST_CASE(a_lone_surrogate_is_refused_and_a_pair_is_a_character) {
  for (const auto text :
       {R"(\ud83d)", R"(\udc4d)", R"(\ud83dx)", R"(\ud83d\u0041)", R"(\udc4d\ud83d)", R"(\ud83d\ud83d)"}) {
    const auto found = wrong_with(fmt::format(R"("ref":"{}")", text));
    BOOST_TEST(found.starts_with("is not valid JSON at byte "), text << ": " << found);
  }
  BOOST_TEST(Line(R"({"op":"update_album","ref":"\ud83d\udc4d"})").fields.ref.value() == "👍");
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_is_refused_and_located) {
  for (const auto bytes : {"\xff", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    const auto found = wrong(fmt::format("{{\"op\":\"{}\"}}", bytes));
    BOOST_TEST(found == fmt::format("is not valid UTF-8 at byte 8 (0x{:02x})", static_cast<unsigned char>(bytes[0])));
  }
  BOOST_TEST(wrong("{\"op\":\"\xe5\xae") == "is not valid UTF-8 at byte 8 (0xe5)");
}

BOOST_AUTO_TEST_CASE(a_null_byte_is_refused_but_its_escape_is_a_character) {
  using namespace std::string_view_literals;
  BOOST_TEST(wrong("{\"op\":\"a\0b\"}"sv) == "is not valid JSON at byte 9: unexpected U+0000 (null)");
  BOOST_TEST(wrong("{\"op\":1}\0"sv) == "is not valid JSON at byte 9: there is more after the object");
  BOOST_TEST(Line(R"({"op":"update_album","ref":"a\u0000b"})").fields.ref.value() == "a\0b"sv);
}

BOOST_AUTO_TEST_CASE(a_number_beyond_all_bounds_is_an_error_of_the_line) {
  BOOST_TEST(wrong(R"({"op":1e400})") == "is not valid JSON: a number is out of range");
  BOOST_TEST(wrong(R"({"op":123456789012345678901234567890})") == "is not valid JSON: a number is out of range");
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_an_error_and_not_a_crash) {
  for (const int depth : {1'100, 100'000}) {
    const auto open = std::string(static_cast<std::size_t>(depth), '[');
    const auto close = std::string(static_cast<std::size_t>(depth), ']');
    BOOST_TEST(wrong("{\"op\":" + open + close + "}") == "is not valid JSON at byte 1030: too deep");
    BOOST_TEST(wrong("{\"op\":" + open) == "is not valid JSON at byte 1030: too deep");
  }
  BOOST_TEST(wrong("{\"op\":" + std::string(1000, '[') + std::string(1000, ']') + "}") ==
             "op: expected a string, found an array");
}

BOOST_AUTO_TEST_CASE(json_other_than_an_object_is_refused) {
  BOOST_TEST(wrong("[]") == "expected an object, found an array");
  BOOST_TEST(wrong("\"a\"") == "expected an object, found a string");
  BOOST_TEST(wrong("null") == "expected an object, found null");
  BOOST_TEST(wrong("7") == "expected an object, found the number 7");
}

BOOST_AUTO_TEST_CASE(a_request_body_is_read_as_strictly) {
  Fields fields;
  fields.row = service_catalogue().find("update_album");
  fields.values[0] = {.present = true, .text = "7"};
  std::string storage;
  std::vector<Violation> violations;
  BOOST_TEST(read_body(R"({"name":"a\u00e9","scopeDirList":["x","yz"],"scopeKind":2})", fields, storage, violations));
  BOOST_TEST(fields.values[0].text == "7");
  BOOST_TEST(fields.values[1].text == "aé");
  BOOST_TEST(fields.values[4].integer == 2);
  BOOST_TEST(fields.list_items.size() == 2U);
  BOOST_TEST(fields.list_items[1] == "yz");
  BOOST_TEST(read_body(R"({"scopeDirList":["z"]})", fields, storage, violations));
  BOOST_TEST(fields.list_items.size() == 1U);
  BOOST_TEST(!fields.values[1].present);

  const auto refused = [&](std::string_view body) {
    violations.clear();
    BOOST_TEST(!read_body(body, fields, storage, violations));
    return joined(violations);
  };
  const std::string known =
      " is not a field of the body; known fields are name, scopeParentFolderId, scopeDirList, scopeKind, coverImageUrl";
  BOOST_TEST(refused(R"({"albumId":"7"})") == "albumId:" + known);
  BOOST_TEST(refused(R"({"op":"update_album"})") == "op:" + known);
  BOOST_TEST(refused(R"({"user_id":"a"})") == "user_id:" + known);
  BOOST_TEST(refused(R"({"name":"a","name":"b"})") == "name: appears more than once");
  BOOST_TEST(refused(R"({"scopeParentFolderId":7})") == "scopeParentFolderId: expected a string, found the number 7");
  BOOST_TEST(refused(R"({"scopeKind":1.0})") == "scopeKind: expected an integer, found the number 1.0");
  BOOST_TEST(refused(R"({"name":1})") == "name: expected a string, found the number 1");
  BOOST_TEST(refused(R"({"name":"a"}{})") == "is not valid JSON at byte 13: there is more after the object");
  BOOST_TEST(refused("") == "is not valid JSON at byte 1: it ends too early");
  BOOST_TEST(refused("[]") == "expected an object, found an array");
}

BOOST_AUTO_TEST_CASE(the_fields_of_two_bodies_with_storage_of_their_own_do_not_mix) {
  Fields one, two;
  one.row = two.row = service_catalogue().find("rename_shared_folder");
  std::string first, second;
  std::vector<Violation> violations;
  BOOST_TEST(read_body(R"({"id":"1","fileName":"first\n"})", one, first, violations));
  BOOST_TEST(read_body(R"({"id":"2","fileName":"second"})", two, second, violations));
  BOOST_TEST(one.values[1].text == "first\n");
  BOOST_TEST(two.values[1].text == "second");
}

BOOST_AUTO_TEST_SUITE_END()
