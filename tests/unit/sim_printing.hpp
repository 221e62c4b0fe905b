// How Boost.Test shows the simulator's enumerations.
#pragma once
#include "koobatch/sim/item_settings.hpp"
#include "sim/reading.hpp"

#include <array>
#include <cstddef>
#include <ostream>

namespace koobatch::sim {

inline std::ostream& boost_test_print_type(std::ostream& out, NameClash value) {
  constexpr std::array names = {"accept", "refuse", "stamp"};
  return out << names.at(static_cast<std::size_t>(value));
}
inline std::ostream& boost_test_print_type(std::ostream& out, ListFault::Kind value) {
  constexpr std::array names = {"add", "remove", "rename", "cut", "empty", "endless", "growing", "total", "numbers"};
  return out << names.at(static_cast<std::size_t>(value));
}
inline std::ostream& boost_test_print_type(std::ostream& out, ListFault::Place value) {
  constexpr std::array names = {"before", "in", "after", "index"};
  return out << names.at(static_cast<std::size_t>(value));
}
inline std::ostream& boost_test_print_type(std::ostream& out, Reading::What value) {
  constexpr std::array names = {"folder_list", "one_folder", "album_list"};
  return out << names.at(static_cast<std::size_t>(value));
}
inline std::ostream& boost_test_print_type(std::ostream& out, Reading::Whose value) {
  constexpr std::array names = {"all", "created", "joined"};
  return out << names.at(static_cast<std::size_t>(value));
}

}  // namespace koobatch::sim
