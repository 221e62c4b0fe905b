// What people's programs make of the values of a job: spreadsheets, web pages, exports.
#include "job_support.hpp"
#include "koobatch/job/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::job;
using job_support::joined;
using job_support::TemporaryFolder;

namespace {

constexpr ValueTreatment as_it_is{};
constexpr ValueTreatment trimming{.trim = true};
constexpr ValueTreatment composing{.compose = true};
constexpr ValueTreatment strict{.strict = true};

/// A job of one record, read.
struct Read {
  Read(std::string_view record, const ValueTreatment& treatment, Format format = Format::ndjson)
      : path(folder.write("job", record)) {
    ReaderSettings settings;
    settings.format = format;
    settings.require_user = false;
    settings.values = treatment;
    reader = std::move(open_job(path, settings).value());
    valid = reader->next(operation).value() == Reader::Item::operation;
  }

  /// What is wrong; if nothing is, what is odd.
  std::string said() const {
    if (!valid) return joined(reader->violations());
    std::string out;
    for (const auto& warning : reader->warnings()) {
      out += fmt::format("{}{}: {}: {}", out.empty() ? "" : "; ", is_notice(warning.oddity) ? "note" : "warning",
                         warning.field, describe(warning));
    }
    return out;
  }

  TemporaryFolder folder;
  std::filesystem::path path;
  std::unique_ptr<Reader> reader;
  Operation operation;
  bool valid = false;
};

/// The JSON string that says this text: for what must be escaped in JSON, escape it in `text`.
std::string renaming(std::string_view id, std::string_view name) {
  return fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"{}"}})", id, name);
}

std::string of_id(std::string_view id, const ValueTreatment& treatment = as_it_is) {
  return Read(renaming(id, "abc"), treatment).said();
}
std::string of_name(std::string_view name, const ValueTreatment& treatment = as_it_is) {
  return Read(renaming("1757156480072657793", name), treatment).said();
}
/// Of an update of an album with further members.
std::string of_album(std::string_view members, const ValueTreatment& treatment = as_it_is) {
  return Read(fmt::format(R"({{"op":"update_album","albumId":"1795607640592646273",{}}})", members), treatment).said();
}
/// The identifier that is sent.
std::string sent_id(std::string_view id) {
  const Read read(renaming(id, "abc"), trimming);
  BOOST_TEST(read.valid, read.said());
  return std::string(read.operation.id());
}
/// The body that is sent.
std::string sent(std::string_view name, const ValueTreatment& treatment) {
  const Read read(renaming("1", name), treatment);
  BOOST_TEST(read.valid, read.said());
  return std::string(read.operation.body());
}

const std::string as_text = ": format the column as text and export it again";
const std::string or_trim = ": remove it, or accept it with --trim";

}  // namespace

BOOST_AUTO_TEST_SUITE(odd_values)

BOOST_AUTO_TEST_CASE(an_ordinary_value_is_not_odd) {
  for (const auto id : {"1757156480072657793", "1", "a/b %", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "12e45ab",
                        "10.0.0.1", "a,b", "x'y", "#7", "é", "key1"}) {
    BOOST_TEST(of_id(id) == "", id);
  }
  for (const auto name : {"abc", "Quarter 3", "it's", "家族", "é", "Größe 2", "#1", "Elan", "Err", "a – b", "ไทย",
                          "نام", "एक", "S. a. S", "«Été»"}) {
    BOOST_TEST(of_name(name) == "", name);
  }
  BOOST_TEST(of_album(R"("name":"👨\u200d👩\u200d👧 ❤\ufe0f","language":"en-US","user_id":"anna")") == "");
  BOOST_TEST(of_name(R"(می\u200cخواهم)") == "", "Persian needs the joiner");
}

// Identifiers ------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_number_that_a_spreadsheet_has_shortened_is_no_identifier) {
  for (const std::string id :
       {"1.75716E+18", "1,75716E+18", "1.757e18", "1E+18", "-1.7E+18", "1.75715648007266E+018"}) {
    BOOST_TEST(of_id(id) ==
               fmt::format("id: \"{}\" looks like a number that a spreadsheet has shortened{}", id, as_text));
  }
}

