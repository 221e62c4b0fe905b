// The units for systemd: it accepts them, and what it would start is a run, also with the drop-ins that their comments
// name.
#include "cli/running/execution.hpp"
#include "installation.hpp"
#include "koobatch/core/units.hpp"
#include "service.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch::test;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// The drop-ins that the comment at the top of a unit shows: blocks that are indented in it.
std::vector<std::string> documented_drop_ins(const std::string& unit) {
  constexpr std::string_view indented = "#   ";
  std::vector<std::string> blocks;
  bool inside = false;
  for (const auto& line : lines_of(unit)) {
    const bool block = line.starts_with(indented);
    if (block && !inside && line.find('[') == indented.size()) blocks.emplace_back();
    inside = block && !blocks.empty();
    if (inside) blocks.back() += line.substr(indented.size()) + "\n";
  }
  return blocks;
}

/// The values of a setting in a unit with its drop-in. An empty value cancels those before it.
std::vector<std::string> values_of(const std::string& unit, const std::string& setting) {
  std::vector<std::string> values;
  for (const auto& line : lines_of(unit)) {
    if (!line.starts_with(setting + "=")) continue;
    values.push_back(line.substr(setting.size() + 1));
    if (values.back().empty()) values.clear();
  }
  return values;
}

std::pair<std::string, std::string> split_at(const std::string& text, char separator) {
  const auto at = text.find(separator);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, text);
  return {text.substr(0, at), text.substr(at + 1)};
}

/// Stands in for systemd: starts the service "try" with a drop-in, with all folders below a separate root.
struct Units : Installation {
  Units() {
    for (const char* folder : {"etc", "credentials", "state/koobatch/try", "collector"}) {
      fs::create_directories(path(folder));
    }
    root().write("etc/try.ndjson", generate_job(20, 5).text);
  }

  std::string unit(const std::string& type, const std::string& unit_name = "koobatch") const {
    return root().read(fmt::format("usr/lib/systemd/system/{}@.{}", unit_name, type));
  }
  /// The one that holds `text`.
  std::string drop_in(const std::string& text, const std::string& unit_name = "koobatch") const {
    for (const auto& block : documented_drop_ins(unit("service", unit_name))) {
      if (block.find(text) != std::string::npos) return block;
    }
    BOOST_FAIL("no such drop-in: " << text);
    return {};
  }

  /// Units refer to others, which systemd provides.
  Finished verify() const {
    fs::copy("/usr/lib/systemd/system", path("usr/lib/systemd/system"),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::skip_existing);
    return run_program({"/usr/bin/systemd-analyze", "verify", "--man=no", "--root=" + path(""), "koobatch@try.service",
                        "koobatch@try.timer", "koobatch-drift@try.service", "koobatch-drift@try.timer",
                        "koobatch-worker@try.service"});
  }

  Finished start(const std::string& drop_in = {}, const std::string& unit_name = "koobatch") const {
    const auto settings = with_specifiers(unit("service", unit_name) + drop_in);
    for (const auto& credential : values_of(settings, "LoadCredential")) hand_over(credential);
    Process::Environment variables = {{"CREDENTIALS_DIRECTORY", path("credentials")}};
    for (const auto& variable : values_of(settings, "Environment")) {
      const auto [name, value] = split_at(variable, '=');
      variables[name] = value;
    }
    auto command = words_of(values_of(settings, "ExecStart").at(0));
    BOOST_REQUIRE(command.at(0) == "koobatch");
    for (const std::string variable : {"JOB", "DESIRED"}) {
      std::replace(command.begin(), command.end(), fmt::format("${{{}}}", variable), variables[variable]);
    }
    command[0] = path("usr/bin/koobatch");
    const auto shell = fmt::format("umask {}; exec \"$@\"", values_of(settings, "UMask").back());
    command.insert(command.begin(), {"/bin/sh", "-c", shell, "sh"});
    return run_program(command, variables, path("state/koobatch/try"));
  }

