#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/net_effect.hpp"
#include "koobatch/plan/plan_line.hpp"
#include "koobatch/state/item.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::plan {

/// What the lines of a job have done to its items, however many these are: kept in a temporary file until an item is
/// asked for. Each item is handed out once.
class Effects {
 public:
  /// What was done to one item.
  struct Effect {
    const koodrive::ResourceKind* kind = nullptr;
    std::string id;
    std::string user_id{};         ///< in whose name
    std::uint32_t first_line = 0;  ///< of the job: the first one that did something
    NetEffect net{};

    /// How the item should be again. Nothing: it is not there.
    state::Entry undo(const state::Item* present) const;
  };

  /// `folder`: where the temporary file is. The catalogue must outlive the effects.
  static Result<std::unique_ptr<Effects>> create(const std::filesystem::path& folder,
                                                 const koodrive::ResourceCatalogue& kinds);

  ~Effects();

  /// Adds a change and how it ended. Only what succeeded or may have been applied is kept. `age`: of the run that has
  /// made it, where runs repeat each other; the older one was first. Those of one run are added in the order of its
  /// job.
  Result<void> add(const Change& change, Status status, unsigned age = 0);
  Result<void> add(const PlanLine& line, Status status) { return add(change_of(line), status); }
  /// Ends the adding. To be called once, before what follows.
  Result<void> finish();

  /// Takes out what was done to this item; nothing: nothing was, or it was taken out already.
  Result<std::optional<Effect>> take(const koodrive::ResourceKind& kind, std::string_view id);
  /// Takes out what was done to the first of the items that are left; nothing: none is left.
  Result<std::optional<Effect>> take_first();

 private:
  struct Store;
  explicit Effects(std::unique_ptr<Store> store);

  std::unique_ptr<Store> store_;
};

}  // namespace koobatch::plan
