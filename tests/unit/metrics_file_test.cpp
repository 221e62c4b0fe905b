#include "koobatch/observe/metrics_file.hpp"

#include "koobatch/observe/metrics.hpp"

#include "report_samples.hpp"

#include <sys/stat.h>

using namespace koobatch;
using namespace koobatch::observe;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1h};

std::string text_with(std::optional<std::int64_t> last_success) {
  Metrics metrics;
  metrics.version = "0.1.0";
  metrics.last_success = last_success;
  return metrics_text(metrics);
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_file)

BOOST_AUTO_TEST_CASE(it_is_replaced_as_a_whole_and_alone_in_its_folder) {
  const samples::Folder folder;
  auto file = MetricsFile::open(folder / "a.prom").value();
  file.write("a long text\n", start);
  file.write("short\n", start);
  BOOST_TEST(samples::content(folder / "a.prom") == "short\n");
  BOOST_TEST(folder.names() == Names{"a.prom"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_it_open_continues_to_read_the_old_one) {
  const samples::Folder folder;
  auto file = MetricsFile::open(folder / "a.prom").value();
  file.write("old\n", start);
  std::ifstream reader(folder / "a.prom");
  file.write("new\n", start);
  std::string line;
  std::getline(reader, line);
  BOOST_TEST(line == "old");
}

BOOST_AUTO_TEST_CASE(others_may_read_it) {
  const samples::Folder folder;
  const mode_t before = ::umask(0022);
  MetricsFile::open(folder / "a.prom").value().write("x\n", start);
  ::umask(before);
  struct stat status{};
  BOOST_REQUIRE(::stat((folder / "a.prom").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0644U);
}

BOOST_AUTO_TEST_CASE(it_is_due_at_once_and_then_at_intervals) {
  const samples::Folder folder;
  auto file = MetricsFile::open(folder / "a.prom").value();
  BOOST_TEST(file.is_due(start));
  file.write("x\n", start);
  BOOST_TEST(!file.is_due(start + MetricsFile::interval - 1ns));
  BOOST_TEST(file.is_due(start + MetricsFile::interval));
}

BOOST_AUTO_TEST_CASE(when_a_run_last_succeeded_is_taken_over) {
  const samples::Folder folder;
  BOOST_TEST(!MetricsFile::open(folder / "a.prom").value().last_success());
  MetricsFile::open(folder / "a.prom").value().write(text_with(1795000000), start);
  BOOST_TEST(MetricsFile::open(folder / "a.prom").value().last_success().value() == 1795000000);
  MetricsFile::open(folder / "a.prom").value().write(text_with(std::nullopt), start);
  BOOST_TEST(!MetricsFile::open(folder / "a.prom").value().last_success());
}

BOOST_AUTO_TEST_CASE(a_file_without_metrics_is_refused_and_left_alone) {
  const samples::Folder folder;
  std::ofstream(folder / "job.ndjson") << "precious\n";
  const auto refused = MetricsFile::open(folder / "job.ndjson");
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().kind == ErrorKind::usage);
  BOOST_TEST(refused.error().message.find("is not overwritten") != std::string::npos, refused.error().message);
  BOOST_TEST(samples::content(folder / "job.ndjson") == "precious\n");
  BOOST_TEST(!MetricsFile::open(folder.path()).has_value());
  std::ofstream(folder / "empty.prom") << "";
  BOOST_TEST(MetricsFile::open(folder / "empty.prom").has_value());
}

BOOST_AUTO_TEST_CASE(a_file_too_large_for_metrics_is_refused_too) {
  const samples::Folder folder;
  std::ofstream(folder / "long.prom") << text_with(1795000000) << std::string(2 << 20, '#');
  const auto refused = MetricsFile::open(folder / "long.prom");
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().message.find("is not overwritten") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_or_written_is_refused_at_once) {
  const samples::Folder folder;
  // A file whose first byte is an I/O error.
  std::filesystem::create_symlink("/proc/self/mem", folder / "unreadable.prom");
  const auto unreadable = MetricsFile::open(folder / "unreadable.prom");
  BOOST_REQUIRE(!unreadable.has_value());
  BOOST_TEST(unreadable.error().kind == ErrorKind::usage);
  BOOST_TEST(unreadable.error().message.find("cannot be read") != std::string::npos, unreadable.error().message);
  const auto nowhere = MetricsFile::open(folder / "nowhere/a.prom");
  BOOST_REQUIRE(!nowhere.has_value());
  BOOST_TEST(nowhere.error().kind == ErrorKind::usage);
  BOOST_TEST(
      nowhere.error().message.find("its folder cannot be written to: No such file or directory") != std::string::npos,
      nowhere.error().message);
  // Its name is too long for anybody to say whether there is one.
  BOOST_TEST(!MetricsFile::open(folder / std::string(300, 'x')).has_value());
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_leaves_the_old_file_and_nothing_else) {
  const samples::Folder folder;
  auto file = MetricsFile::open(folder / "a.prom").value();
  // A folder cannot be replaced by a file.
  std::filesystem::create_directory(folder / "a.prom");
  file.write("x\n", start);
  BOOST_TEST(folder.names() == Names{"a.prom"}, boost::test_tools::per_element());
  BOOST_TEST(std::filesystem::is_directory(folder / "a.prom"));
  BOOST_TEST(!file.is_due(start), "it is not tried again at once");
  std::filesystem::remove(folder / "a.prom");
  file.write("y\n", start);
  BOOST_TEST(samples::content(folder / "a.prom") == "y\n");
}

BOOST_AUTO_TEST_SUITE_END()
