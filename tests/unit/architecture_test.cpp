#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// Which folder may include which: data flows one way, and who stands above may know who stands below.

namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

/// By folder, those it may include beside itself. docs/architecture.md says what each of them is for.
const std::map<std::string, Names> allowed = {
    {"core", {}},
    {"auth", {"core"}},
    {"observe", {"core"}},
    {"page", {"core"}},
    {"http", {"auth", "core"}},
    {"koodrive", {"http", "auth", "core"}},
    {"job", {"koodrive", "auth", "core"}},
    {"flow", {"koodrive", "core"}},
    {"net", {"http", "auth", "core"}},
    {"sim", {"job", "koodrive", "http", "auth", "core"}},
    {"report", {"koodrive", "page", "observe", "core"}},
    {"state", {"job", "koodrive", "core"}},
    {"reading", {"state", "koodrive", "http", "core"}},
    {"plan", {"reading", "state", "job", "koodrive", "http", "page", "auth", "core"}},
    {"retry", {"report", "job", "koodrive", "core"}},
    {"engine", {"retry", "report", "net", "flow", "job", "koodrive", "http", "observe", "auth", "core"}},
    {"control", {"engine", "report", "observe", "core"}},
    {"process", {"observe", "core"}},
    {"fleet", {"engine", "report", "net", "flow", "job", "koodrive", "http", "observe", "core"}},
    {"postgres", {"fleet", "report", "core"}},
    {"cli",
     {"postgres", "fleet", "process", "control", "engine", "retry", "report", "plan", "reading", "state", "sim", "net",
      "flow", "job", "koodrive", "http", "observe", "auth", "core"}},
    {"main", {"cli"}},
};

/// A file of ours and what it includes.
struct File {
  std::string folder;
  std::string path;  ///< from the project's folder
  std::string text;
};

