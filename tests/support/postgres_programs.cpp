#include "postgres_programs.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace koobatch::test {
namespace {

namespace fs = std::filesystem;

const passwd& its_user() {
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr) user = ::getpwnam("nobody");
  if (user == nullptr) throw std::runtime_error("there is neither a user postgres nor nobody");
  return *user;
}

bool is_root() {
  return ::geteuid() == 0;
}

}  // namespace

std::string postgres_programs() {
  std::string newest;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const fs::path folder = version.path() / "bin";
    if (!fs::exists(folder / "postgres") || !fs::exists("/usr/bin/psql")) continue;
    if (newest.empty() || std::stoi(version.path().filename()) > std::stoi(fs::path(newest).parent_path().filename())) {
      newest = folder;
    }
  }
  return newest;
}

std::vector<std::string> as_postgres_user(std::vector<std::string> command, std::string_view at_end) {
  std::vector<std::string> all = {"/usr/bin/setpriv", "--pdeathsig", std::string(at_end)};
  if (is_root()) {
    all.insert(all.end(), {"--reuid", std::to_string(its_user().pw_uid), "--regid", std::to_string(its_user().pw_gid),
                           "--clear-groups"});
  }
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

std::string new_postgres_folder() {
  std::string pattern = (fs::temp_directory_path() / "koobatch-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  if (is_root() && ::chown(pattern.c_str(), its_user().pw_uid, its_user().pw_gid) != 0) {
    throw std::runtime_error("the temporary folder cannot be given to PostgreSQL's user");
  }
  return pattern;
}

}  // namespace koobatch::test
