#include "contains.hpp"
#include "job/record_source.hpp"
#include "job_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::job;
using job_support::joined;

namespace {

/// A CSV job from a text, read record by record.
class Csv {
 public:
  explicit Csv(std::string text, LineLimits limits = {}, std::size_t step = 7, const Reading& reading = {})
      : opened_(read_csv(LineSplitter(job_support::text_source(std::move(text), step), "jobs/a.csv", limits),
                         service_catalogue(), "jobs/a.csv", reading)) {}
  Csv(std::string text, const Reading& reading) : Csv(std::move(text), {}, 7, reading) {}

  /// The error of the header; empty if it is fine.
  std::string header_error() const { return opened_ ? "" : opened_.error().message; }
  ErrorKind header_error_kind() const { return opened_.error().kind; }
  /// Reads the next record: "LINE" if it is well-formed, "LINE: what is wrong" if not, "end" at the end.
  std::string next() {
    violations_.clear();
    if (!(*opened_)->next(fields_, violations_).value()) return "end";
    const auto line = std::to_string((*opened_)->line());
    return violations_.empty() ? line : line + ": " + joined(violations_);
  }
  std::string rest() {
    std::string all;
    for (auto item = next(); item != "end"; item = next()) all += (all.empty() ? "" : " | ") + item;
    return all;
  }
  /// What `retry` writes of the header, or of the last record.
  std::string header() const {
    std::string out;
    (*opened_)->append_header(out);
    return out;
  }
  std::string record() const {
    std::string out;
    (*opened_)->append_record(fields_, out);
    return out;
  }
  const RecordSource& source() const { return **opened_; }
  const Fields& fields() const { return fields_; }
  std::string_view name() const { return fields_.values[1].text; }

