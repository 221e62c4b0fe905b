#pragma once
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <ostream>
#include <string_view>
#include <type_traits>
#include <utility>

// Lets BOOST_TEST(a == b) print enumerators by their names, which the compiler knows: enums need no code for that.

namespace koobatch::enum_names {

template <auto value>
constexpr std::string_view signature() {
  return __PRETTY_FUNCTION__;  // "… [with auto value = koobatch::Status::failed; …]", or "… (koobatch::Status)7; …"
}

/// The name without its scopes; empty if no enumerator has the value.
template <auto value>
constexpr std::string_view name_of() {
  constexpr std::string_view mark = "value = ";
  std::string_view text = signature<value>();
  text.remove_prefix(text.find(mark) + mark.size());
  text = text.substr(0, text.find_first_of(";]"));
  return text.starts_with('(') ? std::string_view() : text.substr(text.rfind(':') + 1);
}

/// The most enumerators that an enum may have here.
constexpr std::size_t most_enumerators = 64;

template <class Enum, std::size_t... values>
std::string_view name_of(Enum value, std::index_sequence<values...>) {
  std::string_view name;
  ((static_cast<std::size_t>(value) == values ? void(name = name_of<static_cast<Enum>(values)>()) : void()), ...);
  return name;
}

}  // namespace koobatch::enum_names

namespace boost::test_tools::tt_detail {

template <class Enum>
requires std::is_enum_v<Enum> && (!std::is_convertible_v<Enum, int>)struct print_log_value<Enum> {
  void operator()(std::ostream& out, Enum value) const {
    const auto name =
        koobatch::enum_names::name_of(value, std::make_index_sequence<koobatch::enum_names::most_enumerators>());
    if (name.empty()) {
      out << static_cast<long long>(value);
    } else {
      out << name;
    }
  }
};

}  // namespace boost::test_tools::tt_detail
