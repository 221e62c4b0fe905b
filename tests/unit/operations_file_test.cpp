#include "koobatch/koodrive/operations_file.hpp"

#include "contains.hpp"
#include "job_support.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/sim/operations.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::koodrive;
using koobatch::test::contains;

namespace {

/// What is wrong with such a file; empty: nothing.
std::string refusal(const std::string& text) {
  const auto catalogue = parse_operations(text, "ops.toml", service_catalogue().rows());
  return catalogue ? "" : catalogue.error().message;
}

/// A file with one operation, which changes a note.
struct File {
  std::string head = "format = 1\n";
  std::string request = R"(request = "POST /notes/{noteId}")";
  std::string key = R"(key = "note:{noteId}")";
  std::string repeatable = "repeatable = true";
  std::string id = R"(fields.noteId = { in = "path", type = "text", required = true })";
  std::string more = R"(fields.note = { in = "body", type = "text" })";

  std::string text() const {
    return fmt::format("{}[operation.update_note]\n{}\n{}\n{}\n{}\n{}\n", head, request, key, repeatable, id, more);
  }
};

std::string refused_request(const std::string& request) {
  return refusal(File{.request = fmt::format("request = \"{}\"", request)}.text());
}
std::string refused_field(const std::string& field) {
  return refusal(File{.more = "fields.note = { " + field + " }"}.text());
}
std::string refused_header(const std::string& name) {
  return refused_field(fmt::format(R"(in = "header", type = "text", as = "{}")", name));
}
std::string refused_more(const std::string& more) {
  return refusal(File{.more = "fields.note = { in = \"body\", type = \"text\" }\n" + more}.text());
}

/// What a job's line of this catalogue breaks; empty: nothing.
std::string violations_of(const OperationCatalogue& catalogue, std::string_view line) {
  const job_support::TemporaryFolder folder;
  job::ReaderSettings settings;
  settings.require_user = false;
  settings.catalogue = &catalogue;
  const auto reader = job::open_job(folder.write("a.ndjson", std::string(line)), settings);
  if (!reader) return reader.error().message;
  const auto item = (*reader)->skip();
  return item.value() == job::Reader::Item::operation ? "" : job_support::joined((*reader)->violations());
}

/// What the value breaks, as a field `note` with these rules.
std::string broken(const std::string& rules, const std::string& value) {
  const auto text = File{.more = "fields.note = { in = \"body\", " + rules + " }"}.text();
  const auto catalogue = parse_operations(text, "ops.toml", service_catalogue().rows());
  if (!catalogue) return catalogue.error().message;
  return violations_of(*catalogue, fmt::format(R"({{"op":"update_note","noteId":"7","note":{}}})", value));
}

/// What a line becomes on the wire.
struct Wire {
  std::string method, target, body, headers, id;
  std::uint64_t key = 0;
  bool repeatable = false;
  friend bool operator==(const Wire&, const Wire&) = default;
};

Wire wire_of(const OperationCatalogue& catalogue, const std::string& line) {
  const job_support::TemporaryFolder folder;
  job::ReaderSettings settings;
  settings.require_user = false;
  settings.catalogue = &catalogue;
  const auto reader = job::open_job(folder.write("a.ndjson", line), settings);
  BOOST_REQUIRE_MESSAGE(reader, reader.error().message);
  Operation operation;
  const auto item = (*reader)->next(operation);
  BOOST_REQUIRE_MESSAGE(item.value() == job::Reader::Item::operation,
                        line << ": " << job_support::joined((*reader)->violations()));
  Wire wire{std::string(operation.row().method),
            std::string(operation.target()),
            std::string(operation.body()),
            {},
            std::string(operation.id()),
            operation.key_hash(),
            operation.is_repeatable()};
  operation.for_each_header(
      [&](std::string_view name, std::string_view value) { wire.headers += fmt::format("{}: {}\n", name, value); });
  return wire;
}

OperationCatalogue parsed(const std::string& text) {
  auto catalogue = parse_operations(text, "ops.toml", service_catalogue().rows());
  BOOST_REQUIRE_MESSAGE(catalogue, catalogue.error().message);
  return std::move(*catalogue);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operations_file)

BOOST_AUTO_TEST_CASE(an_operation_of_ones_own_is_known_besides_those_built_in) {
  const auto catalogue = parsed(File().text());
  BOOST_TEST(catalogue.rows().size() == service_catalogue().rows().size() + 1);
  const auto wire = wire_of(catalogue, R"({"op":"update_note","noteId":"a/b","note":"hello"})");
  BOOST_TEST(wire.method == "POST");
  BOOST_TEST(wire.target == "/notes/a%2Fb");
  BOOST_TEST(wire.body == R"({"note":"hello"})");
  BOOST_TEST(wire.id == "a/b");
  BOOST_TEST(wire.repeatable);
}

BOOST_AUTO_TEST_CASE(the_body_keeps_the_order_of_the_file) {
  const auto catalogue =
      parsed(File{.more = "fields.zeta = { type = \"integer\" }\nfields.alpha = { type = \"boolean\" "
                          "}\nfields.mid = { type = \"object\" }"}
                 .text());
  const auto line = R"({"op":"update_note","noteId":"7","alpha":true,"mid":{"a":1,"b":"x","c":false},"zeta":-3})";
  BOOST_TEST(wire_of(catalogue, line).body == R"({"zeta":-3,"alpha":true,"mid":{"a":1,"b":"x","c":false}})");
}

BOOST_AUTO_TEST_CASE(a_field_in_a_header_travels_there_and_nowhere_else) {
  const auto catalogue = parsed(File{.more = R"(fields.note = { type = "text" }
fields.agent = { in = "header", as = "x-hw-agentname", type = "text" })"}
                                    .text());
  const auto wire = wire_of(catalogue, R"({"op":"update_note","noteId":"7","note":"n","agent":"me/1"})");
  BOOST_TEST(wire.headers == "x-hw-agentname: me/1\n");
  BOOST_TEST(wire.body == R"({"note":"n"})");
  for (const auto value : {R"("a b")", R"("a\r\nx-evil: 1")", R"("ä")", R"("")"}) {
    const auto line = fmt::format(R"({{"op":"update_note","noteId":"7","agent":{}}})", value);
    BOOST_TEST(violations_of(catalogue, line).starts_with("agent: "), line);
  }
}

BOOST_AUTO_TEST_CASE(a_key_and_a_path_may_be_made_of_several_fields) {
  const auto catalogue = parsed(R"(format = 1
[operation.set_member]
request = "PUT /groups/{groupId}/members/{userId}"
key = "member:{groupId}/{userId}"
repeatable = true
fields.userId = { in = "path", type = "text", required = true }
fields.groupId = { in = "path", type = "text", required = true }
fields.role = { type = "integer" }
)");
  const auto wire = wire_of(catalogue, R"({"op":"set_member","groupId":"g 1","userId":"u","role":2})");
  BOOST_TEST(wire.target == "/groups/g%201/members/u");
  BOOST_TEST(wire.id == "g%201/u");
  BOOST_TEST(wire.body == R"({"role":2})");
  BOOST_TEST(wire.key != wire_of(catalogue, R"({"op":"set_member","groupId":"g 1","userId":"v","role":2})").key);
}

BOOST_AUTO_TEST_CASE(keys_of_several_fields_are_equal_only_if_all_of_them_are) {
  const auto catalogue = parsed(R"(format = 1
[operation.set_member]
request = "POST /members"
key = "member:{g}/{u}"
repeatable = true
fields.g = { type = "text", required = true }
fields.u = { type = "text", required = true }
fields.role = { type = "integer" }
)");
  const auto key = [&](const char* g, const char* u) {
    return wire_of(catalogue, fmt::format(R"({{"op":"set_member","g":"{}","u":"{}","role":2}})", g, u)).key;
  };
  BOOST_TEST(key("a/b", "c") != key("a", "b/c"));
  BOOST_TEST(key("a%2Fb", "c") != key("a/b", "c"));
  BOOST_TEST(key("a", "b") == key("a", "b"));
}

BOOST_AUTO_TEST_CASE(an_integer_identifies_a_resource_digit_by_digit) {
  const auto wire =
      wire_of(service_catalogue(), R"({"op":"edit_permission_template_status","id":1757156480072657793,"status":1})");
  BOOST_TEST(wire.id == "1757156480072657793");
  BOOST_TEST(wire.body == R"({"id":1757156480072657793,"status":1})");
}

BOOST_AUTO_TEST_CASE(whether_an_operation_may_be_repeated_can_depend_on_its_values) {
  const auto repeatable = [](const std::string& condition, const std::string& members) {
    const auto catalogue =
        parsed(File{.repeatable = "repeatable = " + condition, .more = R"(fields.mode = { type = "integer" }
fields.way = { type = "text" }
fields.force = { type = "boolean" })"}
                   .text());
    return wire_of(catalogue, fmt::format(R"({{"op":"update_note","noteId":"7"{}}})", members)).repeatable;
  };
  BOOST_TEST(repeatable("true", ""));
  BOOST_TEST(!repeatable("false", ""));
  BOOST_TEST(repeatable("{ mode = [3, 4] }", R"(,"mode":4)"));
  BOOST_TEST(!repeatable("{ mode = [3, 4] }", R"(,"mode":2)"));
  BOOST_TEST(!repeatable("{ mode = [3, 4] }", ""));
  BOOST_TEST(repeatable(R"({ way = ["replace"] })", R"(,"way":"replace")"));
  BOOST_TEST(!repeatable(R"({ way = ["replace"] })", R"(,"way":"append")"));
  BOOST_TEST(repeatable("{ force = [false] }", R"(,"force":false)"));
  BOOST_TEST(!repeatable("{ force = [false] }", R"(,"force":true)"));
  BOOST_TEST(!repeatable("{ mode = [3], force = [true] }", R"(,"mode":3,"force":false)"));
}

BOOST_AUTO_TEST_CASE(a_file_is_renamed_repeatably_unless_a_clash_is_to_be_stamped) {
  const std::string line = R"({"op":"rename_file","fileId":"7","containerId":"c","name":"n")";
  const auto refusing = wire_of(service_catalogue(), line + "}");
  BOOST_TEST(refusing.repeatable);
  BOOST_TEST(refusing.body == R"({"containerId":"c","name":"n","renameMode":3})");
  BOOST_TEST(wire_of(service_catalogue(), line + R"(,"renameMode":3})").repeatable);
  BOOST_TEST(!wire_of(service_catalogue(), line + R"(,"renameMode":2})").repeatable);
  BOOST_TEST(!wire_of(service_catalogue(), R"({"op":"update_share","shareId":"7","validDays":3})").repeatable);
}

BOOST_AUTO_TEST_CASE(each_rule_has_its_edges) {
  struct Edge {
    std::string rules, value, broken;
  };
  const std::string five = R"("𠮷𠮷x")";  // three code points, five UTF-16 units, nine bytes
  const std::vector<Edge> edges = {
      {R"(type = "text", min = 5)", five, ""},
      {R"(type = "text", min = 6)", five, "note: is 5 characters long, at least 6 are needed"},
      {R"(type = "text", max = 5)", five, ""},
      {R"(type = "text", max = 4)", five,
       "note: is 5 characters long (UTF-16 units, as the service counts), at most 4 are allowed"},
      {R"(type = "text", min = 3, max = 3, count = "codepoints")", five, ""},
      {R"(type = "text", max = 2, count = "codepoints")", five, "note: is 3 characters long, at most 2 are allowed"},
      {R"(type = "text", min = 4, count = "codepoints")", five, "note: is 3 characters long, at least 4 are needed"},
      {R"(type = "text", min = 9, max = 9, count = "bytes")", five, ""},
      {R"(type = "text", max = 8, count = "bytes")", five, "note: is 9 bytes long, at most 8 are allowed"},
      {R"(type = "text", min = 10, count = "bytes")", five, "note: is 9 bytes long, at least 10 are needed"},
      {R"(type = "text", min = 1)", R"("")", "note: is empty"},
      {R"(type = "text", min = 0)", R"("")", ""},
      {R"(type = "text", forbid = "*ä")", R"("a*b")",
       "note: contains '*', which is not allowed (* U+00E4 (LATIN SMALL "
       "LETTER A WITH DIAERESIS))"},
      {R"(type = "text", forbid = "*ä")", R"("aäb")",
       "note: contains U+00E4 (LATIN SMALL LETTER A WITH DIAERESIS), which is not allowed (* U+00E4 (LATIN SMALL "
       "LETTER A WITH DIAERESIS))"},
      {R"(type = "text", forbid = "*ä")", R"("aöb")", ""},
      {R"(type = "text", only = "ab")", R"("abba")", ""},
      {R"(type = "text", only = "ab")", R"("abc")", "note: contains 'c'; only ab are allowed"},
      {R"(type = "text", only = "ab")", R"("aä")",
       "note: contains U+00E4 (LATIN SMALL LETTER A WITH DIAERESIS); only ab are allowed"},
      {R"(type = "text", forbid_space = true)", R"("a\tb")",
       "note: contains U+0009 (tab), which is not allowed (\\n \\r \\b \\t)"},
      {R"(type = "text", forbid_space = true)", R"("a b")", ""},
      {R"(type = "text")", R"("a\tb")", ""},
      {R"(type = "text", emoji = false)", R"("a😀")",
       "note: contains the emoji U+1F600 (GRINNING FACE); emoji are not allowed"},
      {R"(type = "text", emoji = false)", R"("a☀")", ""},
      {R"(type = "text", emoji = true)", R"("a😀")", ""},
      {R"(type = "text", not = [".", "con"])", R"(".")", "note: is \".\", which is not allowed (. or con)"},
      {R"(type = "text", not = [".", "con"])", R"("con")", "note: is \"con\", which is not allowed (. or con)"},
      {R"(type = "text", not = [".", "con"])", R"("cons")", ""},
      {R"(type = "text", one_of = ["on", "off"])", R"("off")", ""},
      {R"(type = "text", one_of = ["on", "off"])", R"("Off")", "note: is \"Off\"; allowed are \"on\", \"off\""},
      {R"(type = "integer", min = -2, max = 365)", "-2", ""},
      {R"(type = "integer", min = -2, max = 365)", "365", ""},
      {R"(type = "integer", min = -2, max = 365)", "-3", "note: is -3, at least -2 is needed"},
      {R"(type = "integer", min = -2, max = 365)", "366", "note: is 366, at most 365 is allowed"},
      {R"(type = "integer", one_of = [2, 3])", "3", ""},
      {R"(type = "integer", one_of = [2, 3])", "4", "note: is 4; allowed are 2 and 3"},
      {R"(type = "integer", one_of = { on = 1, off = 0 })", "7", "note: is 7; allowed are 1 (on) and 0 (off)"},
      {R"(type = "integer")", "9223372036854775807", ""},
      {R"(type = "integer")", "1.5", "note: expected an integer, found the number 1.5"},
      {R"(type = "boolean")", "true", ""},
      {R"(type = "boolean")", R"("FALSE")", ""},
      {R"(type = "boolean")", "1", "note: expected true or false, found the number 1"},
      {R"(type = "text_list", max_items = 2)", R"(["a","b"])", ""},
      {R"(type = "text_list", max_items = 2)", R"(["a","b","c"])", "note: has 3 items, at most 2 are allowed"},
      {R"(type = "text_list", max = 2)", R"(["ab","abc"])", "note: is 3 characters long, at most 2 are allowed"},
      {R"(type = "object", max_items = 2)", R"({"a":1,"b":true})", ""},
      {R"(type = "object", max_items = 2)", R"({"a":1,"b":true,"c":"x"})", "note: has 3 items, at most 2 are allowed"},
      {R"(type = "object")", R"({"a":{}})",
       "note: expected an object of strings, integers and booleans, found another value as \"a\""},
      {R"(type = "object")", R"({"a":1,"a":2})", "note: its member \"a\" appears more than once"},
      {R"(type = "object")", "[]", "note: expected an object, found an array"},
      {R"(type = "text", same_as = "noteId")", R"("7")", ""},
      {R"(type = "text", same_as = "noteId")", R"("8")", "note: must be the same as noteId"},
      {R"(type = "text", forbid = "\u0000x")", R"("a\u0000b")",
       "note: contains U+0000 (null), at which many programs end a text: remove it; note: contains U+0000 (null), "
       "which "
       "is not allowed (U+0000 (null) x)"},
      {R"(type = "integer")", "-9223372036854775808", ""},
      {R"(type = "integer")", "9223372036854775808", "note: expected an integer, found the number 9223372036854775808"},
      {R"(type = "text", is = "identifier")", "1757156480072657793", ""},
      {R"(type = "text")", "17", "note: expected a string, found the number 17"},
  };
  for (const auto& [rules, value, expected] : edges) {
    BOOST_TEST(broken(rules, value) == expected, rules << " and " << value);
  }
}

BOOST_AUTO_TEST_CASE(integers_are_the_same_however_they_are_written) {
  const auto catalogue = parsed(File{.more = R"(fields.a = { type = "integer", default = 7 }
fields.b = { type = "integer", same_as = "a" })"}
                                    .text());
  const auto with = [&](const std::string& members) {
    return violations_of(catalogue, R"({"op":"update_note","noteId":"7")" + members + "}");
  };
  BOOST_TEST(with(R"(,"a":8,"b":"8")") == "");
  BOOST_TEST(with(R"(,"a":8,"b":8.0)") == "");
  BOOST_TEST(with(R"(,"b":7)") == "", "the default counts");
  BOOST_TEST(with(R"(,"a":8,"b":7)") == "b: must be the same as a");
  BOOST_TEST(with(R"(,"b":8)") == "b: must be the same as a");
}

BOOST_AUTO_TEST_CASE(one_of_several_fields_may_be_required) {
  const auto catalogue = parsed(File{.more = R"(fields.a = { type = "text" }
fields.b = { type = "text" }
fields.c = { type = "text" }
at_least_one_of = ["a", "b"])"}
                                    .text());
  BOOST_TEST(violations_of(catalogue, R"({"op":"update_note","noteId":"7","b":""})") == "");
  BOOST_TEST(violations_of(catalogue, R"({"op":"update_note","noteId":"7","c":"x"})") ==
             "changes nothing; give at least one of a, b");
}

BOOST_AUTO_TEST_CASE(an_identifier_in_the_path_cannot_name_another_endpoint) {
  const auto album = [](std::string_view id) {
    return violations_of(service_catalogue(), fmt::format(R"({{"op":"update_album","albumId":"{}","name":"n"}})", id));
  };
  for (const auto id : {"sharefolder", "share", "users", "departments", "files", "SHARE", "auth"}) {
    BOOST_TEST(album(id) ==
               fmt::format("albumId: is \"{}\", which names another endpoint of the service in this place", id));
  }
  // Some gateways decode a slash, or all of it twice, before they choose a route.
  for (const auto id : {"sharefolder/rename", "Share/7", "../sharefolder/rename?", "a/../../b", "a/.", "/7", "%73hare",
                        "share%2f7", "%2e%2e", "x%2F..", "..\\\\x"}) {
    BOOST_TEST(contains(album(id), "which some gateways take for another endpoint of the service"), id);
  }
  for (const auto id : {"1795607640592646273", "sharefolders", "my-album", "7", "a/b", "a%2Fb", "100%", "a/share", "%",
                        "%zz", "a..b", "..."}) {
    BOOST_TEST(album(id) == "", id);
  }
  const auto catalogue = parsed(R"(format = 1
[operation.one]
request = "POST /notes/{id}/edit"
key = "note:{id}"
repeatable = true
fields.id = { in = "path", type = "text", required = true }
[operation.two]
request = "POST /notes/archive/edit"
key = "note:{id}"
repeatable = true
fields.id = { type = "text", required = true }
)");
  BOOST_TEST(contains(violations_of(catalogue, R"({"op":"one","id":"archive"})"), "names another endpoint"));
  BOOST_TEST(violations_of(catalogue, R"({"op":"one","id":"1"})") == "");
}

BOOST_AUTO_TEST_CASE(operations_on_one_kind_of_resource_set_the_same_things) {
  const auto catalogue = parsed(R"(format = 1
[operation.title_album]
request = "POST /albums/{albumId}/title"
key = "album:{albumId}"
repeatable = true
fields.albumId = { in = "path", type = "text", required = true }
fields.title = { type = "text", sets = "name" }
fields.mode = { type = "integer", sets = false }
fields.note = { type = "text" }
)");
  const auto fields_of = [&](std::string_view op) { return catalogue.find(op)->fields; };
  const auto target = [&](std::string_view op, std::string_view name) {
    for (const auto& field : fields_of(op)) {
      if (field.name == name) return field.target;
    }
    return FieldRow::no_target;
  };
  BOOST_TEST(target("title_album", "title") == target("update_album", "name"));
  BOOST_TEST(target("title_album", "mode") == FieldRow::no_target);
  BOOST_TEST(target("title_album", "albumId") == FieldRow::no_target);
  for (const auto& field : fields_of("update_album")) BOOST_TEST(target("title_album", "note") != field.target);
}

BOOST_AUTO_TEST_CASE(what_is_built_in_is_the_same_when_it_is_read_from_a_file) {
  std::string text;
  append_operations_toml(text, service_catalogue().rows());
  const auto read = parse_operations(text, "ops.toml", {});
  BOOST_REQUIRE_MESSAGE(read, read.error().message);
  std::string again;
  append_operations_toml(again, read->rows());
  BOOST_TEST(again == text);
  BOOST_REQUIRE(read->rows().size() == service_catalogue().rows().size());
  const std::vector<std::string> lines = {
      R"({"op":"rename_shared_folder","id":"1757156480072657793","fileName":"a\\b ©"})",
      R"({"op":"update_album","albumId":"a/b","name":"n","scopeDirList":["1","2"],"scopeKind":2,"coverImageUrl":""})",
      R"({"op":"rename_file","fileId":"7","containerId":"c","name":"n","renameMode":2,"shareFolderId":"s"})",
      R"({"op":"rename_file","fileId":"7","containerId":"c","name":"n"})",
      R"({"op":"update_space","ownerId":"7","status":1,"capacity":5,"type":0,"containerId":"c"})",
      R"({"op":"update_user","userId":"7","deptId":12,"role":5,"status":7})",
      R"({"op":"update_user_info","userId":"7","firstname":"a","surname":"b","email":"c@d"})",
      R"({"op":"update_department","department_id":"7","name":"n","parentId":"0"})",
      R"({"op":"update_user_group","groupId":"7","groupName":"n","sourceType":1,"userId":"u","role":2,"top":1})",
      R"({"op":"update_share","shareId":"7","validDays":30,"extractCode":"abcd1234","deptIds":["1"],"agentName":"me"})",
      R"({"op":"edit_permission_template","id":7,"name":"n","description":"d","capabilities":{"edit":true}})",
      R"({"op":"edit_permission_template_status","id":7,"status":0})",
  };
  for (const auto& line : lines) {
    BOOST_TEST((wire_of(*read, line) == wire_of(service_catalogue(), line)), line);
  }
}

BOOST_AUTO_TEST_CASE(an_error_names_the_line_and_the_column) {
  BOOST_TEST(refusal("format = 1\n[operation.x\n").starts_with("ops.toml:2:"));
  for (const char* text : {"[=", "[#", "[\n", "[}", "[.a]", "[ = ]", "[a.=]"}) {
    const auto said = refusal(text);
    BOOST_TEST(said.starts_with("ops.toml:1:"), text << ": " << said);
    BOOST_TEST(contains(said, "not TOML: "), text << ": " << said);
  }
  for (const char* text : {"[\xc2\xa1]", "[resource\xd2\x8cname]", "\xc3\xa9 = 1", "a = \xd2\x99"}) {
    BOOST_TEST(contains(refusal(text), "ops.toml:1:"), text << ": " << refusal(text));
  }
  BOOST_TEST(contains(refusal("format = 2\n"), "ops.toml:1:10: the file: format is 2; this koobatch reads format 1"));
  BOOST_TEST(contains(refusal("[operation.x]\n"), "ops.toml:1:1: the file: format is missing"));
  BOOST_TEST(contains(refusal("format = 1\n"), "describes no operation"));
  BOOST_TEST(refusal(File{.repeatable = "repeatable = true\nrepeatible = true"}.text()) ==
             "ops.toml:6:1: operation update_note: unknown member \"repeatible\"; did you mean repeatable?");
  BOOST_TEST(refused_field(R"(in = "body", type = "txt")") ==
             "ops.toml:7:37: field note: type is \"txt\", must be one of text, integer, boolean, text_list, object");
  BOOST_TEST(refused_field("in = \"body\", type = 1").starts_with("ops.toml:7:37: field note: type must be a text"));
}

BOOST_AUTO_TEST_CASE(a_path_that_could_lead_elsewhere_is_refused) {
  for (const auto* request : {"POST http://host/a/{noteId}",
                              "POST //host/{noteId}",
                              "POST notes/{noteId}",
                              "POST /notes//{noteId}",
                              "POST /notes/../{noteId}",
                              "POST /notes/./{noteId}",
                              "POST /notes/{noteId}?all=1",
                              "POST /notes/{noteId}#x",
                              "POST /notes/{noteId}/",
                              "POST /no tes/{noteId}",
                              "POST /notes/a{noteId}",
                              "POST /notes/{noteId}b",
                              "POST /notes/{noteId}/{noteId}",
                              "POST /notes/{}/{noteId}",
                              "POST /notes/%2e%2e/{noteId}",
                              "POST /notes\\\\{noteId}",
                              "POST /n\\u0007otes/{noteId}",
                              "POST /nötes/{noteId}",
                              "POST /notes",
                              "POST /notes/{noteId}/{other}",
                              "POST",
                              "",
                              "DELETE /notes/{noteId}",
                              "GET /notes/{noteId}",
                              "post /notes/{noteId}",
                              "CONNECT /notes/{noteId}",
                              "POST  /notes/{noteId}"}) {
    const auto said = refused_request(request);
    BOOST_TEST(said.starts_with("ops.toml:3:11: operation update_note: request "), request << ": " << said);
  }
  for (const auto* request : {"POST /notes/{noteId}", "PUT /a/b-c_d.e~f/{noteId}", "PATCH /{noteId}"}) {
    BOOST_TEST(refused_request(request) == "", request);
  }
}

BOOST_AUTO_TEST_CASE(header_fields_come_from_an_allow_list) {
  for (const auto* name : {"authorization", "Authorization", "host", "cookie", "content-type", "content-length",
                           "transfer-encoding", "connection", "x-date", "X-Date", "x-user-id", "x-traceid",
                           "x-apig-mode", "x-", "X-Hw-Agentname", "x-hw agent", "x-hw:agent", "x-ä", "language"}) {
    const auto said = refused_header(name);
    BOOST_TEST(said.starts_with("ops.toml:7:"), name << ": " << said);
    BOOST_TEST(contains(said, "field note: as "), name << ": " << said);
  }
  for (const auto* name :
       {"x-http-method", "x-http-method-override", "x-method-override", "x-forwarded-host", "x-forwarded-for",
        "x-original-url", "x-original-method", "x-rewrite-url", "x-real-ip", "x-host", "x-auth-token", "x-sdk-date"}) {
    BOOST_TEST(contains(refused_header(name), "where a request goes, as what, or for whom"), name);
  }
  BOOST_TEST(refused_header("x-hw-agentname") == "");
  BOOST_TEST(contains(refused_field(R"(in = "header", type = "integer", as = "x-a")"), "must be text"));
  BOOST_TEST(contains(refused_field(R"(in = "header", type = "text")"), "as is missing"));
  BOOST_TEST(contains(refused_field(R"(in = "body", type = "text", as = "x-a")"), "does not travel in one"));
  std::string five;
  for (int i = 0; i < 5; ++i)
    five += fmt::format("fields.h{0} = {{ in = \"header\", type = \"text\", as = \"x-{0}\" }}\n", i);
  BOOST_TEST(contains(refused_more(five), "at most 4 fields in headers"));
  BOOST_TEST(contains(refused_more("fields.a = { in = \"header\", type = \"text\", as = \"x-a\" }\nfields.b = { in = "
                                   "\"header\", type = \"text\", as = \"x-a\" }"),
                      "two fields are the header field"));
}

BOOST_AUTO_TEST_CASE(what_is_built_in_cannot_be_redefined) {
  auto text = File().text();
  text.replace(text.find("update_note"), 11, "update_album");
  BOOST_TEST(contains(refusal(text), "operation update_album is built in, and cannot be redefined"));
}

BOOST_AUTO_TEST_CASE(what_changes_a_resource_by_a_built_in_request_is_ordered_with_the_built_in_operation) {
  const auto renaming = [](const std::string& key) {
    return refusal(File{.request = R"(request = "POST /koodrive/ose/v1/files/rename/{noteId}")", .key = key}.text());
  };
  BOOST_TEST(contains(renaming(R"(key = "note:{noteId}")"),
                      "request is that of rename_file, which is built in, so the key must begin with file:"));
  BOOST_TEST(renaming(R"(key = "file:{noteId}")") == "");
}

BOOST_AUTO_TEST_CASE(fields_that_a_column_cannot_tell_apart_are_refused) {
  const auto named = [](const std::string& name) {
    return refused_more(fmt::format("fields.{} = {{ type = \"text\" }}", name));
  };
  for (const auto* name : {"Op", "User_Id", "REF", "lang-uage", "AlbumId", "file_name", "note-id"}) {
    BOOST_TEST(contains(named(name), "cannot be told apart"), name);
  }
  for (const auto* name : {"userId", "albumId", "fileName", "other"}) BOOST_TEST(named(name) == "", name);
  for (const auto* name : {"op", "user_id", "language", "ref"}) {
    BOOST_TEST(contains(named(name), "means the same in every record"), name);
  }
}

BOOST_AUTO_TEST_CASE(what_is_inconsistent_is_refused) {
  const auto key = [](const std::string& text) { return refusal(File{.key = "key = \"" + text + "\""}.text()); };
  for (const auto* wrong : {"", "note", "note:", "{noteId}", "note{noteId}", "Note:{noteId}", "note:{other}",
                            "note:{note}", "note:{noteId}}", "note:{noteId}{", "note:{noteId} x"}) {
    BOOST_TEST(contains(key(wrong), "operation update_note: key "), wrong);
  }
  BOOST_TEST(contains(refusal(File{.repeatable = ""}.text()), "repeatable is missing"));
  BOOST_TEST(contains(refusal(File{.repeatable = "repeatable = 1"}.text()), "repeatable is true, false"));
  BOOST_TEST(
      contains(refusal(File{.repeatable = "repeatable = { note = [1] }"}.text()), "not a value that note can have"));
  BOOST_TEST(contains(refusal(File{.repeatable = "repeatable = { x = [1] }"}.text()), "not a field with a list"));
  BOOST_TEST(contains(refusal(File{.id = R"(fields.noteId = { in = "path", type = "text" })"}.text()),
                      "a field in the path is required"));
  BOOST_TEST(contains(refused_field(R"(type = "text", min = 3, max = 2)"), "min is 3, more than max, 2"));
  BOOST_TEST(contains(refused_field(R"(type = "text", min = -1)"), "min is a length"));
  BOOST_TEST(contains(refused_field(R"(type = "text", max_items = 1)"), "max_items is a rule of lists"));
  BOOST_TEST(contains(refused_field(R"(type = "integer", forbid = "x")"), "forbid is a rule of texts"));
  BOOST_TEST(contains(refused_field(R"(type = "boolean", min = 1)"), "min is a rule of texts and integers"));
  BOOST_TEST(contains(refused_field(R"(type = "integer", one_of = [])"), "one_of is a list such as"));
  BOOST_TEST(contains(refused_field(R"(type = "integer", one_of = [1], default = 2)"), "default breaks a rule"));
  BOOST_TEST(contains(refused_field(R"(type = "integer", required = true, default = 2)"), "that is not required"));
  BOOST_TEST(contains(refused_field(R"(type = "text", same_as = "note")"), "same_as names another field"));
  BOOST_TEST(contains(refused_field(R"(type = "text", sets = "")"), "sets is the name"));
  BOOST_TEST(contains(refused_more("success = { http = [204] }"), "http lists statuses from 200 to 299"));
  BOOST_TEST(contains(refused_more("success = { http = [300] }"), "http lists statuses from 200 to 299"));
  BOOST_TEST(contains(refused_more("success = { code = \"ok\" }"), "code is a whole number"));
  BOOST_TEST(contains(refused_more("success = { status = 200 }"), "unknown member \"status\""));
  BOOST_TEST(contains(refused_more("answers_id = \"id\""), "answers_id names a member"));
  BOOST_TEST(contains(refused_more("answers_id = \"/a/b\""), "answers_id names a member"));
  for (const auto* member : {"code", "msg", "error_code", "error_msg"}) {
    BOOST_TEST(contains(refused_more(fmt::format("answers_id = \"/{}\"", member)), "which means something else"));
  }
  const std::string two = R"(fields.note = { type = "text", required = true })";
  BOOST_TEST(
      contains(refusal(File{.key = R"(key = "note:{noteId}/{note}")", .more = two + "\nanswers_id = \"/id\""}.text()),
               "needs a key of one field"));
  for (const auto* separator : {"", "-", "x", "%"}) {
    const auto joined = fmt::format(R"(key = "note:{{noteId}}{}{{note}}")", separator);
    BOOST_TEST(contains(refusal(File{.key = joined, .more = two}.text()), "nothing separates"), separator);
  }
  BOOST_TEST(contains(refused_more("at_least_one_of = [\"noteId\"]"), "not an optional field"));
  BOOST_TEST(contains(refused_more("fields.user_id = { type = \"text\" }"), "means the same in every record"));
  BOOST_TEST(contains(refused_more("fields.\"a b\" = { type = \"text\" }"), "cannot name a field"));
  std::string many;
  for (int i = 0; i < 31; ++i) many += fmt::format("fields.f{} = {{ type = \"text\" }}\n", i);
  BOOST_TEST(contains(refused_more(many), "at most 32 fields"));
  BOOST_TEST(refused_more(many.substr(0, many.rfind("fields"))) == "");
  std::string dots = "a";
  for (int i = 0; i < 2000; ++i) dots += ".a";
  BOOST_TEST(contains(refusal(dots + " = 1"), "too many dots"));
  BOOST_TEST(contains(refusal(std::string((1U << 20U) + 1, '#')), "longer than 1 MiB"));
}

BOOST_AUTO_TEST_CASE(operations_on_one_kind_of_resource_set_at_most_32_different_things) {
  std::string text = "format = 1\n";
  for (int n = 0; n < 2; ++n) {
    text += fmt::format(
        "[operation.op{0}]\nrequest = \"POST /a/{{id}}/{0}\"\nkey = \"a:{{id}}\"\nrepeatable = true\n"
        "fields.id = {{ in = \"path\", type = \"text\", required = true }}\n",
        n);
    for (int i = 0; i < 17; ++i) text += fmt::format("fields.f{}_{} = {{ type = \"text\" }}\n", n, i);
  }
  BOOST_TEST(contains(refusal(text), "ops.toml:24:1: operation op1: "));
  BOOST_TEST(contains(refusal(text), "set more than 32 different things"));
}

BOOST_AUTO_TEST_CASE(resources_are_checked) {
  const auto with = [](const std::string& more) {
    return refusal("format = 1\n[resource.shared_folder]\n" + more + "\n");
  };
  BOOST_TEST(
      with(
          R"(list = { request = "GET /koodrive/ose/v1/sharefolder/list?queryType=1", page = "offset", items = "/folders" }
show = { request = "GET /koodrive/ose/v1/sharefolder/metadata/{id}", at = "/sharefolder", absent_code = [13000309] }
fields.name = { at = "/name", set_by = "rename_shared_folder.fileName", unique_in = "/ownerId" })") == "");
  BOOST_TEST(contains(with(R"(list = { request = "POST /a", page = "offset", items = "/x" })"), "GET /path"));
  BOOST_TEST(contains(with(R"(list = { request = "GET /a?b c", page = "offset", items = "/x" })"), "query"));
  BOOST_TEST(contains(with(R"(list = { request = "GET /../a", page = "offset", items = "/x" })"), "segment"));
  BOOST_TEST(
      contains(with(R"(list = { request = "GET /a", page = "scroll", items = "/x" })"), "offset, number, cursor"));
  BOOST_TEST(contains(with(R"(list = { request = "GET /a", page = "offset", items = "x" })"), "items names a member"));
  BOOST_TEST(contains(with(R"(show = { request = "GET /a/{id}", absent_code = "x" })"), "list of result codes"));
  BOOST_TEST(contains(with(R"(fields.name = { at = "/name", set_by = "rename.x" })"), "set_by names an operation"));
  BOOST_TEST(contains(with("liste = {}"), "unknown member \"liste\"; did you mean list?"));
  const auto with_list = [&](const std::string& more) {
    return with("list = { request = \"GET /a\", page = \"offset\", items = \"/x\"" + more + " }");
  };
  BOOST_TEST(with_list(R"(, size = 1, total = "/data/total")") == "");
  BOOST_TEST(contains(with_list(", size = 0"), "size is a number from 1 to 1000"));
  BOOST_TEST(contains(with_list(", size = 1001"), "size is a number from 1 to 1000"));
  BOOST_TEST(contains(with_list(R"(, total = "total")"), "total names a member"));
  BOOST_TEST(contains(with_list(R"(, next = "/next")"), "next is there for page = \"cursor\" only"));
  BOOST_TEST(contains(with(R"(list = { request = "GET /a?limit=5", page = "offset", items = "/x" })"), "sets limit"));
  BOOST_TEST(contains(with(R"(list = { request = "GET /a/{id}", page = "offset", items = "/x" })"), "placeholder"));
  BOOST_TEST(contains(with("list = []"), "list must be a table, or a list of tables"));
  BOOST_TEST(contains(with("list = [1]"), "at most 16 tables"));
  BOOST_TEST(contains(with(R"(show = { request = "GET /a" })"), "needs the segment {id}"));
  BOOST_TEST(contains(with(R"(show = { request = "GET /a/{id}/{b}" })"), "needs the segment {id}"));
  BOOST_TEST(contains(with(R"(show = { request = "GET /a/{id}", absent_if = { at = "/status" } })"), "is is missing"));
  BOOST_TEST(
      contains(with(R"(fields.name = { at = "/name", set_by = "rename_shared_folder.id" })"), "what is changed"));
  BOOST_TEST(contains(with(R"(fields.name = { at = "/name", set_by = "update_album.albumId" })"), "what is changed"));
  BOOST_TEST(contains(with(R"(fields.name = { at = "/name", unique_in = "/data/name" })"), "add a field with that at"));
  for (const char* name : {"type", "id", "user_id", "match", "check", "new_name"}) {
    BOOST_TEST(contains(with(fmt::format("fields.{} = {{ at = \"/name\" }}", name)), "means something else"), name);
  }
}

BOOST_AUTO_TEST_CASE(a_resource_of_a_file_is_read_as_it_says) {
  const auto file = parse_operations_file(File{}.text() + R"([resource.note]
id = "/noteId"
list = [{ request = "GET /notes?kind=1", page = "cursor", size = 50, items = "/data/notes", next = "/data/next" },
        { request = "GET /notes?kind=2", page = "number", items = "/notes", total = "/total" }]
show = { request = "GET /notes/{id}", at = "/data", absent_code = [404, 405], absent_if = { at = "/gone", is = [1] } }
fields.text = { at = "/text", set_by = "update_note.note", unique_in = "/owner" }
fields.owner = { at = "/owner" }
)",
                                          "ops.toml", service_catalogue().rows());
  BOOST_REQUIRE_MESSAGE(file, file.error().message);
  BOOST_TEST(file->resources.kinds().size() == service_resources().kinds().size() + 1);
  const auto* const note = file->resources.find("note");
  BOOST_REQUIRE(note != nullptr);
  BOOST_TEST(note->id == "/noteId");
  BOOST_TEST(note->fields[0].operation == file->operations.find("update_note"));
  BOOST_TEST(note->fields[0].target().name == "note");
  BOOST_TEST(note->fields[0].scope == 1U);
  BOOST_REQUIRE(note->lists.size() == 2U);
  BOOST_TEST(note->lists[0].target == "/notes?kind=1");
  BOOST_TEST((note->lists[0].paging == Paging::cursor));
  BOOST_TEST(note->lists[0].size == 50U);
  BOOST_TEST(note->lists[0].items == "/data/notes");
  BOOST_TEST(note->lists[0].next == "/data/next");
  BOOST_TEST((note->lists[1].paging == Paging::number));
  BOOST_TEST(note->lists[1].size == 100U);
  BOOST_TEST(note->lists[1].total == "/total");
  BOOST_TEST(note->show.target == "/notes/{id}");
  BOOST_TEST(note->show.at == "/data");
  BOOST_TEST((std::vector<std::int64_t>(note->show.absent_codes.begin(), note->show.absent_codes.end()) ==
              std::vector<std::int64_t>{404, 405}));
  BOOST_TEST(note->show.absent_at == "/gone");
  BOOST_TEST(note->show.absent_values[0] == 1);
}

BOOST_AUTO_TEST_CASE(what_names_are_unique_in_is_a_field_that_informs) {
  const auto file = parse_operations_file(R"(format = 1
[resource.album]
fields.name = { at = "/name", set_by = "update_album.name", unique_in = "/data/owner" }
)",
                                          "ops.toml", service_catalogue().rows());
  BOOST_REQUIRE_MESSAGE(file, file.error().message);
  const auto& fields = file->resources.find("album")->fields;
  BOOST_REQUIRE(fields.size() == 2U);
  BOOST_TEST(fields[0].scope == 1U);
  BOOST_TEST(fields[1].name == "owner");
  BOOST_TEST(fields[1].at == "/data/owner");
  BOOST_TEST(!fields[1].is_compared());
}

