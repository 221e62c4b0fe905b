#include "koobatch/job/encoding.hpp"

#include "contains.hpp"
#include "job/encoding_guess.hpp"
#include "job_support.hpp"

#include "archives.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/validator.hpp"

#include <xxhash.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::job;
using namespace std::string_literals;
using job_support::TemporaryFolder;
using job_support::text_source;
using koobatch::test::contains;

namespace {

using Sizes = std::initializer_list<std::size_t>;

/// The text in UTF-8, or the message of the error.
std::string read_all(std::string bytes, const std::string& encoding, std::size_t step = 7, std::size_t room = 64) {
  auto text = decode(text_source(std::move(bytes), step), encoding, "jobs/a");
  if (!text) return text.error().message;
  std::string out;
  std::string piece(room, '\0');
  for (;;) {
    const auto got = text->text->read(piece.data(), piece.size());
    if (!got) return out + "[" + got.error().message + "]";
    if (*got == 0) return out;
    out.append(piece, 0, *got);
  }
}

/// ASCII and what ASCII has not, as UTF-16.
std::string utf16(std::u16string_view text, bool big_endian = false) {
  std::string out;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8U);
    const char low = static_cast<char>(unit & 0xffU);
    out.push_back(big_endian ? high : low);
    out.push_back(big_endian ? low : high);
  }
  return out;
}

std::string guess(std::string bytes) {
  const auto source = text_source(std::move(bytes), 1000);
  const auto found = guess_encoding(*source).value();
  return found ? fmt::format("{} {} {}", found->encoding, found->line, found->sample) : "";
}

Validation validated(const std::filesystem::path& path, const std::string& encoding = {}) {
  ReaderSettings settings;
  settings.format = format_of(path).value();
  settings.require_user = false;
  settings.reading.encoding = encoding;
  return validate(path, settings).value();
}

constexpr std::u16string_view text16 = u"op,id\r\nä中😀\n";
const std::string text8 = "op,id\r\n\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80\n";
const std::string mark8 = "\xef\xbb\xbf";

}  // namespace

BOOST_AUTO_TEST_SUITE(encoding)

BOOST_AUTO_TEST_CASE(a_byte_order_mark_identifies_utf16_and_utf32) {
  for (const std::size_t step : Sizes{1, 3, 1000}) {
    for (const std::size_t room : Sizes{1, 5, 1000}) {
      BOOST_TEST(read_all("\xff\xfe" + utf16(text16), "", step, room) == mark8 + text8);
      BOOST_TEST(read_all("\xfe\xff" + utf16(text16, true), "", step, room) == mark8 + text8);
    }
  }
  BOOST_TEST(read_all("\xff\xfe\0\0o\0\0\0"s, "") == mark8 + "o");
  BOOST_TEST(read_all("\0\0\xfe\xff\0\0\0o"s, "") == mark8 + "o");
  BOOST_TEST(read_all("\xff\xfe", "") == mark8);
}

BOOST_AUTO_TEST_CASE(utf8_stays_as_it_is) {
  for (const auto& text : {""s, "a"s, text8, mark8 + text8, "\xff broken"s}) {
    for (const std::string encoding : {"", "UTF-8", "utf8"}) BOOST_TEST(read_all(text, encoding) == text);
  }
}

BOOST_AUTO_TEST_CASE(utf16_without_a_mark_is_named_and_read_on_request) {
  BOOST_TEST(read_all(utf16(text16), "") ==
             "jobs/a: looks like UTF-16LE without a byte order mark: read it with --encoding UTF-16LE, or save it as "
             "UTF-8");
  BOOST_TEST(contains(read_all(utf16(text16, true), ""), "looks like UTF-16BE"));
  BOOST_TEST(read_all(utf16(text16), "UTF-16LE") == text8);
  BOOST_TEST(read_all(utf16(text16, true), "utf-16be") == text8);
  for (const bool big_endian : {false, true}) BOOST_TEST(read_all(utf16(text16, big_endian), "UTF-16") == text8);
}

BOOST_AUTO_TEST_CASE(other_encodings_are_read_by_name) {
  for (const std::size_t step : Sizes{1, 3, 1000}) {
    BOOST_TEST(read_all("M\xfcller\n", "windows-1252", step) == "M\xc3\xbcller\n");
    BOOST_TEST(read_all("\xd6\xd0\x81\x30\x84\x36\n", "GB18030", step) == "\xe4\xb8\xad\xc2\xa5\n");
    BOOST_TEST(read_all("\x93\xfa\x96\x7b", "Shift_JIS", step) == "\xe6\x97\xa5\xe6\x9c\xac");
  }
}

