#pragma once
#include "contains.hpp"
#include "process.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// What the suites about exported states share: a service with items, exports of them, and plans that read them.
namespace koobatch::test::exports {

using Texts = std::vector<std::string>;
using Items = std::map<std::string, std::string>;  ///< "type:id" -> "user_id name"

inline const Process::Environment token = {{"TOKEN", "secret"}};

#define CHECK_HAS(text, part) BOOST_TEST(contains(text, part), (part) << " is missing in " << (text))

/// The line of a shared folder of user 42; `more`: further members, beginning with a comma.
std::string folder(const std::string& id, const std::string& name, const std::string& more = {});
std::size_t count_of(const std::string& text, const std::string& part);
/// The items of a state, or of what the service says that it has. None may be there twice. Collections have a name that
/// lists do not show.
Items items_of(const std::string& ndjson);
/// The last line of a state.
std::string summary_of(const std::string& ndjson);
/// A file that only its owner may read.
std::string secret(const Workspace& workspace, const std::string& text);

/// A service with items, and exports of them in a folder of their own.
struct House {
  explicit House(const Texts& flags) : service(flags) {}

  /// The command without the flags that say whose items are read.
  Texts command(const std::string& file, const Texts& flags) const;
  Finished run(const Texts& flags = {"--user-id", "42"}, const Process::Environment& environment = token) const;
  /// Exports, expects success, and returns the file.
  std::string state(const Texts& flags = {"--user-id", "42"}) const;
  /// Kills an export as soon as `part` is in its journal so many times, and returns the journal.
  std::string kill_after(const std::string& part, std::size_t times, const Texts& flags) const;
  /// Starts an export and sends it this signal once it has read something.
  Finished interrupt(int signal, const Texts& flags) const;
  Items present() const { return items_of(service.get("/_sim/state")); }
  std::string count(const std::string& what) const { return member(service.get("/_sim/stats"), what); }
  std::size_t number(const std::string& what) const { return std::stoul(count(what)); }
  /// Whether the service has got no request but those that read, not even one that it refused.
  bool sent_only_reads() const { return number("requests") + number("unrouted") == 0; }
  bool is_clean() const { return !std::filesystem::exists(out) && !std::filesystem::exists(journal); }
  std::string users(const std::string& text) const { return workspace.write("users", text); }
  /// Users 42, 43 and 44, as a spreadsheet may write them.
  std::string three_users() const { return users("\xef\xbb\xbfuser_id\r\n42\r\n43\r\n\r\n44\n43\n"); }
  std::string ten_users() const { return users("42\n43\n44\n45\n46\n47\n48\n49\n50\n51\n"); }

  Workspace workspace;
  Service service;
  // The library that makes system calls fail looks for this word.
  std::string out = workspace.path("report.state.ndjson");
  std::string journal = out + ".part";
};

/// Items of three users, of whom each has several pages of folders and of albums.
inline const Texts items_of_three_users = {"--items", "6300,users=3,albums=1200"};

}  // namespace koobatch::test::exports
