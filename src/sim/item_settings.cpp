#include "koobatch/sim/item_settings.hpp"

#include "sim/list_faults.hpp"
#include "sim/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace koobatch::sim {
namespace {

using Kind = ListFault::Kind;
using Place = ListFault::Place;

constexpr std::string_view prefix = "list=";

/// The names of the kinds, in their order.
constexpr std::array<std::string_view, 9> kind_names = {"add",     "remove",  "rename", "cut",    "empty",
                                                        "endless", "growing", "total",  "numbers"};
constexpr std::array<std::string_view, 3> place_names = {"before", "in", "after"};

/// The names of the parameters that a kind has.
std::vector<std::string_view> parameters_of(Kind kind) {
  if (kind <= Kind::rename) return {"page", "at", "times"};
  if (is_of_one_page(kind)) return {"page", "times"};
  if (kind == Kind::total) return {"page", "by"};
  return {"page"};
}

std::string read_page(std::string_view value, ListFault& fault) {
  const auto page = parse_number<std::uint32_t>(value);
  if (!page || *page == 0) return fmt::format("the page '{}' is not a number from 1", value);
  fault.page = *page;
  return {};
}

std::string read_place(std::string_view value, ListFault& fault) {
  if (const auto found = std::ranges::find(place_names, value); found != place_names.end()) {
    fault.place = static_cast<Place>(found - place_names.begin());
    return {};
  }
  const auto index = parse_number<std::uint64_t>(value);
  if (!index) return fmt::format("the place '{}' is neither before, in or after, nor a number from 0", value);
  fault.place = Place::index;
  fault.index = *index;
  return {};
}

std::string read_times(std::string_view value, ListFault& fault) {
  const auto times = parse_number<std::uint32_t>(value);
  if (value != "always" && (!times || *times == 0)) {
    return fmt::format("'{}' is neither a number of times from 1 nor 'always'", value);
  }
  fault.times = times.value_or(ListFault::always);
  return {};
}

std::string read_by(std::string_view value, ListFault& fault) {
  const bool has_plus = value.starts_with('+') && !value.starts_with("+-");
  const auto by = parse_number<std::int32_t>(value.substr(has_plus ? 1 : 0));
  if (!by || *by == 0) return fmt::format("'{}' is not a whole number such as +2 or -1", value);
  fault.by = *by;
  return {};
}

/// Parses a parameter. Returns what is wrong; empty if nothing is.
std::string read_parameter(const Parameter& item, ListFault& fault, std::vector<std::string_view>& unused) {
  const auto known = parameters_of(fault.kind);
  const auto found = std::ranges::find(unused, item.name);
  if (std::ranges::find(known, item.name) == known.end()) {
    return fmt::format("unknown parameter '{}'; known are {}", item.name, fmt::join(known, ", "));
  }
  if (!item.value) return fmt::format("'{}' needs a value", item.name);
  if (found == unused.end()) return fmt::format("'{}' is given twice", item.name);
  unused.erase(found);
  if (item.name == "page") return read_page(*item.value, fault);
  if (item.name == "at") return read_place(*item.value, fault);
  if (item.name == "times") return read_times(*item.value, fault);
  return read_by(*item.value, fault);
}

}  // namespace

Result<MadeUpItems> parse_made_up_items(std::string_view text) {
  constexpr std::uint32_t most = 100'000'000;
  ParameterList list(text);
  const std::string_view first = list.take();
  const auto count = parse_number<std::uint32_t>(first);
  if (!count || *count > most) {
    return usage_error(fmt::format("'{}' is not a number of items from 0 to {}", first, most));
  }
  MadeUpItems items{.count = *count};
  std::vector<std::string_view> unused = {"users", "albums"};
  while (!list.empty()) {
    const Parameter item(list.take());
    const bool users = item.name == "users";
    if (!users && item.name != "albums") {
      return usage_error(fmt::format("unknown parameter '{}'; known are users and albums", item.name));
    }
    if (std::erase(unused, item.name) == 0) return usage_error(fmt::format("'{}' is given twice", item.name));
    const std::string_view value = item.value.value_or("");
    const auto number = parse_number<std::uint32_t>(value);
    if (users && (!number || *number == 0 || *number > most)) {
      return usage_error(fmt::format("the users '{}' are not a number from 1", value));
    }
    if (!users && (!number || *number > items.count)) {
      return usage_error(
          fmt::format("the albums '{}' are not a number from 0 to {}, that of all items", value, items.count));
    }
    (users ? items.users : items.albums) = *number;
  }
  return items;
}

bool is_list_fault(std::string_view text) {
  return text.starts_with(prefix);
}

Result<ListFault> parse_list_fault(std::string_view text) {
  ParameterList list(text.substr(prefix.size()));
  const std::string_view name = list.take();
  const auto found = std::ranges::find(kind_names, name);
  if (found == kind_names.end()) {
    return usage_error(fmt::format("unknown change of a list '{}'; known are {}", name, fmt::join(kind_names, ", ")));
  }
  ListFault fault{.kind = static_cast<Kind>(found - kind_names.begin())};
  if (!is_of_one_page(fault.kind)) fault.page = 1;
  auto unused = parameters_of(fault.kind);
  while (!list.empty()) {
    if (const auto wrong = read_parameter(Parameter(list.take()), fault, unused); !wrong.empty()) {
      return usage_error(wrong);
    }
  }
  return fault;
}

}  // namespace koobatch::sim
