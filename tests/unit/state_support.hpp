#pragma once
#include "job_support.hpp"
#include "koobatch/state/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the tests of reconciliation share.
namespace state_support {

using koobatch::state::Entry;
using koobatch::state::Item;
using koobatch::state::ItemReader;
using koobatch::state::Role;

inline const koobatch::koodrive::ResourceKind& kind(std::string_view name) {
  const auto* const found = koobatch::koodrive::service_resources().find(name);
  BOOST_REQUIRE(found != nullptr);
  return *found;
}

/// An item with values for the named fields.
inline Item item(std::string_view type, std::string id,
                 std::vector<std::pair<std::string_view, koobatch::state::Value>> values = {}, std::string user = {}) {
  Item made{&kind(type), std::move(id), std::move(user), {}};
  made.values.resize(made.kind->fields.size());
  for (auto& [name, value] : values) made.values[made.kind->find(name)] = std::move(value);
  return made;
}

inline std::string line_of(const Item& item) {
  std::string line;
  koobatch::state::append_item(line, item);
  return line;
}

inline koobatch::job::LineSplitter lines_of(const std::string& text) {
  return {job_support::text_source(text, 1000), "items"};
}

/// What a file holds: its entries, and of the other records "LINE: what is wrong".
struct Contents {
  std::vector<Entry> entries;
  std::vector<std::string> wrong;
  std::vector<koobatch::state::MangledRow> mangled;
  std::string error;
};

/// "" if nothing is wrong.
inline std::string first_wrong(const Contents& contents) {
  return contents.wrong.empty() ? "" : contents.wrong.front();
}

inline Contents contents_of(ItemReader& reader) {
  Contents contents;
  Entry entry;
  for (;;) {
    const auto found = reader.next(entry);
    if (!found) {
      contents.error = found.error().message;
      return contents;
    }
    if (*found == ItemReader::Found::end) return contents;
    if (*found == ItemReader::Found::entry) {
      contents.entries.push_back(entry);
    } else {
      contents.wrong.push_back(std::to_string(reader.line()) + ": " + job_support::joined(reader.violations()));
      if (reader.mangled() != nullptr) contents.mangled.push_back(*reader.mangled());
    }
  }
}

inline Contents read_ndjson(const std::string& text, Role role = Role::desired) {
  const auto reader = koobatch::state::read_ndjson(lines_of(text), koobatch::koodrive::service_resources(), role);
  return contents_of(*reader);
}

inline Contents read_csv(const std::string& text, Role role = Role::desired) {
  const auto reader = koobatch::state::read_csv(lines_of(text), koobatch::koodrive::service_resources(), role, "items");
  if (!reader) return {{}, {}, {}, reader.error().message};
  return contents_of(**reader);
}

}  // namespace state_support
