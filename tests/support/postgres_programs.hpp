#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// The folder of PostgreSQL's programs, as Debian puts them, in the newest version installed; empty: there is none.
std::string postgres_programs();

/// The command of a process that ends when the test does, with signal `at_end` ("KILL"). Where the tests run as root,
/// it runs as another user: PostgreSQL refuses root.
std::vector<std::string> as_postgres_user(std::vector<std::string> command, std::string_view at_end);

/// A temporary folder that belongs to that user.
std::string new_postgres_folder();

}  // namespace koobatch::test