  std::vector<std::string> reports() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path("state/koobatch/try"))) {
      const std::string file = entry.path();
      if (file.ends_with(".report.ndjson")) found.push_back(file);
    }
    return found;
  }

 private:
  std::string with_specifiers(std::string text) const {
    for (const auto& [specifier, value] : {std::pair<std::string, std::string>{"/etc/koobatch", path("etc")},
                                           {"/var/lib/prometheus/node-exporter", path("collector")},
                                           {"%d", path("credentials")},
                                           {"%i", "try"},
                                           {"%S", path("state")}}) {
      boost::algorithm::replace_all(text, specifier, value);
    }
    return text;
  }
  /// "NAME:FILE": with the rights that the service has on it by an access control list.
  void hand_over(const std::string& credential) const {
    const auto [name, file] = split_at(credential, ':');
    const auto copy = root().write("credentials/" + name, read_file(file));
    ::chmod(copy.c_str(), 0440);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(systemd, Units)

BOOST_AUTO_TEST_CASE(it_accepts_the_units) {
  const auto verified = verify();
  BOOST_TEST(verified.status == 0);
  BOOST_TEST(verified.out + verified.err == "");
}

BOOST_AUTO_TEST_CASE(it_accepts_every_drop_in_that_the_units_show) {
  for (const auto& [name, type] : {std::pair<std::string, std::string>{"koobatch", "service"},
                                   {"koobatch", "timer"},
                                   {"koobatch-drift", "service"},
                                   {"koobatch-drift", "timer"},
                                   {"koobatch-worker", "service"}}) {
    const auto folder = fmt::format("etc/systemd/system/{}@.{}.d", name, type);
    fs::create_directories(path(folder));
    const auto blocks = documented_drop_ins(unit(type, name));
    BOOST_TEST(blocks.size() >= 1U, name << type);
    for (std::size_t i = 0; i < blocks.size(); ++i) root().write(fmt::format("{}/{}.conf", folder, i), blocks[i]);
  }
  root().write("etc/systemd/system/tell-somebody@.service", "[Service]\nExecStart=/usr/bin/koobatch --version\n");
  const auto verified = verify();
  BOOST_TEST(verified.status == 0);
  BOOST_TEST(verified.out + verified.err == "");
}

BOOST_AUTO_TEST_CASE(it_looks_for_the_program_where_it_is_installed) {
  fs::remove(path("usr/bin/koobatch"));
  const auto verified = verify();
  BOOST_TEST(verified.status != 0);
  BOOST_TEST(verified.err.find("koobatch is not executable") != std::string::npos, verified.err);
}

// Settings in the folder for settings, the token as systemd hands it over, the report among the service's own files.
BOOST_AUTO_TEST_CASE(what_the_service_starts_is_a_run) {
  Service service;
  root().write("etc/try.toml", fmt::format("endpoint = \"{}\"\nuser-id = \"7\"\n", service.url()));
  root().write("etc/try.token", "secret");
  const auto finished = start();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.err.find("warning") == std::string::npos, finished.err);
  BOOST_REQUIRE(reports().size() == 1U);
  BOOST_TEST(read_report(reports().front()).results.size() == 20U);
}

BOOST_AUTO_TEST_CASE(the_service_signs_as_an_app_with_the_drop_in_for_it) {
  const auto secret = root().write("etc/try.secret", "secret");
  ::chmod(secret.c_str(), 0600);
  Service service({"--app-id", "app-1", "--app-secret-file", secret});
  root().write("etc/try.toml", fmt::format("endpoint = \"{}\"\nuser-id = \"7\"\napp-id = \"app-1\"\n", service.url()));
  const auto finished = start(drop_in("APP_SECRET_FILE"));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_REQUIRE(reports().size() == 1U);
  BOOST_TEST(read_report(reports().front()).results.size() == 20U);
}

