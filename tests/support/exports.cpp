#include "exports.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

namespace koobatch::test::exports {

std::string folder(const std::string& id, const std::string& name, const std::string& more) {
  return fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"42","name":"{}"{}}})"
                     "\n",
                     id, name, more);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

Items items_of(const std::string& ndjson) {
  Items items;
  std::istringstream lines(ndjson);
  for (std::string line; std::getline(lines, line);) {
    const auto type = member(line, "type");
    if (type.empty()) continue;
    const bool has_name = type != "album" || member(line, "albumType") == "2";
    const auto is_new = items.emplace(type + ":" + member(line, "id"),
                                      member(line, "user_id") + " " + (has_name ? member(line, "name") : ""));
    BOOST_TEST(is_new.second, "twice: " << line);
  }
  return items;
}

std::string summary_of(const std::string& ndjson) {
  const auto at = ndjson.rfind("{\"state\":");
  return at == std::string::npos ? std::string() : ndjson.substr(at);
}

std::string secret(const Workspace& workspace, const std::string& text) {
  auto path = workspace.write("secret", text);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

Texts House::command(const std::string& file, const Texts& flags) const {
  Texts command = {"export", "--endpoint",   service.url(), "--token-env", "TOKEN",
                   "--out",  file,           "--progress",  "none",        "--max-attempts",
                   "50",     "--retry-base", "1ms",         "--retry-cap", "5ms"};
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

Finished House::run(const Texts& flags, const Process::Environment& environment) const {
  return run_koobatch(command(out, flags), environment);
}

std::string House::state(const Texts& flags) const {
  std::filesystem::remove(out);
  const auto finished = run(flags);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(!std::filesystem::exists(journal));
  return std::filesystem::exists(out) ? workspace.read("report.state.ndjson") : std::string();
}

std::string House::kill_after(const std::string& part, std::size_t times, const Texts& flags) const {
  Texts all = command(out, flags);
  all.insert(all.begin(), KOOBATCH_BINARY);
  Process process(all, token);
  std::string recorded;
  while (count_of(recorded, part) < times) {
    ::usleep(1'000);
    if (std::filesystem::exists(journal)) recorded = read_file(journal);
  }
  process.signal(SIGKILL);
  BOOST_TEST(process.wait().status == 128 + SIGKILL);
  BOOST_TEST(!std::filesystem::exists(out));
  return read_file(journal);
}

Finished House::interrupt(int signal, const Texts& flags) const {
  Texts all = command(out, flags);
  all.insert(all.begin(), KOOBATCH_BINARY);
  const auto before = number("reads");
  Process process(all, token);
  while (number("reads") == before) ::usleep(1'000);
  process.signal(signal);
  return process.wait();
}

}  // namespace koobatch::test::exports