BOOST_AUTO_TEST_CASE(a_number_with_decimals_or_groups_is_no_identifier) {
  for (const std::string id : {"1757156480072657793.0", "1757156480072657793,00"}) {
    BOOST_TEST(of_id(id) ==
               fmt::format("id: \"{}\" looks like a number that a program has given decimals{}", id, as_text));
  }
  for (const std::string id : {"1,757,156,480,072,657,793", "1.757.156.480.072.657.793", "1 757 156 480 072 657 793",
                               "1'757'156", "17,57,15,648"}) {
    BOOST_TEST(of_id(id) == fmt::format("id: \"{}\" looks like a number with its digits in groups{}", id, as_text));
  }
  BOOST_TEST(of_id("1\u202f757\u202f156").starts_with("id: \"1\u202f757\u202f156\" looks like a number with"));
}

BOOST_AUTO_TEST_CASE(a_number_that_may_be_an_identifier_is_only_warned_of) {
  for (const auto id : {"2E18", "12e45", "-5", "+5", "1.5"}) {
    BOOST_TEST(of_id(id) == "warning: id: looks like a number that a program has rewritten", id);
  }
}

BOOST_AUTO_TEST_CASE(a_spreadsheets_error_value_is_no_identifier) {
  for (const std::string id :
       {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#NV", "#BEZUG!", "Err:502", "########"}) {
    BOOST_TEST(of_id(id) ==
               fmt::format("id: \"{}\" is a spreadsheet's error value: correct the cell and export it again", id));
  }
}

BOOST_AUTO_TEST_CASE(what_stands_for_a_missing_value_is_no_identifier) {
  for (const std::string id : {"null", "NULL", "None", "nan", "NaN", "N/A", "undefined", "[object Object]"}) {
    BOOST_TEST(of_id(id) == fmt::format("id: \"{}\" is what programs write for a missing value", id));
  }
}

BOOST_AUTO_TEST_CASE(what_surrounds_an_identifier_is_named_with_its_character) {
  BOOST_TEST(of_id(" 17") == "id: begins with U+0020 (SPACE)" + or_trim);
  BOOST_TEST(of_id("17 ") == "id: ends with U+0020 (SPACE)" + or_trim);
  BOOST_TEST(of_id(R"(17\t)") == "id: ends with U+0009 (tab)" + or_trim);
  BOOST_TEST(of_id(R"(17\r\n)") == "id: ends with U+000A (line feed)" + or_trim);
  BOOST_TEST(of_id(R"(\u00a017)") == "id: begins with U+00A0 (NO-BREAK SPACE)" + or_trim);
  BOOST_TEST(of_id(R"(\ufeff17)") == "id: begins with U+FEFF (ZERO WIDTH NO-BREAK SPACE)" + or_trim);
  BOOST_TEST(of_id(R"(17\u200b)") == "id: ends with U+200B (ZERO WIDTH SPACE)" + or_trim);
  BOOST_TEST(of_id(R"(\u202a17\u202c)") == "id: begins with U+202A (LEFT-TO-RIGHT EMBEDDING)" + or_trim);
  BOOST_TEST(of_id("'17") == "id: begins with an apostrophe ('), with which a spreadsheet marks text" + or_trim);
  BOOST_TEST(of_id(R"(=\"17\")") ==
             "id: is written as a spreadsheet's formula, =\"…\": remove =\" and \", or accept it with --trim");
}

BOOST_AUTO_TEST_CASE(trimming_accepts_what_surrounds_an_identifier_and_says_so) {
  for (const auto id :
       {" 17 ", R"(\t17\r\n)", R"(\u00a017\ufeff)", R"(\u202a17\u202c)", "'17", R"(=\"17\")", R"(=\"'17\" )"}) {
    BOOST_TEST(sent_id(id) == "17", id);
    BOOST_TEST(of_id(id, trimming) == "note: id: had blanks or marks around it, which were removed", id);
  }
  BOOST_TEST(of_id("17", trimming) == "");
}

BOOST_AUTO_TEST_CASE(trimming_changes_nothing_within_an_identifier) {
  BOOST_TEST(of_id(R"( 17\n57 )", trimming) ==
             "id: contains a line break, U+000A (line feed): the cell or the text was wrapped");
  BOOST_TEST(of_id("' 1.7E+18", trimming).starts_with("id: \"1.7E+18\" looks like a number"));
  BOOST_TEST(of_id("  ", trimming) == "id: is empty");
}

BOOST_AUTO_TEST_CASE(what_is_invisible_within_an_identifier_is_named) {
  BOOST_TEST(of_id(R"(17\n57)") == "id: contains a line break, U+000A (line feed): the cell or the text was wrapped");
  BOOST_TEST(of_id(R"(17\r57)") ==
             "id: contains a line break, U+000D (carriage return): the cell or the text was wrapped");
  BOOST_TEST(of_id(R"(17\u200d57)") == "id: contains U+200D (ZERO WIDTH JOINER), which is invisible: remove it");
  BOOST_TEST(of_id(R"(17\u202e57)") == "id: contains U+202E (RIGHT-TO-LEFT OVERRIDE), which is invisible: remove it");
  BOOST_TEST(of_id(R"(17\u000057)") == "id: contains U+0000 (null), which is invisible: remove it");
  BOOST_TEST(of_id(R"(a\u00a0b)") == "id: contains U+00A0 (NO-BREAK SPACE), which looks like a blank: remove it");
  BOOST_TEST(of_id("１７") == "id: contains U+FF11 (FULLWIDTH DIGIT ONE): write digits as 0 to 9");
}

BOOST_AUTO_TEST_CASE(every_other_identifier_is_judged_likewise) {
  const auto wrong = [](std::string_view field) {
    return fmt::format("{}: begins with U+0020 (SPACE){}", field, or_trim);
  };
  const auto one = [](const ValueTreatment& treatment) {
    return Read(R"({"op":"update_album","albumId":" 17","name":"a"})", treatment).said();
  };
  const std::string note = "had blanks or marks around it, which were removed";
  BOOST_TEST(one(as_it_is) == wrong("albumId"));
  BOOST_TEST(one(trimming) == "note: albumId: " + note);
  for (const std::string field : {"scopeParentFolderId", "user_id", "language"}) {
    const auto members = fmt::format(R"("name":"a","{}":" x")", field);
    BOOST_TEST(of_album(members) == wrong(field));
    BOOST_TEST(of_album(members, trimming) == fmt::format("note: {}: {}", field, note));
  }
  BOOST_TEST(of_album(R"("scopeDirList":["1"," 2"," 3"])") == wrong("scopeDirList"), "said once");
  BOOST_TEST(of_album(R"("scopeDirList":["1.7E+18"])").starts_with("scopeDirList: \"1.7E+18\" looks like a number"));
  BOOST_TEST(of_album(R"("name":"a","user_id":"'42")").starts_with("user_id: begins with an apostrophe"));
  BOOST_TEST(of_album(R"("scopeKind":" 2")") == wrong("scopeKind"));
  BOOST_TEST(of_album(R"("scopeKind":" 2")", trimming) == "note: scopeKind: " + note);
}

BOOST_AUTO_TEST_CASE(an_operations_name_is_judged_like_an_identifier) {
  const auto said = [](std::string_view op, const ValueTreatment& treatment) {
    return Read(fmt::format(R"({{"op":"{}","albumId":"1","name":"a"}})", op), treatment).said();
  };
  for (const std::string op : {" update_album", "'update_album", R"(update_album\u00a0)", R"(=\"update_album\")"}) {
    BOOST_TEST(said(op, as_it_is).starts_with("op: "), said(op, as_it_is));
    BOOST_TEST(said(op, as_it_is).find("--trim") != std::string::npos, said(op, as_it_is));
    BOOST_TEST(said(op, trimming) == "note: op: had blanks or marks around it, which were removed", op);
  }
}

BOOST_AUTO_TEST_CASE(a_csv_record_is_judged_like_an_ndjson_one) {
  const auto said = [](std::string_view row, const ValueTreatment& treatment) {
    return Read(fmt::format("op,albumId,name,scopeDirList,scopeKind\n{}\n", row), treatment, Format::csv).said();
  };
  BOOST_TEST(said("update_album,1.75716E+18,a,,", as_it_is).starts_with("albumId: \"1.75716E+18\" looks like"));
  BOOST_TEST(said("update_album ,1,a,,", as_it_is) == "op: ends with U+0020 (SPACE)" + or_trim);
  BOOST_TEST(
      said("update_album,1,a,1; 2, 2", as_it_is) ==
      fmt::format("scopeDirList: begins with U+0020 (SPACE){0}; scopeKind: begins with U+0020 (SPACE){0}", or_trim));
  BOOST_TEST(said("update_album ,\"=\"\"1\"\"\",a,1; 2, 2.0", trimming).starts_with("note: op: had blanks"));
  BOOST_TEST(said("update_album,1,\"a\n\",,", as_it_is) == "warning: name: ends with U+000A (line feed)");
  BOOST_TEST(said("update_album,\"1\n2\",a,,", as_it_is).starts_with("albumId: contains a line break"));
}

// Names ------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_name_with_blanks_around_it_is_valid_and_odd) {
  BOOST_TEST(of_name("abc ") == "warning: fileName: ends with U+0020 (SPACE)");
  BOOST_TEST(of_name(" abc") == "warning: fileName: begins with U+0020 (SPACE)");
  BOOST_TEST(of_name(R"(abc\u00a0)") == "warning: fileName: ends with U+00A0 (NO-BREAK SPACE)");
  BOOST_TEST(of_name("   ") == "warning: fileName: consists of blanks only");
  BOOST_TEST(of_album(R"("name":"abc\n")") == "warning: name: ends with U+000A (line feed)");
  BOOST_TEST(of_album(R"("coverImageUrl":"https://x/ ")") == "warning: coverImageUrl: ends with U+0020 (SPACE)");
}

BOOST_AUTO_TEST_CASE(a_null_character_in_a_name_is_an_error) {
  BOOST_TEST(of_name(R"(a\u0000c)") ==
             "fileName: contains U+0000 (null), at which many programs end a text: remove it");
  BOOST_TEST(of_album(R"("name":"a\u0000")").starts_with("name: contains U+0000 (null)"));
}

BOOST_AUTO_TEST_CASE(what_is_invisible_within_a_name_is_odd) {
  BOOST_TEST(of_name(R"(a\u202ec)") ==
             "warning: fileName: contains U+202E (RIGHT-TO-LEFT OVERRIDE), which is invisible");
  BOOST_TEST(of_name(R"(a\u200db)") == "warning: fileName: contains U+200D (ZERO WIDTH JOINER), which is invisible");
  BOOST_TEST(
      of_name(R"(a\u200bb\u200cc)") == "warning: fileName: contains U+200B (ZERO WIDTH SPACE), which is invisible",
      "said once");
  BOOST_TEST(of_name(R"(a\u00adb)") == "warning: fileName: contains U+00AD (SOFT HYPHEN), which is invisible");
  BOOST_TEST(of_name(R"(a\u001bb)") == "warning: fileName: contains U+001B (escape), which is invisible");
  BOOST_TEST(of_album(R"("name":"a\nb")") == "warning: name: contains U+000A (line feed), which is invisible");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_composed_is_odd) {
  const std::string odd =
      "warning: fileName: is not in composed form (NFC), so it differs from a name that looks the same";
  BOOST_TEST(of_name("cafe\u0301") == odd);
  BOOST_TEST(of_name("\u1100\u1161") == odd);  // Korean, as macOS names files
  BOOST_TEST(of_name("café") == "");
}

BOOST_AUTO_TEST_CASE(a_name_in_quotes_is_odd) {
  for (const auto name : {"“abc”", "„abc“", "‘abc’", "'abc'"}) {
    BOOST_TEST(of_name(name) == "warning: fileName: is in quotes, which become part of it", name);
  }
  BOOST_TEST(of_album(R"("name":"\"abc\"")") == "warning: name: is in quotes, which become part of it");
  for (const auto name : {"'abc", "abc'", "“abc", "rock 'n' roll"}) BOOST_TEST(of_name(name) == "", name);
}

BOOST_AUTO_TEST_CASE(what_a_program_could_not_read_or_read_wrongly_is_odd) {
  BOOST_TEST(of_name("caf\ufffd") ==
             "warning: fileName: contains U+FFFD (REPLACEMENT CHARACTER), which stands for what "
             "another program could not read");
  BOOST_TEST(of_name("cafÃ©").starts_with("warning: fileName: contains U+00C3"));
  BOOST_TEST(of_name("itâ€™s").starts_with("warning: fileName: contains U+00E2"));
  BOOST_TEST(of_name("SÃO") == "");
}

BOOST_AUTO_TEST_CASE(what_is_left_of_letters_that_an_encoding_lacks_is_odd) {
  for (const auto name : {"?", "??", "?? 2024", "??,??", "2024 ??", " ?? "}) {
    const auto warnings = of_album(fmt::format(R"("name":"{}")", name));
    BOOST_TEST(warnings.find("name: has question marks for a word") != std::string::npos, warnings);
  }
  for (const auto name : {"who?", "really??", "?a", "a ?"}) {
    BOOST_TEST(of_album(fmt::format(R"("name":"{}")", name)) == "", name);
  }
}

BOOST_AUTO_TEST_CASE(a_spreadsheets_error_value_as_a_name_is_odd) {
  BOOST_TEST(of_name("#REF!") == "warning: fileName: is a spreadsheet's error value");
  BOOST_TEST(of_album(R"("name":"#N/A")") == "warning: name: is a spreadsheet's error value");
}

BOOST_AUTO_TEST_CASE(trimming_removes_the_blanks_around_a_name_and_nothing_else) {
  BOOST_TEST(sent(R"(\u00a0 a b \ufeff)", trimming) == R"({"id":"1","fileName":"a b"})");
  BOOST_TEST(of_name("abc ", trimming) == "note: fileName: had blanks or marks around it, which were removed");
  BOOST_TEST(sent("'abc", trimming) == R"({"id":"1","fileName":"'abc"})");
  BOOST_TEST(of_name("  ", trimming) == "fileName: is empty");
  BOOST_TEST(of_name(R"(abc\n)", trimming) == "note: fileName: had blanks or marks around it, which were removed",
             "what is trimmed cannot break a rule");
}

BOOST_AUTO_TEST_CASE(normalizing_composes_names_and_nothing_else) {
  BOOST_TEST(sent("cafe\u0301", composing) == R"({"id":"1","fileName":"café"})");
  BOOST_TEST(of_name("cafe\u0301", composing) == "note: fileName: was not in composed form (NFC), and now is");
  BOOST_TEST(of_name("café", composing) == "");
  const Read read("{\"op\":\"rename_shared_folder\",\"id\":\"e\u0301\",\"fileName\":\"a\",\"ref\":\"e\u0301\"}",
                  composing);
  BOOST_TEST(read.operation.id() == "e\u0301");
  BOOST_TEST(read.operation.ref().value() == "e\u0301");
  // A name is composed before it is measured.
  std::string long_name;
  for (int i = 0; i < 31; ++i) long_name += "e\u0301";
  BOOST_TEST(of_name(long_name).find("is 62 characters long") != std::string::npos);
  BOOST_TEST(of_name(long_name, composing) == "note: fileName: was not in composed form (NFC), and now is");
}

BOOST_AUTO_TEST_CASE(strictness_makes_an_error_of_each_warning_but_not_of_a_notice) {
  BOOST_TEST(of_name("abc ", strict) == "fileName: ends with U+0020 (SPACE)");
  BOOST_TEST(of_name(R"( a\u200dc)", strict) ==
             "fileName: begins with U+0020 (SPACE); fileName: contains U+200D (ZERO WIDTH JOINER), which is invisible");
  BOOST_TEST(of_id("2E18", strict) == "id: looks like a number that a program has rewritten");
  BOOST_TEST(of_name("abc ", {.trim = true, .strict = true}) ==
             "note: fileName: had blanks or marks around it, which were removed");
}

BOOST_AUTO_TEST_CASE(a_record_that_is_wrong_anyway_is_not_called_odd_too) {
  const Read read(renaming("1", "a* "), as_it_is);
  BOOST_TEST(!read.valid);
  BOOST_TEST(read.reader->warnings().empty());
}

BOOST_AUTO_TEST_CASE(the_callers_own_reference_is_nobodys_business) {
  const Read read(R"({"op":"rename_shared_folder","id":"1","fileName":"a","ref":" 1.7E+18 "})", trimming);
  BOOST_TEST(read.said() == "");
  BOOST_TEST(read.operation.ref().value() == " 1.7E+18 ");
}

// Other forms of JSON ----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_job_in_another_form_of_json_is_one_error_that_says_how_to_convert_it) {
  const TemporaryFolder folder;
  const auto said = [&](std::string_view text) {
    const auto path = folder.write("job.json", text);
    ReaderSettings settings;
    settings.require_user = false;
    const auto reader = open_job(path, settings).value();
    const auto item = reader->skip();
    if (item) return std::string("read");
    BOOST_CHECK(item.error().kind == ErrorKind::job);
    BOOST_TEST(item.error().message.starts_with(path.string() + ":"));
    return item.error().message.substr(path.string().size() + 1);
  };
  const std::string object = renaming("1", "a");
  const std::string array =
      "1: begins a JSON array, and a job has one object per line; make lines of it with jq -c '.[]'";
  for (const auto& text : {"[" + object + "," + object + "]\n", "[\n" + object + ",\n" + object + "\n]\n",
                           " [ " + object + ",\n", std::string("[]")}) {
    BOOST_TEST(said(text) == array, text);
  }
  BOOST_TEST(said("\n[\n") == "2" + array.substr(1));
  const std::string several = "1: begins an object that spans several lines; put each on one line with jq -c .";
  for (const std::string text :
       {"{\n\"op\": \"update_album\"\n}\n", "{ \"op\": \"update_album\",\n\"albumId\": \"1\" }\n",
        "{\"op\":\n\"update_album\"}\n", "{\r\n  \"op\": \"x\"\r\n}\r\n"}) {
    BOOST_TEST(said(text) == several, text);
  }
  BOOST_TEST(said("\x1e" + object + "\n\x1e" + object + "\n") ==
             "1: begins with U+001E, so it is a JSON text sequence; make lines of it with tr -d '\\036'");
  for (const auto& text :
       {object, std::string("[1,2]\n"), std::string("{\"op\":\"a\n"), std::string("{},\n"), "{}{" + object}) {
    BOOST_TEST(said(text) == "read", text);
  }
}

BOOST_AUTO_TEST_CASE(only_the_first_record_tells_the_form_of_a_job) {
  const TemporaryFolder folder;
  ReaderSettings settings;
  settings.require_user = false;
  const auto reader = open_job(folder.write("a.ndjson", renaming("1", "a") + "\n[{\n{\n"), settings).value();
  BOOST_TEST((reader->skip().value() == Reader::Item::operation));
  BOOST_TEST((reader->skip().value() == Reader::Item::invalid));
  BOOST_TEST((reader->skip().value() == Reader::Item::invalid));
}

BOOST_AUTO_TEST_SUITE_END()