 private:
  Result<std::unique_ptr<RecordSource>> opened_;
  Fields fields_;
  std::vector<Violation> violations_;
};

std::string header_error(std::string text) {
  return Csv(std::move(text)).header_error();
}

const std::string rename_header = "op,id,fileName,ref\n";
const std::string album_header = "op,albumId,name,scopeDirList,scopeKind\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(a_record_is_read_by_the_names_in_the_header) {
  Csv csv("ref,fileName,op,user_id,id,language\nr,newName123456,rename_shared_folder,anna,1,de-DE\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.fields().row == service_catalogue().find("rename_shared_folder"));
  BOOST_TEST(csv.fields().values[0].text == "1");
  BOOST_TEST(csv.name() == "newName123456");
  BOOST_TEST(csv.fields().user_id.value() == "anna");
  BOOST_TEST(csv.fields().language.value() == "de-DE");
  BOOST_TEST(csv.fields().ref.value() == "r");
  BOOST_TEST(csv.next() == "end");
}

BOOST_AUTO_TEST_CASE(both_operations_may_share_a_file) {
  Csv csv("op,id,fileName,albumId,name\nrename_shared_folder,1,a,,\nupdate_album,,,2,b\nupdate_album,1,,2,b\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.name() == "a");
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(csv.name() == "b");
  BOOST_TEST(csv.next() ==
             "4: id: is not a field of update_album; known fields are op, albumId, name, scopeParentFolderId, "
             "scopeDirList, scopeKind, coverImageUrl, user_id, language, ref; to ignore the column, give "
             "--ignore-columns id");
}

BOOST_AUTO_TEST_CASE(an_empty_cell_is_an_absent_field_quoted_or_not) {
  Csv csv(album_header + "update_album,1,,\"\",\n");
  BOOST_TEST(csv.next() == "2");
  for (std::size_t i = 1; i < 6; ++i) BOOST_TEST(!csv.fields().values[i].present);
}

BOOST_AUTO_TEST_CASE(a_list_is_split_at_semicolons_and_a_number_is_read_whole) {
  Csv csv(album_header + "update_album,1,,a;b c;\u00e9,2\nupdate_album,1,,a,\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.fields().values[3].list_size == 3U);
  BOOST_TEST(csv.fields().list_items[1] == "b c");
  BOOST_TEST(csv.fields().values[4].integer == 2);
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(csv.fields().values[3].list_size == 1U);
  BOOST_TEST(csv.fields().list_items.size() == 1U);

  BOOST_TEST(Csv(album_header + "update_album,1,,a;,\n").next() ==
             "2: scopeDirList: item 2 is empty: one ';' separates two items");
  for (const std::string number : {"two", "2x", "2.5", "2.", "+2", "9223372036854775808"}) {
    BOOST_TEST(Csv(album_header + "update_album,1,,,\"" + number + "\"\n").next() ==
               "2: scopeKind: expected an integer, found \"" + number + "\"");
  }
}

BOOST_AUTO_TEST_CASE(a_whole_number_may_have_zero_decimals_as_programs_write_them) {
  Csv csv(album_header + "update_album,1,,,2.0\nupdate_album,1,,,1.000\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.fields().values[4].integer == 2);
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(csv.fields().values[4].integer == 1);
}

BOOST_AUTO_TEST_CASE(a_comma_in_an_integer_is_named_because_it_may_be_a_decimal_comma_or_separate_thousands) {
  for (const std::string number : {"1,00", "-2,0", "2,5", "1,000", "1,000,000"}) {
    BOOST_TEST(Csv(album_header + "update_album,1,,,\"" + number + "\"\n").next() ==
               "2: scopeKind: expected an integer, found \"" + number +
                   "\": write it without a comma, be it a decimal comma or one between thousands");
  }
  for (const std::string other : {"1,x", ",", "1,", "a,1"}) {
    BOOST_TEST(Csv(album_header + "update_album,1,,,\"" + other + "\"\n").next() ==
               "2: scopeKind: expected an integer, found \"" + other + "\"");
  }
}

BOOST_AUTO_TEST_CASE(white_space_belongs_to_the_cell) {
  Csv csv(rename_header + "rename_shared_folder,1, a \t,\" b \"\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.name() == " a \t");
  BOOST_TEST(csv.fields().ref.value() == " b ");
  BOOST_TEST(
      Csv(rename_header + "rename_shared_folder,1, \"a\",\n").next().starts_with("2: cell 3 has a quote out of"));
}

BOOST_AUTO_TEST_CASE(quotes_hold_commas_quotes_and_line_ends) {
  Csv csv(rename_header +
          "rename_shared_folder,1,\"a, \"\"b\"\"\",\"one\r\ntwo\n\nthree\"\nrename_shared_folder,2,c,\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.name() == "a, \"b\"");
  BOOST_TEST(csv.fields().ref.value() == "one\r\ntwo\n\nthree");
  BOOST_TEST(csv.next() == "6");  // the record before it took four lines
}

BOOST_AUTO_TEST_CASE(a_bom_crlf_blank_lines_and_a_missing_final_newline_are_accepted) {
  Csv csv("\xef\xbb\xbf\r\nop,id,fileName\r\n\r\nrename_shared_folder,1,a\r\n \t\r\n\nrename_shared_folder,2,\"b\"");
  BOOST_TEST(csv.header_error() == "");
  BOOST_TEST(csv.next() == "4");
  BOOST_TEST(csv.name() == "a");
  BOOST_TEST(csv.next() == "7");
  BOOST_TEST(csv.name() == "b");
  BOOST_TEST(csv.next() == "end");
}

BOOST_AUTO_TEST_CASE(an_unusable_header_names_the_column) {
  const std::string known =
      " is not known; known columns are op, id, fileName, user_id, language, ref, albumId, name, scopeParentFolderId, "
      "scopeDirList, scopeKind, coverImageUrl, fileId, containerId, renameMode, shareFolderId, ownerId, status, "
      "capacity, type, userId, deptId, role, firstname, surname, email, department_id, parentId, groupId, groupName, "
      "sourceType, iconUrl, top, shareId, validDays, extractCode, comment, deptIds, groupIds, userIds, expireTime, "
      "agentName, description, capabilities";
  BOOST_TEST(header_error("op,id,colour\n") ==
             "jobs/a.csv:1: column colour" + known + "; to ignore it, give --ignore-columns colour");
  BOOST_TEST(header_error("op,id,two words\n") ==
             "jobs/a.csv:1: column \"two words\"" + known + "; to ignore it, give --ignore-columns with its name");
  BOOST_TEST(header_error("\nop,id,fileName,id\n") == "jobs/a.csv:2: column id appears more than once");
  BOOST_TEST(
      header_error("id,fileName\n") ==
      "jobs/a.csv:1: column op is missing: the first row is the header and names the columns; if all rows are of "
      "one operation, give it with --op");
  BOOST_TEST(header_error("op,i\"d\n").starts_with("jobs/a.csv:1: cell 2 has a quote out of place"));
  BOOST_TEST(header_error("") == "jobs/a.csv: is empty: a CSV job starts with a header row that names the columns");
  BOOST_CHECK(Csv("id\n").header_error_kind() == ErrorKind::job);
}

BOOST_AUTO_TEST_CASE(a_header_alone_is_a_job_without_operations) {
  BOOST_TEST(Csv(rename_header).next() == "end");
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_missing_or_unknown_lists_those_there_are) {
  BOOST_TEST(Csv(rename_header + ",1,a,\nrename,1,a,\n").rest() ==
             "2: op: is missing; known operations are rename_shared_folder, update_album, rename_file, update_space, "
             "update_user, update_user_info, update_department, update_user_group, update_share, "
             "edit_permission_template, edit_permission_template_status | "
             "3: op: \"rename\" is not an operation; known operations are rename_shared_folder, update_album, "
             "rename_file, update_space, update_user, update_user_info, update_department, update_user_group, "
             "update_share, edit_permission_template, edit_permission_template_status");
}

BOOST_AUTO_TEST_CASE(a_row_that_is_too_short_or_too_long_is_an_error_and_reading_continues) {
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a\nrename_shared_folder,1,a,b,c\nrename_shared_folder,1,a,\n")
                 .rest() == "2: has 3 cells, but the header has 4 | 3: has 5 cells, but the header has 4 | 4");
}

BOOST_AUTO_TEST_CASE(a_stray_quote_is_an_error_of_its_row_and_reading_continues) {
  const std::string fault =
      "cell 3 has a quote out of place: put the whole cell in quotes and double each quote inside";
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,12\" vinyl,\nrename_shared_folder,1,\"a\"b,\n"
                                 "rename_shared_folder,1,\"the \"best\" of\",\nrename_shared_folder,1,a,\n")
                 .rest() == "2: " + fault + " | 3: " + fault + " | 4: " + fault + " | 5");
}

BOOST_AUTO_TEST_CASE(a_bare_carriage_return_is_an_error_of_its_row_and_reading_continues) {
  const std::string fault = "has a carriage return outside quotes that is not the end of a line";
  for (const std::string row : {"rename_shared_folder,1,a\rb,", "rename_shared_folder,1,a,\rrename_shared_folder,2,b,",
                                "\rrename_shared_folder,1,a,", "rename_shared_folder,1,\"a\"\r,"}) {
    BOOST_TEST(Csv(rename_header + row + "\nrename_shared_folder,1,a,\n").rest() == "2: " + fault + " | 3");
  }
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a,\r\r\n").next() == "2: " + fault);
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a,\r").next() == "2: " + fault);
}

BOOST_AUTO_TEST_CASE(a_quote_that_is_never_closed_names_the_line_where_its_record_starts) {
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a,\nrename_shared_folder,2,\"b,\nrename_shared_folder,3,c,\n")
                 .rest() ==
             "2 | 3: cell 3 opens a quote that is never closed: it swallows the rest of the file, up to line 4");
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,2,b,\"").rest() ==
             "2: cell 4 opens a quote that is never closed: it swallows the rest of the file, up to line 2");
}

