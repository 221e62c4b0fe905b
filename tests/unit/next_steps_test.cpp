#include "cli/commands/command.hpp"
#include "koobatch/core/spelling.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace koobatch;

BOOST_AUTO_TEST_SUITE(next_steps)

BOOST_AUTO_TEST_CASE(every_setting_that_messages_name_is_an_option) {
  const auto options = cli::every_option();
  for (int i = 0; i <= static_cast<int>(last_setting_name); ++i) {
    const auto name = to_string(static_cast<SettingName>(i));
    const bool known = std::ranges::any_of(options, [&](const auto* option) { return option->name == name; });
    BOOST_TEST(known, "'" << name << "' is not an option");
    BOOST_TEST((parse_setting_name(name) == static_cast<SettingName>(i)));
  }
}

BOOST_AUTO_TEST_CASE(every_command_that_messages_name_exists) {
  for (int i = 0; i <= static_cast<int>(last_command_name); ++i) {
    const auto name = to_string(static_cast<CommandName>(i));
    BOOST_TEST(cli::command_named(name) != nullptr, "'" << name << "' is not a command");
    BOOST_TEST((parse_command_name(name) == static_cast<CommandName>(i)));
  }
}

BOOST_AUTO_TEST_CASE(no_other_name_is_one) {
  for (const auto* name : {"", "max-error", "max_errors", "--rate", "resume "}) {
    BOOST_TEST(!parse_setting_name(name), name);
    BOOST_TEST(!parse_command_name(name), name);
  }
}

BOOST_AUTO_TEST_CASE(copies_of_an_error_share_its_step) {
  const Error error = with_next_step(fatal_error("disk full"), {.command = CommandName::resume, .report = "r"});
  const Error copy = error;
  BOOST_TEST(copy.next_step.get() == error.next_step.get());
  BOOST_TEST(spell(*copy.next_step) == "koobatch resume r");
  BOOST_TEST(!fatal_error("disk full").next_step);
}

BOOST_AUTO_TEST_CASE(settings_are_written_as_flags) {
  BOOST_TEST(spell(SettingName::max_errors) == "--max-errors");
  BOOST_TEST(spell(SettingName::format, "csv") == "--format csv");
}

BOOST_AUTO_TEST_CASE(a_next_step_can_be_pasted_into_a_shell) {
  BOOST_TEST(spell({.command = CommandName::run}) == "koobatch run");
  BOOST_TEST(spell({.command = CommandName::resume, .report = "-r"}) == "koobatch resume ./-r");
  BOOST_TEST(spell({.command = CommandName::resume,
                    .report = "my report",
                    .settings = {{SettingName::max_errors, "100%"}, {SettingName::endpoint, "https://a;b"}}}) ==
             "koobatch resume 'my report' --max-errors 100% --endpoint 'https://a;b'");
  BOOST_TEST(spell({.command = CommandName::set, .report = "r", .settings = {{SettingName::go, {}}}}) ==
             "koobatch set r --go");
}

BOOST_AUTO_TEST_SUITE_END()
