#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/plan/plan_line.hpp"
#include "koobatch/state/item.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::plan {

/// What a line of a job has done to one item.
struct Change {
  struct Field {
    std::size_t field = 0;            ///< an index into the kind's fields
    std::optional<state::Value> was;  ///< nothing: it is not known
    state::Value wanted;
  };

  std::uint32_t line = 0;  ///< of the job
  const koodrive::ResourceKind* kind = nullptr;
  std::string id;
  std::string user_id;
  std::vector<Field> fields;
  std::string unread;  ///< why it is not known what a field was; empty: the service does not show it
};

/// What a line of a plan does. What it only carries along is not changed.
Change change_of(const PlanLine& line);

/// What the lines of a job have done to one item, so that it can be undone.
class NetEffect {
 public:
  /// Whether a line that ended like this has an effect, or may have: it succeeded, or may have been applied.
  static bool counts(Status status);

  /// Adds a change and how it ended, in the order of time. Only what counts has an effect.
  void add(const Change& change, Status status);

  bool is_nothing() const { return fields_.empty(); }
  /// The number of fields that have been changed.
  std::size_t size() const { return fields_.size(); }

  /// How the item should be again: as it was before the first of these changes, or what another has set between them.
  /// It counts as changed since, and is left as it is, where it is none of what these changes may have left.
  /// Precondition: the item is the one of the changes.
  state::Entry undo(const state::Item& present) const;

  /// A field of which it is not known what it was.
  struct Loss {
    std::size_t field = 0;
    std::string unread;  ///< see Change
  };
  /// What cannot be undone of an item that is like this now; null: it is not there.
  std::vector<Loss> losses(const state::Item* present) const;

 private:
  /// A value that a field may have now.
  struct Left {
    state::Value value;
    std::optional<state::Value> before;  ///< what it was then before all changes; nothing: that is not known
    std::string unread{};                ///< then: see Change
  };
  struct Field {
    std::vector<Left> left{};  ///< the last one is the most likely

    void add(const Change::Field& change, Status status, const std::string& why);
    /// The one that the field has now. If it has none of them, another has set it since: then one of which it is known
    /// what was before, if there is any.
    const Left& find(const std::optional<state::Value>& now) const;
  };

  std::map<std::size_t, Field> fields_;  ///< by index
};

}  // namespace koobatch::plan
