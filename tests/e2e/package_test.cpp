// The installation is complete, and works from where it is put.
#include "installation.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace koobatch::test;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(package, Installation)

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
    const auto file = path(fmt::format("usr/{}", name));
    BOOST_TEST((fs::exists(file) && fs::file_size(file) > 0), file);
  }
}

// zsh would not look for it elsewhere.
BOOST_AUTO_TEST_CASE(below_another_prefix_zsh_finds_its_completion_too) {
  const Installation local("/usr/local");
  BOOST_TEST(fs::exists(local.path("usr/local/bin/koobatch")));
  BOOST_TEST(fs::exists(local.path("usr/local/share/zsh/site-functions/_koobatch")));
  BOOST_TEST(!fs::exists(local.path("usr/local/share/zsh/vendor-completions")));
  BOOST_TEST(!fs::exists(path("usr/share/zsh/site-functions")));
}

// Files for the Debian package only are not installed otherwise.
BOOST_AUTO_TEST_CASE(nothing_is_installed_for_the_checker_of_packages) {
  BOOST_TEST(!fs::exists(path("usr/share/lintian")));
}

BOOST_AUTO_TEST_CASE(every_library_in_the_program_has_its_notice_installed) {
  const auto symbols = run_program({"/usr/bin/nm", "-C", "--defined-only", path("usr/bin/koobatch")}).out;
  for (const auto& [code, library] : {std::pair("CLI", "libcli11-dev"),
                                      {"fmt", "libfmt-dev"},
                                      {"prometheus", "prometheus-cpp-dev"},
                                      {"simdjson", "libsimdjson-dev"},
                                      {"spdlog", "libspdlog-dev"},
                                      {"toml::v3", "libtomlplusplus-dev"}}) {
    BOOST_TEST(symbols.find(fmt::format(" {}::", code)) != std::string::npos, code << " needs no notice any more");
    const auto notice = path(fmt::format("usr/share/doc/koobatch/third-party/{}", library));
    BOOST_TEST((fs::exists(notice) && fs::file_size(notice) > 0), notice);
  }
}

BOOST_AUTO_TEST_CASE(the_installed_program_runs_the_examples) {
  const auto program = path("usr/bin/koobatch");
  BOOST_TEST(run_program({program, "--version"}).status == 0);
  std::size_t jobs = 0;
  for (const auto& entry : fs::directory_iterator(path("usr/share/doc/koobatch/examples"))) {
    const std::string job = entry.path();
    if (job.ends_with(".toml")) continue;
    ++jobs;
    const auto finished = run_program(
        {program, "run", job, "--simulate", "--user-id", "42", "--report", path(fmt::format("{}.report", jobs))});
    BOOST_TEST(finished.status == (job.find("errors") == std::string::npos ? 0 : 3), finished.err);
  }
  BOOST_TEST(jobs >= 7U);
}

BOOST_AUTO_TEST_SUITE_END()