BOOST_AUTO_TEST_CASE(a_text_that_contradicts_the_named_encoding_is_refused) {
  BOOST_TEST(
      read_all("\xff\xfe" + utf16(text16), "GB18030") ==
      "jobs/a: begins with the byte order mark of UTF-16LE, which contradicts --encoding GB18030; leave that out");
  BOOST_TEST(contains(read_all(mark8 + "op", "windows-1252"), "the byte order mark of UTF-8"));
  BOOST_TEST(read_all("\xff\xfe" + utf16(text16), "UTF-16") == mark8 + text8);
  BOOST_TEST(read_all("\xff\xfe" + utf16(text16), "utf-16le") == mark8 + text8);
}

BOOST_AUTO_TEST_CASE(invalid_bytes_are_an_error_that_names_their_line_and_are_never_replaced) {
  const std::string remedy = "; name the right one with --encoding, or save the file as UTF-8]";
  for (const std::size_t step : Sizes{1, 1000}) {
    BOOST_TEST(read_all("a\nb\n\x81\x20"
                        "c",
                        "GB18030", step) == "a\nb\n[jobs/a:3: the byte 0x81 is not a character of GB18030" + remedy);
    BOOST_TEST(read_all("a\rb\r\xff", "GB18030", step) ==
               "a\rb\r[jobs/a:3: the byte 0xff is not a character of GB18030" + remedy);
    BOOST_TEST(read_all("\xff\xfe" + utf16(u"a\n") + "\x00\xd8"s + "a\0"s, "", step)
                   .starts_with(mark8 + "a\n[jobs/a:2: the bytes 0x00 0xd8 are not a character of UTF-16LE"));
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "line\n";
    BOOST_TEST(read_all(lines + "\xff\n", "GB18030", step) ==
                   lines + "[jobs/a:1001: the byte 0xff is not a character of GB18030" + remedy,
               "however much was converted in one go");
  }
}

