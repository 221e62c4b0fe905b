#pragma once
#include "koobatch/core/json.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/reading/page.hpp"
#include "state_support.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A small service with one list, for the tests of reading.
namespace reading_support {

using koobatch::koodrive::Paging;
using koobatch::koodrive::ResourceList;

struct Thing {
  std::string id, name;
};

/// The number that a request target has for this parameter; nothing if there is none.
inline std::optional<std::uint64_t> parameter(std::string_view target, std::string_view name) {
  const auto query = target.substr(target.find('?') + 1);
  for (std::size_t at = 0; at < query.size();) {
    const auto end = std::min(query.find('&', at), query.size());
    const auto pair = query.substr(at, end - at);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      std::uint64_t number = 0;
      const auto text = pair.substr(equals + 1);
      const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      BOOST_REQUIRE(error == std::errc());
      BOOST_REQUIRE(rest == text.data() + text.size());
      return number;
    }
    at = end + 1;
  }
  return std::nullopt;
}

/// Answers requests for pages, as the service's pages describe them.
struct Service {
  explicit Service(Paging with) : paging(with) {}

  Paging paging;
  std::vector<Thing> things;
  bool tells_total = false;
  std::int64_t total_by = 0;                                        ///< how much the total is too high
  bool is_endless = false;                                          ///< after its end, the list begins anew
  std::function<void(Service&, std::size_t)> before_page{};         ///< what happens before the request of this number
  std::function<void(std::size_t, std::vector<Thing>&)> distort{};  ///< what is shown instead
  std::size_t requests = 0;
  std::vector<std::string> targets{};

  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) things.push_back({std::to_string(1000 + i), fmt::format("name {}", i)});
  }

  std::string answer(std::string_view target) {
    if (before_page) before_page(*this, requests);
    targets.emplace_back(target);
    std::uint64_t size = 0, from = 0;
    if (paging == Paging::offset) {
      from = parameter(target, "offset").value();
      size = parameter(target, "limit").value();
    } else {
      size = parameter(target, "pageSize").value();
      const auto place = parameter(target, paging == Paging::number ? "pageNum" : "pageCursor");
      from = paging == Paging::number ? (place.value() - 1) * size : place.value_or(0);
    }
    std::vector<Thing> shown;
    for (std::uint64_t i = from; shown.size() < size && !things.empty(); ++i) {
      if (i >= things.size() && !is_endless) break;
      shown.push_back(things[i % things.size()]);
    }
    if (distort) distort(requests, shown);
    ++requests;
    return body_of(shown, from + size);
  }

 private:
  std::string body_of(const std::vector<Thing>& shown, std::uint64_t end) const {
    std::string body;
    koobatch::JsonWriter json(body);
    auto& list = json.key("things").append("[");
    for (const auto& thing : shown) {
      if (list.back() != '[') list += ',';
      koobatch::JsonWriter(list).add("id", thing.id).add("name", thing.name).end();
    }
    list += ']';
    if (tells_total) json.add("total", static_cast<std::int64_t>(things.size()) + total_by);
    if (paging == Paging::cursor && (end < things.size() || is_endless)) json.add("nextCursor", end);
    json.add("code", 0).end();
    return body;
  }
};

/// A list of that service.
inline ResourceList list_with(Paging paging, std::uint32_t size, std::string_view total = {}) {
  return {.target = "/things?kind=1", .paging = paging, .size = size, .items = "/things", .total = total};
}

/// Things are read as shared folders: they have a name that can be set.
inline const koobatch::koodrive::ResourceKind& thing_kind() {
  return state_support::kind("shared_folder");
}

inline koobatch::reading::Page page_of(const ResourceList& list, std::string_view body) {
  koobatch::reading::Page page;
  const auto why = koobatch::reading::read_page(thing_kind(), list, "42", body, page);
  BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
  return page;
}

/// The value of an item's name; empty if it has none.
inline std::string name_of(const koobatch::state::Item& item) {
  return koobatch::state::scope_text(item.values[item.kind->find("name")]);
}

}  // namespace reading_support
