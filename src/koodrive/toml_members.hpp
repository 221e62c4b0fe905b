#pragma once
#include "vendor/toml.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::koodrive {

/// What is wrong with a file. Only the first one in it is reported: what follows may be its consequence.
class TomlProblems {
 public:
  void add(const toml::node& node, std::string message) { add(node.source().begin, std::move(message)); }
  void add(const toml::source_position& place, std::string message);
  bool any() const { return !message_.empty(); }
  /// "NAME:LINE:COLUMN: MESSAGE"; nothing if there is none.
  std::optional<std::string> first(const std::string& name) const;

 private:
  toml::source_position place_{};
  std::string message_;
};

/// The members of a table in the order of the file: toml++ sorts them by name.
std::vector<std::pair<std::string_view, const toml::node*>> in_file_order(const toml::table& table);

/// Takes a table apart, strictly: each member has its type, and none is left.
class TomlMembers {
 public:
  /// `owner`: what the table describes, for messages. All must outlive this.
  TomlMembers(const toml::table& table, std::string owner, TomlProblems& problems)
      : table_(table), owner_(std::move(owner)), problems_(problems) {}

  bool has(std::string_view name) const { return table_.get(name) != nullptr; }
  /// The member; null if there is none.
  const toml::node* take(std::string_view name);
  /// Each of these is nothing, or empty, if the member is not there; one of another type is reported.
  std::optional<std::string> text(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  const toml::table* table(std::string_view name);

  /// Reports that the member is wrong; `why` continues the sentence that begins with its name.
  void refuse(std::string_view name, std::string_view why);
  /// Reports that the member is missing.
  void require(std::string_view name, std::string_view what);
  /// Reports members that nothing has asked for.
  void finish();

 private:
  const toml::table& table_;
  std::string owner_;
  TomlProblems& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace koobatch::koodrive
