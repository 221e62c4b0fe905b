#pragma once
#include "contains.hpp"
#include "process.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

/// What the suites about making plans share.
namespace koobatch::test::planning {

using Texts = std::vector<std::string>;

#define CHECK_HAS(text, part) BOOST_TEST(contains(text, part), (part) << " is missing in " << (text))

/// The line of a shared folder, of an album, and of what is wished for one.
std::string folder(const std::string& id, const std::string& name, const std::string& owner = "42");
std::string album(const std::string& id, const std::string& name);
std::string wish(const std::string& id, const std::string& name, const std::string& type = "shared_folder");

/// Plans that are made in a folder of their own.
struct Plans {
  /// Writes a state with its last line, as an export does.
  std::string state(const std::string& items, bool complete = true, std::chrono::minutes age = {}) const;
  std::string desired(const std::string& wishes) const { return workspace.write("desired.ndjson", wishes); }

  Finished plan(const std::string& items, const std::string& wishes, Texts flags = {},
                const Process::Environment& environment = {}) const;
  /// The status of a plan, for which no file is left unless it is below 3.
  int status(const std::string& items, const std::string& wishes, Texts flags = {}) const;
  Finished show(const std::string& text, const Texts& flags = {}) const;

  Workspace workspace;
  std::string out = workspace.path("out.plan");
};

/// The lines of a plan as "id name was>wanted", in their order.
Texts lines_of(const std::string& plan);
/// The lines of a text, each with its end.
Texts split(const std::string& text);

/// Four folders of the names a, b, c and d.
inline const std::string four = folder("1", "a") + folder("2", "b") + folder("3", "c") + folder("4", "d");

}  // namespace koobatch::test::planning