/// A header that other folders may use is included as "koobatch/FOLDER/NAME.hpp", one beside its sources as
/// "FOLDER/NAME.hpp".
std::vector<std::string> included(const std::string& text) {
  static const std::regex pattern(R"re((?:^|\n)#include "([a-z0-9_/]+\.hpp)")re");
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

constexpr std::string_view shared_prefix = "koobatch/";

std::string folder_of_header(std::string header) {
  if (header.starts_with(shared_prefix)) header.erase(0, shared_prefix.size());
  return header.substr(0, header.find('/'));
}

/// What is wrong with the includes, a line each.
std::vector<std::string> find_wrong_arrows(const std::vector<File>& files) {
  std::vector<std::string> wrong;
  for (const File& file : files) {
    const auto row = allowed.find(file.folder);
    if (row == allowed.end()) {
      wrong.push_back(file.path + ": its folder is not in the table");
      continue;
    }
    for (const std::string& header : included(file.text)) {
      const std::string folder = folder_of_header(header);
      if (folder == file.folder || folder == "vendor") continue;
      if (!row->second.contains(folder)) wrong.push_back(file.path + ": must not include " + header);
      if (!header.starts_with(shared_prefix)) wrong.push_back(file.path + ": " + header + " is private to its folder");
    }
  }
  return wrong;
}

/// Headers in include/ that no other folder uses, not even by way of another such header.
std::vector<std::string> find_private_headers(const std::vector<File>& files) {
  std::map<std::string, std::vector<std::string>> of_header;
  Names used;
  std::vector<std::string> open;
  for (const File& file : files) {
    const auto headers = included(file.text);
    if (file.path.starts_with("include/")) of_header[file.path.substr(std::string_view("include/").size())] = headers;
    for (const std::string& header : headers) {
      if (folder_of_header(header) != file.folder && used.insert(header).second) open.push_back(header);
    }
  }
  while (!open.empty()) {
    const std::string header = std::move(open.back());
    open.pop_back();
    for (const std::string& next : of_header[header]) {
      if (used.insert(next).second) open.push_back(next);
    }
  }
  std::vector<std::string> unused;
  for (const auto& [header, ignored] : of_header) {
    if (!used.contains(header)) unused.push_back(header);
  }
  return unused;
}

/// Texts of the code below the command line that hold a flag or a command of koobatch: such names are data there, see
/// core/next_step.hpp.
std::vector<std::string> find_spelled_flags(const std::vector<File>& files) {
  static const std::regex pattern(
      R"re("(?:[^"\n]*--[a-z]|(?:[^"\n]*')?koobatch )re"
      R"re((?:bench|collect|engine|export|fence|forget|generate|operations|plan|report|resume|retry|run|set|simulate|status|stop|)re"
      R"re(submit|trace|undo|validate|verify|work)\b))re");
  static const std::regex comment_begin(R"((?:^|\s)//)");
  std::vector<std::string> spelled;
  for (const File& file : files) {
    if (file.folder == "cli" || file.folder == "main") continue;
    std::istringstream lines(file.text);
    for (std::string line; std::getline(lines, line);) {
      std::smatch comment;
      const bool has_comment = std::regex_search(line, comment, comment_begin);
      const std::string code = has_comment ? comment.prefix().str() : line;
      if (std::regex_search(code, pattern)) spelled.push_back(file.path + ": " + line);
    }
  }
  return spelled;
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<File> all_files() {
  const fs::path root = KOOBATCH_SOURCE_DIR;
  std::vector<File> files;
  for (const char* top : {"src", "include/koobatch"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto ending = entry.path().extension();
      if (ending != ".cpp" && ending != ".hpp") continue;
      const fs::path below = fs::relative(entry.path(), root / top);
      std::string folder = below.has_parent_path() ? below.begin()->string() : "main";
      if (folder == "vendor") continue;
      files.push_back({std::move(folder), fs::relative(entry.path(), root).string(), read(entry.path())});
    }
  }
  return files;
}

std::string listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  return text;
}

/// Whether folder `from` gets to `to` by allowed arrows.
bool reaches(const std::string& from, const std::string& to, Names& seen) {
  for (const auto& next : allowed.at(from)) {
    if (next == to || (seen.insert(next).second && reaches(next, to, seen))) return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(architecture)

BOOST_AUTO_TEST_CASE(a_folder_includes_only_folders_below_it) {
  const auto files = all_files();
  BOOST_TEST(files.size() > 200U);
  const auto wrong = find_wrong_arrows(files);
  BOOST_TEST(wrong.empty(), listed(wrong));
}

BOOST_AUTO_TEST_CASE(a_planted_wrong_arrow_is_found) {
  auto files = all_files();
  files.push_back({"flow", "src/flow/planted.cpp", "#include \"koobatch/net/asio.hpp\"\n"});
  BOOST_TEST(find_wrong_arrows(files).size() == 1U);
  files.back() = {"engine", "src/engine/planted.cpp", "#include <map>\n\n#include \"flow/breaker.hpp\"\n"};
  BOOST_TEST(find_wrong_arrows(files).size() == 1U, "a header beside its sources is not for others");
  files.back() = {"attic", "src/attic/planted.cpp", "#include \"koobatch/core/error.hpp\"\n"};
  BOOST_TEST(find_wrong_arrows(files).size() == 1U);
}

BOOST_AUTO_TEST_CASE(only_the_command_line_spells_flags_and_commands) {
  auto files = all_files();
  const auto spelled = find_spelled_flags(files);
  BOOST_TEST(spelled.empty(), listed(spelled));
  files.push_back(
      {"net", "src/net/planted.cpp", "// --cert\nauto a = \"give --cert\";\nauto b = \"koobatch run x\";\n"});
  BOOST_TEST(find_spelled_flags(files).size() == 2U, "comments may name them");
}

BOOST_AUTO_TEST_CASE(there_are_no_include_cycles) {
  for (const auto& [folder, below] : allowed) {
    Names seen;
    BOOST_TEST(!reaches(folder, folder, seen), folder);
  }
}

BOOST_AUTO_TEST_CASE(every_folder_of_the_table_exists) {
  Names folders;
  for (const File& file : all_files()) folders.insert(file.folder);
  for (const auto& [folder, below] : allowed) BOOST_TEST(folders.contains(folder), folder);
}

BOOST_AUTO_TEST_CASE(headers_that_only_one_folder_uses_lie_beside_its_sources) {
  auto files = all_files();
  const auto unused = find_private_headers(files);
  BOOST_TEST(unused.empty(), listed(unused));
  files.push_back({"flow", "include/koobatch/flow/planted.hpp", "#pragma once\n"});
  BOOST_TEST(find_private_headers(files).size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_file_of_the_product_is_longer_than_400_lines) {
  for (const File& file : all_files()) {
    const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
    BOOST_TEST(lines <= 400, file.path << " has " << lines << " lines");
  }
}

BOOST_AUTO_TEST_SUITE_END()
