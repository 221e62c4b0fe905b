// What is installed: that it is whole, works from where it is put, and that systemd takes its units.
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <sstream>

using namespace koobatch::test;
namespace fs = std::filesystem;

namespace {

Finished run_program(const std::vector<std::string>& command, const Process::Environment& environment = {},
                     const std::string& folder = {}) {
  return Process(command, environment, folder).wait();
}

/// Installed as the package is, below a root of its own.
struct Installed {
  Installed() {
    const auto finished =
        run_program({KOOBATCH_CMAKE, "--install", KOOBATCH_BUILD_FOLDER, "--prefix", workspace.path("usr")});
    BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
  }

  std::string unit(const std::string& type) const { return workspace.read("usr/lib/systemd/system/koobatch@." + type); }

  /// Units refer to others, which come with systemd.
  Finished verify_units() const {
    fs::copy("/usr/lib/systemd/system", workspace.path("usr/lib/systemd/system"),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::skip_existing);
    return run_program({"/usr/bin/systemd-analyze", "verify", "--man=no", "--root=" + workspace.path(""),
                        "koobatch@try.service", "koobatch@try.timer"});
  }

  Workspace workspace;
};

/// The words of the command that the service starts, with what systemd puts in the place of its specifiers.
std::vector<std::string> command_of(const std::string& unit, const std::map<std::string, std::string>& specifiers) {
  std::istringstream lines(unit);
  std::vector<std::string> words;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("ExecStart=")) continue;
    for (const auto& [specifier, value] : specifiers) boost::algorithm::replace_all(line, specifier, value);
    std::istringstream rest(line.substr(line.find('=') + 1));
    for (std::string word; rest >> word;) words.push_back(word);
  }
  return words;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(package, Installed)

BOOST_AUTO_TEST_CASE(everything_is_installed) {
  for (const char* name :
       {"bin/koobatch", "share/man/man1/koobatch.1.gz", "share/bash-completion/completions/koobatch",
        "share/zsh/vendor-completions/_koobatch", "share/fish/vendor_completions.d/koobatch.fish",
        "share/doc/koobatch/README.md", "share/doc/koobatch/copyright", "share/doc/koobatch/changelog.gz",
        "share/doc/koobatch/docs/report.png", "share/doc/koobatch/docs/terminal.png",
        "share/doc/koobatch/docs/running.md", "share/doc/koobatch/tests/answers.md",
        "share/doc/koobatch/examples/rename.ndjson", "share/doc/koobatch/examples/reconciliation.toml",
        "share/doc/koobatch/third-party/libjs-chart.js", "lib/systemd/system/koobatch@.service",
        "lib/systemd/system/koobatch@.timer"}) {
    const auto path = workspace.path(fmt::format("usr/{}", name));
    BOOST_TEST((fs::exists(path) && fs::file_size(path) > 0), path);
  }
}

BOOST_AUTO_TEST_CASE(what_is_installed_runs_the_examples) {
  const auto program = workspace.path("usr/bin/koobatch");
  BOOST_TEST(run_program({program, "--version"}).status == 0);
  std::size_t jobs = 0;
  for (const auto& entry : fs::directory_iterator(workspace.path("usr/share/doc/koobatch/examples"))) {
    const std::string job = entry.path();
    if (job.ends_with(".toml")) continue;
    ++jobs;
    const auto finished = run_program({program, "run", job, "--simulate", "--user-id", "42", "--report",
                                       workspace.path(fmt::format("{}.report", jobs))});
    BOOST_TEST(finished.status == (job.find("errors") == std::string::npos ? 0 : 3), finished.err);
  }
  BOOST_TEST(jobs >= 7U);
}

BOOST_AUTO_TEST_CASE(systemd_takes_the_units) {
  const auto verified = verify_units();
  BOOST_TEST(verified.status == 0);
  BOOST_TEST(verified.out + verified.err == "");
}

BOOST_AUTO_TEST_CASE(systemd_looks_for_the_program_where_it_is_installed) {
  fs::remove(workspace.path("usr/bin/koobatch"));
  const auto verified = verify_units();
  BOOST_TEST(verified.status != 0);
  BOOST_TEST(verified.err.find("koobatch is not executable") != std::string::npos, verified.err);
}

// Settings in the folder for settings, the token as systemd hands it over, the report among the service's own files.
BOOST_AUTO_TEST_CASE(what_the_service_starts_is_a_run) {
  for (const char* folder : {"etc", "credentials", "state", "state/koobatch", "state/koobatch/try"}) {
    fs::create_directory(workspace.path(folder));
  }
  Service service;
  workspace.write("etc/try.toml", fmt::format("endpoint = \"{}\"\nuser-id = \"7\"\n", service.url()));
  workspace.write("etc/try.ndjson", generate_job(20, 5).text);
  const auto token = workspace.write("credentials/token", "secret");
  ::chmod(token.c_str(), 0440);
  auto command = command_of(unit("service"), {{"/etc/koobatch", workspace.path("etc")},
                                              {"${JOB}", workspace.path("etc/try.ndjson")},
                                              {"%i", "try"},
                                              {"%S", workspace.path("state")}});
  BOOST_REQUIRE(command.at(0) == "koobatch");
  command[0] = workspace.path("usr/bin/koobatch");
  const auto finished =
      run_program(command, {{"KOOBATCH_TOKEN_FILE", token}, {"CREDENTIALS_DIRECTORY", workspace.path("credentials")}},
                  workspace.path("state/koobatch/try"));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.err.find("warning") == std::string::npos, finished.err);
  std::size_t reports = 0;
  for (const auto& entry : fs::directory_iterator(workspace.path("state/koobatch/try"))) {
    const std::string path = entry.path();
    if (!path.ends_with(".report.ndjson")) continue;
    ++reports;
    BOOST_TEST(read_report(path).results.size() == 20U);
  }
  BOOST_TEST(reports == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