BOOST_AUTO_TEST_CASE(a_character_that_is_cut_off_is_an_error) {
  for (const std::size_t step : Sizes{1, 1000}) {
    BOOST_TEST(contains(read_all("a\n\xd6", "GB18030", step),
                        "a\n[jobs/a:2: the file ends in the middle of a character of GB18030"));
    BOOST_TEST(
        contains(read_all("\xff\xfe" + utf16(u"a") + "b", "", step), "in the middle of a character of UTF-16LE"));
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_encoding_is_refused_and_a_similar_one_suggested) {
  for (const auto* name : {"GB18030", "gbk", "windows-1252", "cp1252", "latin1", "UTF-16", "Big5", "koi8-r"}) {
    BOOST_TEST(check_encoding(name).has_value(), name);
  }
  BOOST_TEST(check_encoding("window-1252").error().message == "there is no such encoding; did you mean windows-1252?");
  for (const auto* name : {"", "none", "../x", "a b", "UTF-8\n", "GB18030,swaplfnl"}) {
    BOOST_TEST(contains(check_encoding(name).error().message, "there is no such encoding"), name);
  }
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_the_stored_bytes_whatever_the_encoding) {
  const TemporaryFolder folder;
  const auto stored = "\xff\xfe" + utf16(u"op\tid\tfileName\r\nrename_shared_folder\t1\tü\r\n");
  for (const auto& bytes : {stored, archives::gzip(stored)}) {
    const auto validation = validated(folder.write("a.csv", bytes));
    BOOST_TEST(validation.operations == 1U);
    BOOST_TEST(validation.invalid == 0U);
    BOOST_TEST(validation.digest.bytes == bytes.size());
    BOOST_TEST(validation.digest.xxh3 == XXH3_64bits(bytes.data(), bytes.size()));
    BOOST_TEST(validation.notes == (std::vector<std::string>{"UTF-16LE", "cells separated by TAB"}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_changed_byte_of_a_converted_job_is_found) {
  const TemporaryFolder folder;
  const auto path = folder.write("a.csv", "\xff\xfe" + utf16(u"op,id,fileName\nrename_shared_folder,1,a\n"));
  ReaderSettings settings;
  settings.format = Format::csv;
  settings.require_user = false;
  settings.expected = validate(path, settings).value().fingerprint;
  BOOST_TEST(open_job(path, settings).has_value());
  folder.write("a.csv", "\xff\xfe" + utf16(u"op,id,fileName\nrename_shared_folder,1,b\n"));
  const auto changed = open_job(path, settings);
  BOOST_REQUIRE(!changed);
  BOOST_TEST(contains(changed.error().message, "the file was changed after it was validated"));
}

BOOST_AUTO_TEST_CASE(the_likely_encoding_is_guessed_with_a_sample) {
  BOOST_TEST(guess("op,id,fileName\nrename_shared_folder,1,M\xfcller & S\xf6hne\n") ==
             "windows-1252 2 M\xc3\xbcller & S\xc3\xb6hne");
  BOOST_TEST(guess("a\nb,Gr\xf6\xdf"
                   "e\n") ==
             "windows-1252 2 Gr\xc3\xb6\xc3\x9f"
             "e");
  BOOST_TEST(guess("op,id\n1,\xbf\xaa\xb7\xa2\xb2\xbf\n") == "GB18030 2 \xe5\xbc\x80\xe5\x8f\x91\xe9\x83\xa8");
  // Most letters with accents have four bytes in it.
  BOOST_TEST(guess("op,id\n1,S\x81\x30\x8b\x32hne\n") == "GB18030 2 S\xc3\xb6hne");
  BOOST_TEST(guess("a,\xce\xf2\xf7\xb8\xf2 \xe3\xee\xe4\xee\xe2\xee\xe9\n") ==
             "windows-1251 1 \xd0\x9e\xd1\x82\xd1\x87\xd1\x91\xd1\x82 "
             "\xd0\xb3\xd0\xbe\xd0\xb4\xd0\xbe\xd0\xb2\xd0\xbe\xd0\xb9");
  BOOST_TEST(guess(std::string(400'000, 'x') + "\n\xfc\n").starts_with("windows-1252 2 \xc3\xbc"));
}

BOOST_AUTO_TEST_CASE(utf8_with_a_damaged_byte_is_not_mistaken_for_another_encoding) {
  BOOST_TEST(guess(text8) == "");
  BOOST_TEST(guess("") == "");
  BOOST_TEST(guess(text8 + text8 + "\xff\n") == "");
  std::string umlauts;
  while (umlauts.size() < 600'000) umlauts += "x\xc3\xbc";
  BOOST_TEST(guess("y" + umlauts) == "");
  BOOST_TEST(guess(umlauts) == "");
}

BOOST_AUTO_TEST_CASE(the_error_for_a_job_that_is_not_utf8_says_what_it_looks_like) {
  const TemporaryFolder folder;
  const auto says =
      "the file is not UTF-8; it looks like windows-1252, in which line 2 has \"M\xc3\xbcller\": if that is right, "
      "give "
      "--encoding windows-1252, and otherwise save the file as UTF-8";
  const auto csv = folder.write("a.csv", "op,id,fileName\nrename_shared_folder,1,M\xfcller\n");
  BOOST_TEST(validated(csv).hint == says);
  BOOST_TEST(validated(csv).invalid == 1U);
  BOOST_TEST(validated(csv, "windows-1252").invalid == 0U);
  const auto ndjson =
      folder.write("a.ndjson", "\n{\"op\":\"rename_shared_folder\",\"id\":\"1\",\"fileName\":\"M\xfcller\"}\n");
  BOOST_TEST(validated(ndjson).hint == says);
  BOOST_TEST(validated(ndjson, "windows-1252").invalid == 0U);
  BOOST_TEST(validated(folder.write("b.csv", "op,id,fileName\nrename_shared_folder,1,a*\n")).hint == "");
  const auto marked =
      validated(folder.write("c.csv", "\xff\xfe" + utf16(u"op,id,fileName\nrename_shared_folder,1,ä*\n")));
  BOOST_TEST(marked.invalid == 1U);
  BOOST_TEST(marked.hint == "", "a byte order mark has told the encoding");
}

BOOST_AUTO_TEST_CASE(the_error_for_a_header_that_is_not_utf8_says_what_the_file_looks_like) {
  const TemporaryFolder folder;
  ReaderSettings settings;
  settings.format = Format::csv;
  const auto opened = open_job(folder.write("a.csv", "op,id,\xb1\xb8\xd7\xa2\n"), settings);
  BOOST_REQUIRE(!opened);
  BOOST_TEST(contains(opened.error().message, "; the file is not UTF-8; it looks like GB18030, in which line 1 has"));
}

BOOST_AUTO_TEST_SUITE_END()
