#include "cli/settings/log_format.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

/// Does this command line want JSON? A file that is not to be read has no text.
bool wants_json(const std::vector<std::string>& arguments, const Environment& environment = {},
                const std::string& file = {}) {
  const auto read = [&](const std::filesystem::path& path) -> Result<std::string> {
    BOOST_TEST(path == "k.toml");
    if (file.empty()) return usage_error("k.toml: cannot be read");
    return file;
  };
  return log_format_wanted(arguments, environment, read) == observe::log::Format::json;
}

const std::vector<std::string> with_file = {"run", "--fly", "--config", "k.toml"};
const std::string json = "log-format = 'json'\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(log_format)

BOOST_AUTO_TEST_CASE(a_flag_takes_precedence_over_a_variable_and_that_over_the_file) {
  BOOST_TEST(!wants_json({}));
  BOOST_TEST(wants_json({"run", "--log-format", "json", "--fly"}));
  BOOST_TEST(wants_json({"run", "--log-format=json"}));
  BOOST_TEST(!wants_json({"run", "--log-format"}));
  BOOST_TEST(!wants_json({"run", "--log-format=json", "--log-format", "text"}));
  BOOST_TEST(wants_json({"run"}, {{"KOOBATCH_LOG_FORMAT", "json"}}));
  BOOST_TEST(!wants_json({"run", "--log-format=text"}, {{"KOOBATCH_LOG_FORMAT", "json"}}));
  BOOST_TEST(wants_json(with_file, {}, json));
  BOOST_TEST(wants_json({"run", "--config=k.toml"}, {{"KOOBATCH_LOG_FORMAT", ""}}, json));
  BOOST_TEST(wants_json({"run"}, {{"KOOBATCH_CONFIG", "k.toml"}}, json));
  BOOST_TEST(!wants_json(with_file, {{"KOOBATCH_LOG_FORMAT", "text"}}, json));
}

BOOST_AUTO_TEST_CASE(a_section_of_the_file_is_for_its_command) {
  const std::string file = "log-format = 'text'\n[run]\nlog-format = 'json'\n";
  BOOST_TEST(wants_json(with_file, {}, file));
  BOOST_TEST(!wants_json({"bench", "--config", "k.toml"}, {}, file));
  BOOST_TEST(!wants_json({"--config", "k.toml"}, {}, "[run]\n" + json));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_parsed_is_ignored) {
  BOOST_TEST(!wants_json(with_file));
  BOOST_TEST(!wants_json(with_file, {}, json + "rate = 5/s\n"));
  BOOST_TEST(!wants_json(with_file, {}, "log-format = []\n"));
  BOOST_TEST(wants_json(with_file, {}, json + "rates = 5\n"), "it is read despite the error");
}

BOOST_AUTO_TEST_CASE(no_file_is_read_where_none_may_be) {
  const auto format = log_format_wanted(with_file, {}, {});
  BOOST_TEST(format == observe::log::Format::text);
}

BOOST_AUTO_TEST_SUITE_END()
