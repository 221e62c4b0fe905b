#include "koobatch/koodrive/rules.hpp"
#include "job_support.hpp"
#include "koobatch/core/describe.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::koodrive;
using job_support::joined;

namespace {

std::string check_text(const Fields& fields) {
  std::vector<Violation> out;
  check(fields, out);
  return joined(out);
}

std::string folder_name(std::string_view name) {
  Fields fields;
  fields.row = service_catalogue().find("rename_shared_folder");
  fields.values[0] = {.present = true, .text = "1"};
  fields.values[1] = {.present = true, .text = name};
  return check_text(fields);
}

Fields album() {
  Fields fields;
  fields.row = service_catalogue().find("update_album");
  fields.values[0] = {.present = true, .text = "1"};
  fields.values[1] = {.present = true, .text = "albumName22"};
  return fields;
}

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(the_examples_of_the_documentation_pass) {
  BOOST_TEST(folder_name("newName123456") == "");
  BOOST_TEST(check_text(album()) == "");
}

BOOST_AUTO_TEST_CASE(a_folder_name_has_fewer_than_32_utf16_units) {
  BOOST_TEST(folder_name(std::string(31, 'a')) == "");
  BOOST_TEST(folder_name(std::string(32, 'a')) == "fileName: is 32 characters long, at most 31 are allowed");
  BOOST_TEST(folder_name(repeated("é", 31)) == "");
  BOOST_TEST(folder_name(repeated("家", 31)) == "");
  BOOST_TEST(folder_name(repeated("家", 32)) == "fileName: is 32 characters long, at most 31 are allowed");
  // Outside the first plane a character is two units, for the service's Java as for us.
  BOOST_TEST(folder_name(repeated("𠮷", 15) + "a") == "");
  BOOST_TEST(folder_name(repeated("𠮷", 16)) ==
             "fileName: is 32 characters long (UTF-16 units, as the service counts), at most 31 are allowed");
}

BOOST_AUTO_TEST_CASE(a_folder_name_is_neither_empty_nor_dots) {
  BOOST_TEST(folder_name("") == "fileName: is empty");
  BOOST_TEST(folder_name(".") == "fileName: is \".\", which is not allowed (. or ..)");
  BOOST_TEST(folder_name("..") == "fileName: is \"..\", which is not allowed (. or ..)");
  for (const auto name : {"...", ".a", "a.", "..a", " "}) BOOST_TEST(folder_name(name) == "", name);
}

BOOST_AUTO_TEST_CASE(each_forbidden_sign_of_a_folder_name_is_named) {
  for (const char sign : std::string_view("<>|:*?\"/")) {
    for (const auto form : {"{}", "a{}", "{}b", "家{}"}) {
      const auto name = fmt::format(fmt::runtime(form), sign);
      BOOST_TEST(folder_name(name) ==
                 fmt::format("fileName: contains '{}', which is not allowed (< > | : * ? \" /)", sign));
    }
  }
}

BOOST_AUTO_TEST_CASE(each_forbidden_white_space_of_a_folder_name_is_named) {
  const auto message = [](std::string_view what) {
    return fmt::format("fileName: contains {}, which is not allowed (\\n \\r \\b \\t)", what);
  };
  BOOST_TEST(folder_name("a\nb") == message("U+000A (line feed)"));
  BOOST_TEST(folder_name("a\rb") == message("U+000D (carriage return)"));
  BOOST_TEST(folder_name("a\bb") == message("U+0008 (backspace)"));
  BOOST_TEST(folder_name("a\tb") == message("U+0009 (tab)"));
}

BOOST_AUTO_TEST_CASE(every_other_ascii_character_may_be_in_a_folder_name) {
  for (int c = 0; c < 0x80; ++c) {
    const char sign = static_cast<char>(c);
    if (std::string_view("<>|:*?\"/\n\r\b\t").find(sign) != std::string_view::npos) continue;
    BOOST_TEST(folder_name(std::string("a") + sign) == "", "character " << c);
  }
}

BOOST_AUTO_TEST_CASE(what_unicode_shows_as_an_emoji_is_refused_in_a_folder_name) {
  const auto message = [](std::string_view what) {
    return fmt::format("fileName: contains the emoji {}; emoji are not allowed", what);
  };
  BOOST_TEST(folder_name("a😀b") == message("U+1F600 (GRINNING FACE)"));
  BOOST_TEST(folder_name("⌚") == message("U+231A (WATCH)"));  // the first one with Emoji_Presentation
  BOOST_TEST(folder_name("🇩🇪") == message("U+1F1E9 (REGIONAL INDICATOR SYMBOL LETTER D)"));
  BOOST_TEST(folder_name("🇩") == message("U+1F1E9 (REGIONAL INDICATOR SYMBOL LETTER D)"));
  BOOST_TEST(folder_name("x🏽") == message("U+1F3FD (EMOJI MODIFIER FITZPATRICK TYPE-4)"));
  BOOST_TEST(folder_name("☀\ufe0f") == message("U+2600 (BLACK SUN WITH RAYS) with U+FE0F (VARIATION SELECTOR-16)"));
  BOOST_TEST(folder_name("©\ufe0f") == message("U+00A9 (COPYRIGHT SIGN) with U+FE0F (VARIATION SELECTOR-16)"));
  BOOST_TEST(folder_name("1\ufe0f\u20e3") == message("'1' with U+FE0F (VARIATION SELECTOR-16)"));
  BOOST_TEST(folder_name("#\u20e3") == message("'#' with U+20E3 (COMBINING ENCLOSING KEYCAP)"));
}

BOOST_AUTO_TEST_CASE(characters_that_unicode_shows_as_text_are_not_emoji) {
  for (const auto name : {"©", "™", "☀", "1", "#", "☀ © ™ 1", "❤", "a\ufe0f", "\ufe0f", "a\u20e3", "\u20e3", "家族",
                          "한국어", "עברית", "ไทย", "½ ℃ №", "→ ✓"}) {
    BOOST_TEST(folder_name(name) == "", name);
  }
}

BOOST_AUTO_TEST_CASE(several_broken_rules_are_all_reported) {
  BOOST_TEST(folder_name("a*b\t" + repeated("家", 30)) ==
             "fileName: is 34 characters long, at most 31 are allowed; "
             "fileName: contains '*', which is not allowed (< > | : * ? \" /); "
             "fileName: contains U+0009 (tab), which is not allowed (\\n \\r \\b \\t)");
}

BOOST_AUTO_TEST_CASE(an_album_name_has_1_to_20_characters_of_any_kind) {
  auto fields = album();
  const auto with = [&](std::string_view name) {
    fields.values[1].text = name;
    return check_text(fields);
  };
  BOOST_TEST(with("a") == "");
  BOOST_TEST(with(std::string(20, 'a')) == "");
  BOOST_TEST(with("") == "name: is empty");
  BOOST_TEST(with(std::string(21, 'a')) == "name: is 21 characters long, at most 20 are allowed");
  BOOST_TEST(with("Summer 😀 * / \n ..") == "");  // the page has no rule against any of these
}

BOOST_AUTO_TEST_CASE(a_scope_list_has_at_most_30_items) {
  auto fields = album();
  fields.list_items.assign(31, "1");
  fields.values[3] = {.present = true, .list_size = 30};
  BOOST_TEST(check_text(fields) == "");
  fields.values[3].list_size = 31;
  BOOST_TEST(check_text(fields) == "scopeDirList: has 31 items, at most 30 are allowed");
}

BOOST_AUTO_TEST_CASE(a_scope_kind_is_1_or_2) {
  auto fields = album();
  for (const std::int64_t kind : {1, 2}) {
    fields.values[4] = {.present = true, .integer = kind};
    BOOST_TEST(check_text(fields) == "");
  }
  for (const std::int64_t kind : {0, 3, -1}) {
    fields.values[4] = {.present = true, .integer = kind};
    BOOST_TEST(check_text(fields) == fmt::format("scopeKind: is {}; allowed are 1 (image) and 2 (video)", kind));
  }
}

BOOST_AUTO_TEST_CASE(an_album_id_is_a_path_segment) {
  auto fields = album();
  const auto with = [&](std::string_view id) {
    fields.values[0].text = id;
    return check_text(fields);
  };
  BOOST_TEST(with("") == "albumId: is empty");
  BOOST_TEST(with(".") == "albumId: is \".\", which is not allowed (. or ..)");
  BOOST_TEST(with("..") == "albumId: is \"..\", which is not allowed (. or ..)");
  BOOST_TEST(with("a/b %") == "");  // encoded in the path
}

BOOST_AUTO_TEST_CASE(a_required_field_is_there_and_an_update_changes_something) {
  Fields fields;
  fields.row = service_catalogue().find("rename_shared_folder");
  BOOST_TEST(check_text(fields) == "id: is missing; fileName: is missing");
  auto nothing = album();
  nothing.values[1] = {};
  BOOST_TEST(check_text(nothing) ==
             "changes nothing; give at least one of name, scopeParentFolderId, scopeDirList, scopeKind, coverImageUrl");
  nothing.values[5] = {.present = true, .text = ""};
  BOOST_TEST(check_text(nothing) == "");
}

BOOST_AUTO_TEST_CASE(a_field_of_the_wrong_type_is_not_reported_twice) {
  auto fields = album();
  fields.values[1] = {.present = true, .malformed = true};
  BOOST_TEST(check_text(fields) == "");
}

BOOST_AUTO_TEST_CASE(a_user_and_a_language_are_1_to_128_visible_ascii_characters) {
  for (const auto which : {&Fields::user_id, &Fields::language}) {
    const std::string name = which == &Fields::user_id ? "user_id" : "language";
    auto fields = album();
    const auto with = [&](std::string_view value) {
      fields.*which = value;
      return check_text(fields);
    };
    BOOST_TEST(with("!~en-US") == "");
    BOOST_TEST(with(std::string(128, 'a')) == "");
    BOOST_TEST(with("") == name + ": is empty");
    BOOST_TEST(with(std::string(129, 'a')) == name + ": is 129 characters long, at most 128 are allowed");
    const std::string end = ", which is not allowed (visible ASCII characters only)";
    BOOST_TEST(with("a b") == name + ": contains U+0020 (SPACE)" + end);
    BOOST_TEST(with("a\r\nX-Evil: 1") == name + ": contains U+000D (carriage return)" + end);
    BOOST_TEST(with("a\x7f") == name + ": contains U+007F (delete)" + end);
    BOOST_TEST(with("ä") == name + ": contains U+00E4 (LATIN SMALL LETTER A WITH DIAERESIS)" + end);
  }
}

BOOST_AUTO_TEST_CASE(a_foreign_text_in_a_message_cannot_harm_a_terminal) {
  BOOST_TEST(quote("plain") == "\"plain\"");
  BOOST_TEST(quote("a\"b\\c") == R"("a\"b\\c")");
  BOOST_TEST(quote("\x1b[31m\n\u009b\u202e") == R"("\u{1b}[31m\u{a}\u{9b}\u{202e}")");
  BOOST_TEST(quote("a\u2028b\u2029") == R"("a\u{2028}b\u{2029}")");
  BOOST_TEST(quote("\xff\xc0") == R"("\x{ff}\x{c0}")");
  const auto most = repeated("家", 60);
  BOOST_TEST(quote(most) == fmt::format("\"{}\"", most));
  BOOST_TEST(quote(most + "家") == fmt::format("\"{}…\"", most));
}

BOOST_AUTO_TEST_SUITE_END()
