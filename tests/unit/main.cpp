#define BOOST_TEST_MODULE koobatch unit tests
#include "cli/next_steps.hpp"

#include <boost/test/unit_test.hpp>

namespace {

/// Messages are compared as users read them.
struct CommandLineSpelling {
  CommandLineSpelling() { koobatch::cli::use_command_line_spelling(); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(CommandLineSpelling);
