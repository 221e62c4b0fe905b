#include "cli/running/users_file.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/trimmed.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <fmt/format.h>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view header = "user_id";

}  // namespace

Result<std::vector<std::string>> read_users(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_error(ErrorKind::usage, path.string(), "cannot be read", errno);
  std::vector<std::string> users;
  boost::unordered_flat_set<std::string> known;
  std::uint64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    std::string_view user = line;
    if (++number == 1 && user.starts_with(byte_order_mark)) user.remove_prefix(byte_order_mark.size());
    user = trimmed(user, " \t\r");
    if (user.empty() || (number == 1 && user == header)) continue;
    std::vector<koodrive::Violation> wrong;
    koodrive::check_user_id(user, wrong);
    if (!wrong.empty() || user.find(',') != std::string_view::npos || user.front() == '{' || user.front() == '"') {
      return usage_error(
          fmt::format("{}:{}: {} is not a user ID; the file has one on each line", path.string(), number, quote(user)));
    }
    if (known.emplace(user).second) users.emplace_back(user);
  }
  if (file.bad()) return system_error(ErrorKind::usage, path.string(), "cannot be read", errno);
  if (users.empty()) return usage_error(fmt::format("{}: has no user IDs", path.string()));
  return users;
}

}  // namespace koobatch::cli