BOOST_AUTO_TEST_CASE(nothing_after_an_open_quote_is_taken_for_an_operation_even_when_the_record_grows_too_long) {
  const LineLimits limits{.bytes = 60};
  std::string text = rename_header + "rename_shared_folder,1,\"a,\n";
  for (int i = 0; i < 5; ++i) text += "rename_shared_folder,2,b,\n";
  BOOST_TEST(
      Csv(text + "\",\nrename_shared_folder,3,c,\n", limits).rest() ==
      "2: cell 3 opens a quote that is not closed within the maximum length of a row: it swallows the rest of the "
      "file, up to line 9");
  BOOST_TEST(
      Csv(rename_header + "rename_shared_folder,1,\"a\n" + std::string(100, 'x') + "\n\",\n", limits).rest() ==
      "2: cell 3 opens a quote that is not closed within the maximum length of a row: it swallows the rest of the "
      "file, up to line 4");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_hides_what_follows_for_it_may_leave_a_quote_open) {
  BOOST_TEST(
      Csv(rename_header + "rename_shared_folder,1," + std::string(100, 'x') + ",\nrename_shared_folder,1,a,\n",
          {.bytes = 60})
          .rest() ==
      "2: the line is longer than 60 bytes, the maximum for a line: it swallows the rest of the file, up to line 3");
}

