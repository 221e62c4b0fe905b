#pragma once
#include <tuple>
#include <typeindex>
#include <utility>
#include <vector>

namespace koobatch::cli {

/// The groups that the settings of a command are made of: the struct itself, and the structs it names in `parts()`, and
/// theirs. Options find the struct they store into by its type. Refers to the settings, which must outlive it.
///
///     struct Settings {
///       Presentation presentation;
///       std::string greeting;
///       auto parts() { return std::tie(presentation); }
///     };
class Groups {
 public:
  template <class Settings>
  explicit Groups(Settings& settings) {
    add(settings);
  }

  /// The group of this type; null if there is none.
  void* find(std::type_index type) const {
    for (const auto& [known, group] : groups_) {
      if (known == type) return group;
    }
    return nullptr;
  }
  template <class Group>
  Group* find() const {
    return static_cast<Group*>(find(typeid(Group)));
  }

 private:
  template <class Group>
  void add(Group& group) {
    groups_.emplace_back(typeid(Group), &group);
    if constexpr (requires { group.parts(); }) {
      std::apply([this](auto&... part) { (add(part), ...); }, group.parts());
    }
  }

  std::vector<std::pair<std::type_index, void*>> groups_;
};

}  // namespace koobatch::cli
