#include "planning.hpp"

#include "state_text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <string_view>

namespace koobatch::test::planning {

std::string folder(const std::string& id, const std::string& name, const std::string& owner) {
  return fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"7","name":"{}","ownerId":{}}})"
                     "\n",
                     id, name, owner);
}
std::string album(const std::string& id, const std::string& name) {
  return fmt::format(R"({{"type":"album","id":"{}","user_id":"7","name":"{}","scopeKind":1}})"
                     "\n",
                     id, name);
}
std::string wish(const std::string& id, const std::string& name, const std::string& type) {
  return fmt::format(R"({{"type":"{}","id":"{}","name":"{}"}})"
                     "\n",
                     type, id, name);
}

std::string Plans::state(const std::string& items, bool complete, std::chrono::minutes age) const {
  return workspace.write("state.ndjson", state_text(items, "https://drive.example", complete, age));
}

Finished Plans::plan(const std::string& items, const std::string& wishes, Texts flags,
                     const Process::Environment& environment) const {
  Texts command = {"plan", desired(wishes), "--state", state(items)};
  command.insert(command.end(), flags.begin(), flags.end());
  return run_koobatch(command, environment);
}

int Plans::status(const std::string& items, const std::string& wishes, Texts flags) const {
  std::filesystem::remove(out);
  flags.insert(flags.end(), {"--out", out});
  const auto finished = plan(items, wishes, flags);
  BOOST_TEST(std::filesystem::exists(out) == (finished.status < 2), finished.err);
  return finished.status;
}

Finished Plans::show(const std::string& text, const Texts& flags) const {
  Texts command = {"plan", "--show", workspace.write("shown.plan", text)};
  command.insert(command.end(), flags.begin(), flags.end());
  return run_koobatch(command);
}

Texts lines_of(const std::string& plan) {
  Texts lines;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream stream;
  const simdjson::padded_string padded(plan);
  BOOST_REQUIRE(parser.parse_many(padded).get(stream) == simdjson::SUCCESS);
  for (auto line : stream) {
    std::string_view id, name, was;
    if (line["was"]["fileName"].get(was) != simdjson::SUCCESS || line["id"].get(id) != simdjson::SUCCESS) continue;
    BOOST_REQUIRE(line["fileName"].get(name) == simdjson::SUCCESS);
    lines.push_back(fmt::format("{} {}>{}", id, was, name));
  }
  return lines;
}

Texts split(const std::string& text) {
  Texts lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = text.find('\n', from);
    lines.push_back(text.substr(from, end + 1 - from));
    from = end + 1;
  }
  return lines;
}

}  // namespace koobatch::test::planning