BOOST_AUTO_TEST_CASE(a_cell_that_is_not_utf8_names_its_column) {
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a\xff,\n").next() ==
             "2: fileName: is not valid UTF-8 at byte 2 (0xff)");
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a,\xed\xa0\x80\n").next() ==
             "2: ref: is not valid UTF-8 at byte 1 (0xed)");
  // A character must not be made of the end of one cell and the start of the next.
  BOOST_TEST(Csv(rename_header + "rename_shared_folder,1,a\xc3,\xa9\n").next() ==
             "2: fileName: is not valid UTF-8 at byte 2 (0xc3); ref: is not valid UTF-8 at byte 1 (0xa9)");
}

BOOST_AUTO_TEST_CASE(a_null_byte_is_a_character_of_its_cell) {
  using namespace std::string_view_literals;
  Csv csv(rename_header + std::string("rename_shared_folder,1,a\0b,\nrename_shared_folder,1,c,\n"sv));
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.name() == "a\0b"sv);
  BOOST_TEST(csv.next() == "3");
}

BOOST_AUTO_TEST_CASE(the_result_does_not_depend_on_how_the_bytes_arrive) {
  const std::string text = "\xef\xbb\xbf" + rename_header +
                           "rename_shared_folder,1,\"a\r\n\"\"b\",\r\nrename_shared_folder,2,\"x\"y,\r\n\r\n"
                           "rename_shared_folder,3,é,r\r\nrename_shared_folder,4,\"open,\r\n";
  const auto whole = Csv(text, {}, 1'000).rest();
  BOOST_TEST(whole.starts_with("2 | 4: cell 3 has"));
  for (std::size_t step = 1; step < 12; ++step) BOOST_TEST(Csv(text, {}, step).rest() == whole);
}

// As spreadsheets write it.

BOOST_AUTO_TEST_CASE(blanks_case_and_underscores_of_a_column_do_not_count) {
  for (const std::string names : {" op, id,fileName ", "OP,ID,FILENAME", "Op,Id,file_name", "op,id,File Name",
                                  "op,i\xc2\xa0"
                                  "d,file-name"}) {
    Csv csv(names + ",userId\nrename_shared_folder,1,a,anna\n");
    BOOST_TEST(csv.header_error() == "", names);
    BOOST_TEST(csv.next() == "2", names);
    BOOST_TEST(csv.name() == "a", names);
    BOOST_TEST(csv.fields().user_id.value() == "anna", names);
  }
  BOOST_TEST(header_error("op,id,ID\n") == "jobs/a.csv:1: column id appears more than once");
}

BOOST_AUTO_TEST_CASE(a_column_that_some_operations_have_as_a_field_is_a_common_one_for_the_others) {
  Csv csv("op,id,fileName,userId,status\nrename_shared_folder,1,a,anna,\nupdate_user,,,bert,1\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.fields().user_id.value() == "anna");
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(!csv.fields().user_id.has_value());
  BOOST_TEST(csv.fields().values[0].text == "bert");
  BOOST_TEST(csv.source().notes() == std::vector<std::string>{"column userId as user_id"},
             boost::test_tools::per_element());
  Csv both("op,id,fileName,userId,user_id\nrename_shared_folder,1,a,anna,bert\n");
  BOOST_TEST(koobatch::test::contains(both.next(), "user_id: appears more than once"));
}

BOOST_AUTO_TEST_CASE(a_column_that_is_read_as_another_is_reported) {
  const Csv csv("op,id,file_name,ref\n");
  BOOST_TEST(csv.source().notes() == std::vector<std::string>{"column file_name as fileName"},
             boost::test_tools::per_element());
  BOOST_TEST(Csv(rename_header).source().notes().empty());
}

BOOST_AUTO_TEST_CASE(a_similar_column_name_is_suggested) {
  BOOST_TEST(header_error("op,id,filNeame\n")
                 .starts_with("jobs/a.csv:1: column filNeame is not known; did you mean "
                              "fileName? Known columns are op, id, "));
  BOOST_TEST(header_error("op,albumsid,name\n")
                 .starts_with("jobs/a.csv:1: column albumsid is not known; did you mean "
                              "albumId? "));
}

BOOST_AUTO_TEST_CASE(the_header_determines_the_delimiter) {
  for (const std::string delimiter : {",", ";", "\t", "|"}) {
    std::string text = "op,albumId,name,scopeDirList\nupdate_album,1,\"a,b;c\td|e\",\"1;2\"\n";
    if (delimiter != ",") {
      text = "op" + delimiter + "albumId" + delimiter + "name" + delimiter + "scopeDirList\nupdate_album" + delimiter +
             "1" + delimiter + "\"a,b;c\td|e\"" + delimiter + "\"1;2\"\n";
    }
    Csv csv(text);
    BOOST_TEST(csv.header_error() == "", delimiter);
    BOOST_TEST(csv.next() == "2", delimiter);
    BOOST_TEST(csv.fields().values[1].text == "a,b;c\td|e", delimiter);
    BOOST_TEST(csv.fields().values[3].list_size == 2U, delimiter);
    BOOST_TEST(csv.source().stands_alone());
    BOOST_TEST(Csv(csv.header() + csv.record()).next() == "2", "what is repeated is read by its own header");
  }
  BOOST_TEST(Csv("op;id;fileName\n").source().notes().front() == "cells separated by ';'");
}

BOOST_AUTO_TEST_CASE(a_first_line_may_name_the_delimiter_as_excel_has_it) {
  for (const std::string first : {"sep=;\n", "SEP=;\r\n", "\"sep=;\"\n", "\n\nsep=;\n"}) {
    Csv csv("\xef\xbb\xbf" + first + "op;id;fileName\nrename_shared_folder;1;a,b\n");
    BOOST_TEST(csv.header_error() == "", first);
    BOOST_TEST(csv.next().ends_with(first.starts_with('\n') ? "5" : "3"), first);
    BOOST_TEST(csv.name() == "a,b");
  }
  Csv odd("sep=^\nop^id^fileName\nrename_shared_folder^1^a\n");
  BOOST_TEST(odd.next() == "3");
  BOOST_TEST(!odd.source().stands_alone());
  BOOST_TEST(odd.header() + odd.record() == "op,id,fileName\nrename_shared_folder,1,a");
  BOOST_TEST(header_error("sep=;;\nop;id\n").starts_with("jobs/a.csv:1: column \"sep=\" is not known"));
}

BOOST_AUTO_TEST_CASE(a_delimiter_that_is_given_wins_over_header_and_first_line) {
  Reading reading;
  reading.delimiter = ':';
  Csv csv("op:id:fileName\nrename_shared_folder:1:a,b;c\n", reading);
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.name() == "a,b;c");
  BOOST_TEST(Csv("sep=;\nop:id:fileName\n", reading).header_error() == "");
  BOOST_TEST(Csv("op,id\n", reading).header_error().starts_with("jobs/a.csv:1: column \"op,id\" is not known"));
}

BOOST_AUTO_TEST_CASE(columns_without_a_name_and_rows_without_a_value_are_ignored) {
  Csv csv("op,id,fileName,,, \n,,,,,\nrename_shared_folder,1,a,, ,\n\"\",, ,\t,,\nrename_shared_folder,2,b,,,\n,,\n");
  BOOST_TEST(csv.header_error() == "");
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(csv.next() == "5");
  BOOST_TEST(csv.next() == "end");
  BOOST_TEST(csv.source().notes() == std::vector<std::string>{"3 empty rows ignored"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_in_a_column_without_a_name_is_an_error) {
  BOOST_TEST(Csv("op,id,,fileName\nrename_shared_folder,1,x,a\n").next() ==
             "2: cell 3 is in a column that has no name in the header");
}

BOOST_AUTO_TEST_CASE(columns_are_ignored_on_request_whatever_is_in_them) {
  Reading reading;
  reading.ignored_columns = {"comment,Last Edit", "colour"};
  Csv csv("op,comment,id,fileName,last_edit,Colour\nrename_shared_folder,\"ü\xff\",1,a,x,y\n", reading);
  BOOST_TEST(csv.header_error() == "");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.name() == "a");
  BOOST_TEST(csv.header() + csv.record() == "op,id,fileName\nrename_shared_folder,1,a");
  BOOST_TEST(Csv("op,id,remark\n", reading).header_error().starts_with("jobs/a.csv:1: column remark is not known"));
}

BOOST_AUTO_TEST_CASE(one_operation_may_be_given_for_all_rows_that_name_none) {
  Reading reading;
  reading.operation = "rename_shared_folder";
  Csv csv("id,fileName\n1,a\n2,\"b\"\n", reading);
  BOOST_TEST(csv.header_error() == "");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(csv.fields().row == service_catalogue().find("rename_shared_folder"));
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(csv.header() + csv.record() == "op,id,fileName\nrename_shared_folder,2,b");
  Csv some("op,id,fileName,albumId,name\n,1,a,,\nupdate_album,,,2,b\nrename,1,a,,\n", reading);
  BOOST_TEST(some.next() == "2");
  BOOST_TEST(some.record() == "rename_shared_folder,1,a,,");
  BOOST_TEST(some.next() == "3");
  BOOST_TEST(some.fields().row == service_catalogue().find("update_album"));
  BOOST_TEST(some.next().starts_with("4: op: \"rename\" is not an operation"));
}

BOOST_AUTO_TEST_CASE(carriage_returns_alone_end_the_lines_of_an_old_mac) {
  Csv csv("op,id,fileName,ref\r\rrename_shared_folder,1,a,\"x\ry\"\rrename_shared_folder,2,b,");
  BOOST_TEST(csv.next() == "3");
  BOOST_TEST(csv.fields().ref.value() == "x\ry");
  BOOST_TEST(csv.next() == "5");
  BOOST_TEST(csv.name() == "b");
  BOOST_TEST(csv.next() == "end");
}

BOOST_AUTO_TEST_CASE(a_quote_that_joins_rows_names_the_lines_it_spans) {
  std::string text = rename_header;
  for (int line = 2; line <= 1001; ++line) {
    text += line == 10    ? "rename_shared_folder,10,\"a,\n"
            : line == 901 ? "rename_shared_folder,901,a\",\n"
                          : fmt::format("rename_shared_folder,{},a,\n", line);
  }
  Csv csv(text);
  for (int line = 2; line < 10; ++line) csv.next();
  BOOST_TEST(csv.next() ==
             "10: cell 3 opens a quote, and the lines 11 to 901 in it look like rows: is the quote closed too late? (a "
             "quote joins the lines 10 to 901)");
  BOOST_TEST(csv.source().cut_short());
  BOOST_TEST(csv.next() == "902");
}

BOOST_AUTO_TEST_CASE(a_quote_that_joins_rows_is_found_even_if_the_row_would_be_valid) {
  Csv csv(rename_header + "rename_shared_folder,1,a,\"one\nrename_shared_folder,2,b,\"\n");
  BOOST_TEST(csv.next() ==
             "2: cell 4 opens a quote, and line 3 in it looks like a row: is the quote closed too late? (a quote joins "
             "the lines 2 to 3)");
  BOOST_TEST(csv.source().cut_short());
  Reading reading;
  reading.operation = "rename_shared_folder";
  Csv without_op("ref,id,fileName\n\"x,1,a\n\"\"y,22,b\ny\",3,c\n", reading);
  BOOST_TEST(without_op.next().starts_with("2: cell 1 opens a quote, and the lines 3 to 4 in it look like rows"));
}

BOOST_AUTO_TEST_CASE(a_broken_row_of_several_lines_may_hide_others) {
  Csv stray(rename_header + "rename_shared_folder,1,\"a,\nx,y,z\nrename_shared_folder,2,12\" vinyl,\n");
  BOOST_TEST(stray.next() ==
             "2: cell 3 has a quote out of place: put the whole cell in quotes and double each quote inside (a quote "
             "joins the lines 2 to 4)");
  BOOST_TEST(stray.source().cut_short());
  Csv small(rename_header + "rename_shared_folder,1,\"a\nb\"\n");
  BOOST_TEST(small.next() == "2: has 3 cells, but the header has 4 (a quote joins the lines 2 to 3)");
  BOOST_TEST(small.source().cut_short());
}

BOOST_AUTO_TEST_CASE(a_cell_of_several_lines_is_not_suspicious) {
  Csv csv(rename_header + "rename_shared_folder,1,a,\"Dear all,\nthe folder, and what is in it, was renamed\"\n");
  BOOST_TEST(csv.next() == "2");
  BOOST_TEST(!csv.source().cut_short());
}

BOOST_AUTO_TEST_CASE(a_row_of_one_cell_has_one_cell) {
  BOOST_TEST(Csv(rename_header + "rename_shared_folder\n").next() == "2: has 1 cell, but the header has 4");
}

BOOST_AUTO_TEST_SUITE_END()
