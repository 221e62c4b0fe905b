#include "koobatch/job/tokens_file.hpp"

#include "job_support.hpp"

#include "koobatch/job/validator.hpp"

#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using job_support::TemporaryFolder;

namespace {

/// No message may hold it.
constexpr std::string_view canary = "cAnArY-tOkEn";

struct Fixture {
  std::filesystem::path write(std::string_view content, mode_t mode = 0600) const {
    const auto path = folder.write("tokens", content);
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::shared_ptr<const auth::UserTokens> read(std::string_view content) const {
    auto tokens = job::read_tokens_file(write(content));
    BOOST_REQUIRE_MESSAGE(tokens.has_value(), tokens.error().message);
    return *tokens;
  }
  /// What is wrong, without the file's name.
  std::string refusal(std::string_view content) const {
    const auto path = write(content);
    const auto tokens = job::read_tokens_file(path);
    BOOST_REQUIRE_MESSAGE(tokens.has_error(), "accepted");
    BOOST_TEST(tokens.error().kind == ErrorKind::usage);
    const std::string& message = tokens.error().message;
    BOOST_TEST(message.find(canary) == std::string::npos, message);
    BOOST_TEST(message.starts_with(path.string()), message);
    return message.substr(std::min(message.size(), path.string().size()));
  }

  TemporaryFolder folder;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tokens_file, Fixture)

BOOST_AUTO_TEST_CASE(csv_is_read_with_its_columns_in_either_order) {
  const auto tokens = read("user_id,token\n42,one\n43,\"two\"\r\n");
  BOOST_TEST(tokens->size() == 2U);
  BOOST_TEST(tokens->find("42")->token == "one");
  BOOST_TEST(tokens->find("43")->token == "two");
  BOOST_TEST(tokens->find("43")->line == 3U);
  BOOST_TEST(read("token,user_id\none,42")->find("42")->token == "one");
}

BOOST_AUTO_TEST_CASE(objects_are_read_whatever_the_file_is_called) {
  const auto tokens = read(
      "\xef\xbb\xbf\n"
      R"({"user_id":"42","token":"one"})"
      "\n\n"
      R"({"token":"tw\u006f","user_id":"43"})");
  BOOST_TEST(tokens->size() == 2U);
  BOOST_TEST(tokens->find("42")->token == "one");
  BOOST_TEST(tokens->find("43")->token == "two");
  BOOST_TEST(tokens->find("43")->line == 4U);
}

BOOST_AUTO_TEST_CASE(a_token_may_include_its_scheme_word_and_be_long) {
  const std::string longest(16 * 1024, 'x');
  const auto tokens = read("user_id,token\n42,AT abc\n43," + longest);
  BOOST_TEST(tokens->find("42")->token == "AT abc");
  BOOST_TEST(tokens->find("43")->token == longest);
}

BOOST_AUTO_TEST_CASE(windows_line_ends_and_a_byte_order_mark_are_not_part_of_any_token) {
  constexpr int users = 5'000;
  std::string csv = "\xef\xbb\xbfuser_id,token\r\n", objects = "\xef\xbb\xbf";
  for (int i = 0; i < users; ++i) {
    csv += fmt::format("u{},t{}\r\n", i, i);
    objects += fmt::format(R"({{"user_id":"u{}","token":"t{}"}})", i, i) + "\r\n";
  }
  for (const auto& text : {csv, objects}) {
    const auto tokens = read(text);
    BOOST_TEST(tokens->size() == static_cast<std::size_t>(users));
    for (const int i : {0, 17, users - 1}) {
      BOOST_TEST(tokens->find(fmt::format("u{}", i))->token == fmt::format("t{}", i));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_users_are_fine) {
  std::string text = "user_id,token\n";
  for (int i = 0; i < 100'000; ++i) text += fmt::format("user{},token{}\n", i, i);
  const auto tokens = read(text);
  BOOST_TEST(tokens->size() == 100'000U);
  BOOST_TEST(tokens->find("user77777")->token == "token77777");
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_read_is_refused_with_the_command_that_corrects_it) {
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    const auto path = write("user_id,token\n42,one", mode);
    const auto tokens = job::read_tokens_file(path);
    BOOST_REQUIRE(tokens.has_error());
    BOOST_TEST(tokens.error().message == fmt::format("{0}: others can read it; run 'chmod 600 {0}'", path.string()));
  }
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_a_file_is_refused) {
  BOOST_TEST(job::read_tokens_file(folder.path() / "none").error().message.find("none: cannot be read") !=
             std::string::npos);
  BOOST_TEST(job::read_tokens_file(folder.path())
                 .error()
                 .message.ends_with("is not a regular file; it is read again when a token is refused"));
}

BOOST_AUTO_TEST_CASE(errors_name_the_line_and_never_a_token) {
  const std::string c(canary);
  BOOST_TEST(refusal("") == ":1: is empty; it starts with the header user_id,token");
  BOOST_TEST(refusal("42," + c) == ":1: the first row must be the header: user_id,token");
  BOOST_TEST(refusal("user_id,token,token\n") == ":1: the first row must be the header: user_id,token");
  BOOST_TEST(refusal("user_id,token\n42,one\n43,\n") == ":3: token: is empty");
  BOOST_TEST(refusal("user_id,token\n42," + c + ",x\n") == ":2: has 3 cells, but must have two: user_id and token");
  BOOST_TEST(refusal("user_id,token\n42\n") == ":2: has 1 cell, but must have two: user_id and token");
  BOOST_TEST(refusal("user_id,token\n42,\"" + c + "\r\nX-Evil: 1\"\n") ==
             ":2: token: holds a line break or another character that no header can carry");
  BOOST_TEST(refusal("user_id,token\n42,\"" + c + "\n\"\n") ==
             ":2: token: holds a line break or another character that no header can carry");
  BOOST_TEST(refusal("user_id,token\n42, " + c + "\n") == ":2: token: begins or ends with a space; remove it");
  BOOST_TEST(refusal("user_id,token\n42," + c + c + "\n43,x\n42," + c + "\n") ==
             ":4: user_id: this user has a token already, on line 2");
  BOOST_TEST(refusal("user_id,token\n," + c + "\n") == ":2: user_id: must be 1 to 128 visible ASCII characters");
  BOOST_TEST(refusal("user_id,token\n4 2," + c + "\n") == ":2: user_id: must be 1 to 128 visible ASCII characters");
  BOOST_TEST(refusal("user_id,token\n42,\"" + c + "\n") ==
             ":2: cell 2 opens a quote that is never closed: it swallows the rest of the file, up to line 2");
  BOOST_TEST(refusal("user_id,token\n42," + std::string(16 * 1024 + 1, 'x')) == ":2: token: is longer than 16 KiB");
}

BOOST_AUTO_TEST_CASE(errors_in_objects_name_the_line_and_never_a_token) {
  const std::string c(canary);
  const std::string expected = R"(:1: must be an object {"user_id":"…","token":"…"} and nothing else)";
  for (const std::string& line :
       {fmt::format(R"({{"user_id":"42","token":{}}})", c), fmt::format(R"({{"user_id":42,"token":"{}"}})", c),
        fmt::format(R"({{"user_id":"42","token":"{}","x":1}})", c), fmt::format(R"({{"token":"{}"}})", c),
        fmt::format(R"({{"user_id":"42","token":"a","token":"{}"}})", c),
        fmt::format(R"({{"user_id":"42","token":"{}"}}{{}})", c), fmt::format(R"({{"{}":"42"}})", c)}) {
    BOOST_TEST(refusal(line) == expected);
  }
  BOOST_TEST(refusal(fmt::format("{{\"user_id\":\"42\",\"token\":\"{}\\n\"}}", c)) ==
             ":1: token: holds a line break or another character that no header can carry");
  BOOST_TEST(refusal(fmt::format("{{\"user_id\":\"42\",\"token\":\"{}\"}}\n42,{}", c, c)) == ":2" + expected.substr(2));
  BOOST_TEST(refusal("{" + std::string(40'000, ' ') + "}") ==
             ":1: the line is longer than 32768 bytes, the maximum for a line");
}

BOOST_AUTO_TEST_CASE(a_replaced_file_has_another_stamp) {
  const auto first = read("user_id,token\n42,one\n");
  BOOST_TEST((auth::FileStamp::of(first->file()) == first->stamp()));
  std::filesystem::rename(folder.write("new", "user_id,token\n42,two\n"), first->file());
  BOOST_TEST((auth::FileStamp::of(first->file()) != first->stamp()));
}

BOOST_AUTO_TEST_CASE(an_operation_whose_user_has_no_token_is_found_by_line_user_and_file) {
  const auto tokens = read("user_id,token\n42,one\n");
  const auto job = folder.write("a.ndjson", R"({"op":"rename_shared_folder","id":"1","fileName":"a","user_id":"42"})"
                                            "\n"
                                            R"({"op":"rename_shared_folder","id":"2","fileName":"b","user_id":"43"})"
                                            "\n"
                                            R"({"op":"rename_shared_folder","id":"3","fileName":"*","user_id":"43"})"
                                            "\n"
                                            R"({"op":"rename_shared_folder","id":"4","fileName":"d"})"
                                            "\n");
  job::ReaderSettings settings;
  settings.default_user = "44";
  const auto found =
      job::validate(job, settings, [&](const job::Reader& reader) { return job::find_missing_token(reader, *tokens); });
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->operations == 4U);
  BOOST_TEST(found->invalid == 3U);
  BOOST_REQUIRE(found->first_errors.size() == 3U);
  BOOST_TEST(found->first_errors[0] ==
             fmt::format("{}:2: user_id: \"43\" has no token in {}", job.string(), tokens->file().string()));
  BOOST_TEST(found->first_errors[1].starts_with(fmt::format("{}:3: fileName: ", job.string())));
  BOOST_TEST(found->first_errors[2] ==
             fmt::format("{}:4: user_id: \"44\" has no token in {}", job.string(), tokens->file().string()));
  settings.default_user = "42";
  BOOST_TEST(job::validate(job, settings, [&](const job::Reader& reader) {
               return job::find_missing_token(reader, *tokens);
             })->invalid == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
