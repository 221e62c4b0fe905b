#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Renaming within a scope in which names are unique: in which order, and with which detours.

namespace koobatch::plan {

/// What is assumed about names in a scope for which the table says that they are unique.
enum class Names : std::uint8_t {
  unique,
  free,  ///< the service accepts that several items have one name
};

/// An item of the scope whose name should change, or not.
struct NamedItem {
  std::string_view was;
  std::string_view wanted;  ///< equal: it is a bystander, which keeps its name
};

/// Why an item keeps its name.
enum class NameConflict : std::uint8_t {
  held,          ///< another item has the wanted name, and keeps it
  held_twice,    ///< several items have the wanted name: nobody can tell when it is free
  wished_twice,  ///< another item is to have the same name
  no_temporary,  ///< it belongs to a cycle, and no temporary name can be found
};

/// What to do, in this order.
struct NameStep {
  enum class Part : std::uint8_t {
    whole,           ///< from the old name to the wanted one
    to_temporary,    ///< from the old name to a temporary one
    from_temporary,  ///< from there to the wanted one
  };

  std::size_t item = 0;  ///< an index
  Part part = Part::whole;
  std::optional<std::size_t> needs{};  ///< the step that must have succeeded before: an index
  std::string temporary{};             ///< the temporary name, unless `part` is whole
};

/// An item that is not renamed.
struct LeftOut {
  std::size_t item = 0;
  NameConflict conflict = NameConflict::held;
  std::size_t other = 0;  ///< the item that has, or is to have, the name; the first of several
};

/// An item whose wanted name another item has, or is to have, but for upper and lower case, or the Unicode form.
struct NearClash {
  std::size_t item = 0;
  std::size_t other = 0;
};

struct NamePlan {
  std::vector<NameStep> steps;
  std::vector<LeftOut> left_out;        ///< by item
  std::vector<NearClash> near_clashes;  ///< by item
};

/// The next temporary name, a new one each time; nothing if there is none left.
using TemporaryNames = std::function<std::optional<std::string>()>;

/// "kb~1a2b3c4d~0", "kb~1a2b3c4d~z", "kb~1a2b3c4d~10": the plan by the first eight characters of its identifier, and
/// the number in base 36.
std::string temporary_name(std::string_view plan_id, std::uint64_t number);

/// Whether a name is a temporary one, of any plan.
bool is_temporary_name(std::string_view name);

/// Plans the renaming of the items of one scope. An item that takes over another one's name is renamed after it; where
/// items exchange names, the first of them gets a temporary name in between. Deterministic. Time and memory are linear
/// in the number of items.
///
/// `items`: those that change, and at least the bystanders that have a wanted name, or nearly have it. Temporary names
/// that any of them has or wants are passed over.
NamePlan plan_names(std::span<const NamedItem> items, const TemporaryNames& temporary_names);

}  // namespace koobatch::plan
