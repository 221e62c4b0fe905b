#include "koobatch/core/sync_folder.hpp"

#include "report_samples.hpp"

#include <cerrno>

BOOST_AUTO_TEST_SUITE(sync_folder)

BOOST_AUTO_TEST_CASE(a_folder_can_be_synced) {
  const samples::Folder folder;
  BOOST_TEST(koobatch::sync_folder(folder / "") == 0);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_cannot_sync_folders_is_not_an_error) {
  BOOST_TEST(koobatch::sync_folder("/proc/self") == 0);
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_a_folder_is_an_error) {
  const samples::Folder folder;
  BOOST_TEST(koobatch::sync_folder(folder / "missing") == ENOENT);
  BOOST_TEST(koobatch::sync_folder("/dev/null") == ENOTDIR);
}

BOOST_AUTO_TEST_SUITE_END()