BOOST_AUTO_TEST_CASE(resources_of_the_service_are_set_by_the_operations_of_the_file) {
  const auto file = parse_operations_file(File{}.text(), "ops.toml", service_catalogue().rows());
  BOOST_REQUIRE_MESSAGE(file, file.error().message);
  const auto* const folder = file->resources.find("shared_folder");
  BOOST_REQUIRE(folder != nullptr);
  BOOST_TEST(folder->fields[0].operation == file->operations.find("rename_shared_folder"));
}

BOOST_AUTO_TEST_CASE(a_file_can_describe_a_resource_of_the_service_anew) {
  const auto file = parse_operations_file(R"(format = 1
[resource.album]
list = { request = "GET /albums", page = "offset", items = "/albums" }
fields.name = { at = "/title", set_by = "update_album.name" }
)",
                                          "ops.toml", service_catalogue().rows());
  BOOST_REQUIRE_MESSAGE(file, file.error().message);
  BOOST_TEST(file->resources.kinds().size() == service_resources().kinds().size());
  const auto* const album = file->resources.find("album");
  BOOST_REQUIRE(album != nullptr);
  BOOST_TEST(album->lists.size() == 1U);
  BOOST_TEST(album->fields.size() == 1U);
  BOOST_TEST(album->fields[0].at == "/title");
}

BOOST_AUTO_TEST_CASE(a_hostile_file_cannot_harm_a_terminal) {
  const auto said = refusal("format = 1\n[operation.\"\\u001b[31m\"]\n");
  BOOST_TEST(said.find('\x1b') == std::string::npos, said);
  BOOST_TEST(contains(said, "cannot name an operation"));
}

BOOST_AUTO_TEST_SUITE_END()