BOOST_AUTO_TEST_CASE(the_service_leaves_metrics_for_the_node_exporter_with_the_drop_in_for_it) {
  root().write("etc/try.toml", "simulate = true\nuser-id = \"7\"\n");
  root().write("etc/try.token", "secret");
  const auto block = drop_in("METRICS_FILE");
  const auto finished = start(block);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(root().read("collector/try.prom").find("koobatch_exit_status{task=\"try\"} 0") != std::string::npos);
  // The exporter is another user.
  struct stat facts{};
  BOOST_REQUIRE(::stat(path("collector/try.prom").c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & S_IROTH) != 0U);
  // ProtectSystem=strict lets it write there only if a setting allows that.
  BOOST_TEST((values_of(block, "ReadWritePaths") == std::vector<std::string>{"/var/lib/prometheus/node-exporter"}));
}

BOOST_AUTO_TEST_CASE(the_service_for_drift_says_what_differs_and_changes_nothing) {
  const std::string item = R"({"type":"shared_folder","id":"1","user_id":"42","name":"Plans","ownerId":"42"})";
  const Service service({"--state", root().write("items.ndjson", item + "\n")});
  root().write("etc/try.toml", fmt::format("endpoint = \"{}\"\n", service.url()));
  root().write("etc/try.token", "secret");
  root().write("etc/try.users", "42\n");
  root().write("etc/try.desired.ndjson", item + "\n");
  const auto same = start({}, "koobatch-drift");
  BOOST_TEST(same.status == 0, same.out << same.err);
  root().write("etc/try.desired.ndjson", boost::algorithm::replace_first_copy(item, "Plans", "Plans 2026") + "\n");
  const auto differs = start({}, "koobatch-drift");
  BOOST_TEST(differs.status == 1, differs.out << differs.err);
  BOOST_TEST(differs.out.find("\"Plans\" → \"Plans 2026\"") != std::string::npos, differs.out);
  BOOST_TEST(member(service.get("/_sim/stats"), "applied") == "0");
  BOOST_TEST(fs::is_empty(path("state/koobatch/try")), "what was read is gone");
}

BOOST_AUTO_TEST_CASE(all_services_are_confined_alike) {
  const auto confinement = [&](const std::string& name) {
    const auto text = unit("service", name);
    return text.substr(text.find("DynamicUser="));
  };
  BOOST_TEST(confinement("koobatch") == confinement("koobatch-drift"));
  BOOST_TEST(confinement("koobatch") == confinement("koobatch-worker"));
  BOOST_TEST(confinement("koobatch").find("ProtectSystem=strict") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stopping_leaves_time_for_requests_in_flight_and_for_the_program_at_the_end) {
  const auto allowed = koobatch::parse_duration(values_of(unit("service"), "TimeoutStopSec").back());
  BOOST_REQUIRE(allowed.has_value());
  const auto needed = koobatch::cli::drain_grace + koobatch::cli::Schedule{}.on_complete_timeout;
  BOOST_TEST((*allowed > needed));
}

BOOST_AUTO_TEST_CASE(resuming_by_hand_takes_the_lock_of_the_service) {
  const auto words = words_of(values_of(unit("service"), "ExecStart").at(0));
  const auto option = std::find(words.begin(), words.end(), "--lock");
  BOOST_REQUIRE((words.end() - option > 1));
  std::string lock = fmt::format("--lock {}", *(option + 1));
  boost::algorithm::replace_all(lock, "%S", "/var/lib");
  boost::algorithm::replace_all(lock, "%i", "names");
  const auto page = read_file(project_file("docs/running.md"));
  const auto command = page.substr(page.find("koobatch resume /var/lib/koobatch/names/"));
  BOOST_TEST(command.substr(0, command.find('`')).find(lock) != std::string::npos, lock);
}

BOOST_AUTO_TEST_SUITE_END()
