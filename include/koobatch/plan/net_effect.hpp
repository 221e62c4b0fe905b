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

  /// Adds a change and how it ended, in the order of the job. Only what counts has an effect.
  void add(const Change& change, Status status);

  bool is_nothing() const { return fields_.empty(); }

  /// How the item should be again: as it was before the first of these changes, or what another has set between them.
  /// It counts as changed since, and is left as it is, where it is none of what these changes may have left.
  /// Precondition: the item is the one of the changes.
  state::Entry undo(const state::Item& present) const;

  /// A field of which it is not known what it was.
  struct Loss {
    std::size_t field = 0;
    std::string unread;  ///< see Change
  };
  /// What cannot be undone.
  std::vector<Loss> losses() const;
  /// Whether it is known of any field what it was.
  bool is_any_known() const { return losses().size() < fields_.size(); }

 private:
  struct Field {
    std::optional<state::Value> before;
    std::vector<state::Value> after{};  ///< each of which it may be now; the last one is the most likely
    std::string unread{};               ///< if `before` is not known

    void add(const Change::Field& change, Status status, const std::string& why);
  };

  std::map<std::size_t, Field> fields_;  ///< by index
};

}  // namespace koobatch::plan
