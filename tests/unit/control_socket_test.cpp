#include "koobatch/control/socket_file.hpp"
#include "koobatch/core/new_file.hpp"

#include "report_samples.hpp"

#include <sys/stat.h>

#include <optional>

using namespace koobatch;
using namespace koobatch::control;

namespace fs = std::filesystem;

namespace {

constexpr int patience_seconds = 10;

/// Does anybody listen there?
bool answers(const fs::path& path) {
  const auto contact = connect_to(path, patience_seconds);
  BOOST_REQUIRE(contact.has_value());
  return std::holds_alternative<Descriptor>(*contact);
}

void check_refused(const fs::path& path) {
  const auto refused = SocketFile::listen(path);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().message ==
             path.native() + ": has the name of the run's socket but is not a socket; move it away");
}

/// The names that come next, as if a killed process of our number had left files of them.
void occupy_next_names(const fs::path& path, unsigned count) {
  const std::string name = temporary_name(path).filename();
  const auto number = std::stoul(name.substr(name.rfind('-') + 1));
  for (unsigned i = 1; i <= count; ++i) {
    std::ofstream(path.parent_path() / (name.substr(0, name.rfind('-') + 1) + std::to_string(number + i) + ".tmp"));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(control_socket)

BOOST_AUTO_TEST_CASE(its_file_is_there_while_it_is) {
  const samples::Folder folder;
  const auto path = folder / "r.control";
  BOOST_TEST(!answers(path));
  {
    const auto socket = SocketFile::listen(path);
    BOOST_REQUIRE(socket.has_value());
    BOOST_TEST(answers(path));
  }
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_socket_is_left_alone) {
  const samples::Folder folder;
  std::ofstream(folder / "file") << "precious\n";
  check_refused(folder / "file");
  BOOST_TEST(samples::content(folder / "file") == "precious\n");
  fs::create_symlink("file", folder / "link");
  check_refused(folder / "link");
  fs::create_directory(folder / "folder");
  check_refused(folder / "folder");
  BOOST_TEST(folder.names().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_socket_whose_name_was_taken_leaves_the_other_alone) {
  const samples::Folder folder;
  const auto path = folder / "r.control";
  auto first = std::optional(SocketFile::listen(path).value());
  auto second = std::optional(SocketFile::listen(path).value());
  first.reset();
  BOOST_TEST(answers(path));
  second.reset();
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(files_left_by_a_killed_process_of_the_same_number_are_not_in_the_way) {
  const samples::Folder folder;
  const auto path = folder / "r.control";
  occupy_next_names(path, 2);
  const auto socket = SocketFile::listen(path);
  BOOST_REQUIRE(socket.has_value());
  BOOST_TEST(answers(path));
}

BOOST_AUTO_TEST_SUITE_END()
