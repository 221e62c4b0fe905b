#include "browser.hpp"

#include "process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace koobatch::test {
namespace {

/// The lines of Chromium's log that a page's console wrote.
std::vector<std::string> console_lines(const std::string& log) {
  std::vector<std::string> lines;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);) {
    if (line.find(":CONSOLE") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

/// The requested URLs in a log of Chromium's network, which has a "url" for every request.
std::vector<std::string> requested(const std::string& log, const std::string& page) {
  constexpr std::string_view label = R"("url":")";
  std::vector<std::string> urls;
  for (std::size_t at = log.find(label); at != std::string::npos; at = log.find(label, at)) {
    at += label.size();
    auto url = log.substr(at, log.find('"', at) - at);
    if (url != page && !url.starts_with("data:") && !url.starts_with("blob:")) urls.push_back(std::move(url));
  }
  return urls;
}

}  // namespace

Shown show_page(const std::string& path, const std::vector<std::string>& flags) {
  const Workspace workspace;
  const std::string url = "file://" + path;
  const auto net_log = workspace.path("net.json");
  std::vector<std::string> command = {"/usr/bin/chromium-headless-shell",
                                      "--no-sandbox",  // which root may not use
                                      "--disable-gpu",
                                      "--enable-logging=stderr",
                                      "--host-resolver-rules=MAP * ~NOTFOUND",
                                      "--user-data-dir=" + workspace.path("profile"),
                                      "--log-net-log=" + net_log,
                                      "--dump-dom"};
  command.insert(command.end(), flags.begin(), flags.end());
  command.push_back(url);
  Process browser(command, {{"HOME", workspace.path("home")}});
  auto finished = browser.wait();
  BOOST_REQUIRE_MESSAGE(finished.status == 0, "Chromium failed: " << finished.err);
  return {std::move(finished.out), console_lines(finished.err), requested(workspace.read("net.json"), url)};
}

}  // namespace koobatch::test
