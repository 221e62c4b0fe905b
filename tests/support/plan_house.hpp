#pragma once
#include "process.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What the suites about plans that are carried out share.
namespace koobatch::test::plans {

using Texts = std::vector<std::string>;
using Names = std::map<std::string, std::string>;  ///< by identifier

inline const Process::Environment token = {{"TOKEN", "secret"}};

/// The folders of user 42 as they are exported from that endpoint.
std::string state_of(const Names& names, const std::string& endpoint);
/// The statuses of a report's results, sorted.
Texts statuses(const ReportLines& report);
/// The status of the result for an item, and its reason if there is one: "skipped drifted".
std::string result_of(const ReportLines& report, const std::string& id);
/// Folders with names of their own.
Names chain(std::size_t length);
/// A page of a firewall for every request.
std::vector<Reply> denied(std::size_t requests);
/// Each gets the name of the next one, and the last one gets `last`.
Names shifted(const Names& names, const std::string& last);

/// A service with the folders of user 42, and plans about them.
class House {
 public:
  explicit House(const Names& names, Texts flags = {});

  /// Reaches the service at another address from now on, and plans for these folders.
  void go_through(const Names& names, const std::string& url);
  /// Plans that the folders get these names.
  std::string plan(const Names& wanted, Texts flags = {"--max-changes", "100%"}) const;

  Texts command(const std::string& plan, const std::string& report, const Texts& flags = {}) const;
  Finished run(const std::string& plan, const Texts& flags = {},
               std::chrono::seconds patience = std::chrono::seconds(300));
  /// Runs a command that continues or repeats what a report says.
  Finished again(const std::string& verb, const std::string& report, const Texts& flags = {}) const;
  /// Renames a folder, as another program would.
  void rename(const std::string& id, const std::string& name) const;
  /// The same for a server's thread, which must check nothing; returns how it ended.
  Finished rename_meanwhile(const std::string& id, const std::string& name) const;
  /// Exports what the service has now into a new file. Returns its path.
  std::string exported() const;
  /// Makes the plan that undoes a run, of what the service has now, and carries it out.
  void undo(const std::string& report);

  ReportLines report() const { return read_report(report_); }
  const std::string& report_path() const { return report_; }
  const Service& service() const { return service_; }
  /// The names that the folders have now.
  Names names() const;
  std::uint64_t count(const std::string& what) const;
  /// Requests that were meant to change something, whatever became of them.
  std::uint64_t writes() const { return count("requests"); }

  Workspace workspace;
  std::string error_limit = "100%";  ///< empty: the default

 private:
  Texts flags_of(const Names& names, Texts flags) const;

  Service service_;
  std::string url_ = service_.url();
  std::string state_;
  std::string report_;
  int runs_ = 0;
  int undos_ = 0;
  mutable int exports_ = 0;
};

}  // namespace koobatch::test::plans
