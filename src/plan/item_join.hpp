#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/limits.hpp"
#include "koobatch/plan/names.hpp"
#include "koobatch/state/item.hpp"
#include "koobatch/state/item_parser.hpp"
#include "plan/database.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::plan {

/// Holds the items that are desired against those that are there, both in any order, and more of them than fit into
/// memory: they are joined in a temporary file.
class ItemJoin {
 public:
  /// An item that differs, or may differ: compare() knows.
  struct Pair {
    state::Entry desired;
    std::optional<state::Item> present;  ///< nothing: there is no such item
  };

  /// `folder`: where the temporary file is, up to 1000 bytes for each item. `names`: what next_group() regards. The
  /// catalogue must outlive the join and the items that it returns.
  static Result<std::unique_ptr<ItemJoin>> create(const std::filesystem::path& folder,
                                                  const koodrive::ResourceCatalogue& kinds, Names names);

  /// An item that is added again replaces the earlier one, as what is read later is newer.
  Result<void> add_present(const state::Item& item);
  /// Precondition: the entry has an identifier.
  Result<void> add_desired(const state::Entry& entry);

  /// Ends the adding. To be called once, before what follows. An item that is desired twice is an error (job) that
  /// names both lines.
  Result<void> finish();
  /// Reads the desired items that are not there, or not exactly as desired, which are planned together: those in one
  /// scope of names, or a single one where names are not unique. By kind, scope and identifier; items that are not
  /// there come first. False at the end. Memory: that of the largest group.
  Result<bool> next_group(std::vector<Pair>& group);
  /// Has next_group() begin with the first group again.
  Result<void> rewind();

  /// The items other than those of the group whose names its items want, but for case and Unicode form.
  Result<std::vector<state::Item>> bystanders(std::span<const Pair> group);
  /// Whether an item has this name in the scope of the group's items, but for case and Unicode form.
  Result<bool> is_taken(const state::Item& in_scope, std::string_view name);

  /// What there is of each kind of which something is there or desired; `changed` is left 0.
  Result<std::vector<KindCounts>> counts();

 private:
  ItemJoin(const koodrive::ResourceCatalogue& kinds, Names names) : kinds_(kinds), names_(names), parser_(kinds) {}
  /// A table in the order of its keys. Rows that come in this order are added at its end, which is fast. All others
  /// wait in a second table, in the order in which they come, and are sorted at the end.
  struct Table {
    std::optional<Statement> add{};
    std::optional<Statement> add_later{};
    std::int64_t last_kind = -1;
    std::string last_id{};
    std::uint64_t later = 0;  ///< rows in the second table

    /// The statement for a row with this key.
    Statement& for_key(std::int64_t kind, std::string_view id);
  };

  Result<void> prepare();
  Result<void> prepare(Table& table, std::string_view name);
  Result<void> sort(Table& table, const char* statement);
  Result<void> find_doubled();
  std::int64_t number_of(const koodrive::ResourceKind& kind) const;
  /// The field by whose names items of the kind are planned together.
  std::optional<std::size_t> grouping_field(const koodrive::ResourceKind& kind) const;
  /// Reads the next row of differences_ into next_ and next_scope_; false at the end.
  Result<bool> read_pair();
  Result<void> find_named(std::uint64_t key, std::vector<state::Item>& out);

  const koodrive::ResourceCatalogue& kinds_;
  const Names names_;
  state::ItemParser parser_;
  std::unique_ptr<Database> database_;
  Table present_, desired_;
  std::optional<Statement> differences_, named_;
  std::string item_;
  std::string exported_;
  std::optional<Pair> next_;
  std::string next_scope_;  ///< empty: the pair is a group of its own
};

}  // namespace koobatch::plan
