#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::reading {

/// The part of a list that one request asks for.
struct Window {
  std::uint64_t from = 0;  ///< the index of its first resource
  std::uint32_t size = 0;
  bool overlaps = false;  ///< whether it begins before the end of what was asked for before

  std::uint64_t end() const { return from + size; }
};

/// The largest window that begins at `index` or before, but no later: at the beginning for 0. Pages that are numbered
/// begin at multiples of their size, which therefore varies.
Window window_at(const koodrive::ResourceList& list, std::uint64_t index);

/// The window that leads furthest beyond `end` of those that begin with the resource before, or with earlier ones. If
/// there is none, as for pages of one resource, it begins at `end`. Precondition: end > 0.
Window window_after(const koodrive::ResourceList& list, std::uint64_t end);

/// Appends the request target for a window of a list that is not read by cursors.
void append_target(std::string& out, const koodrive::ResourceList& list, const Window& window);
/// Appends the request target for the page of a cursor, which is percent-encoded; an empty one: the first page.
void append_target(std::string& out, const koodrive::ResourceList& list, std::string_view cursor);

}  // namespace koobatch::reading
