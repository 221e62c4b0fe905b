#pragma once
#include "koobatch/reading/page.hpp"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a walk records of itself, one note after another, so that its items can be collected from a report: a member
// "walk" with an object.

namespace koobatch::reading {

/// How a walk ended.
struct WalkEnd {
  std::uint64_t pages = 0;       ///< of the attempt that counts
  std::uint64_t items = 0;       ///< each counted once, and with those that cannot be read
  std::uint64_t unreadable = 0;  ///< items that cannot be read
  unsigned begun_anew = 0;       ///< how often, because the list had changed
  bool is_confirmed = false;     ///< whether one more request showed that nothing follows
  /// Whether it went on after a page that was shorter than others were: then any list that was not confirmed may do so.
  bool was_cut_early = false;
  std::string instability{};  ///< why it may lack items; empty: it is stable
};

/// How an attempt at a walk begins, which replaces those before.
struct WalkBegin {
  std::string why{};  ///< why those before do not count; empty: there are none, or an earlier segment has made them
};

/// The note about a page: of its items, those at the `fresh` places. `begin`: if it is the first page of an attempt,
/// `end`: if it is the last one.
std::string page_note(const Page& page, std::span<const std::size_t> fresh, const std::optional<WalkBegin>& begin,
                      const std::optional<WalkEnd>& end);

/// A note, as it is read back.
struct WalkNote {
  bool begins = false;
  std::vector<std::string> items;      ///< as state::append_item() has written them
  std::vector<Unreadable> unreadable;  ///< the first few of the page
  std::optional<WalkEnd> end;
};
/// Reads the note of an object's member "walk"; nothing if there is none, or it is anything else.
std::optional<WalkNote> read_note(const simdjson::dom::element& object);

}  // namespace koobatch::reading
