#include "koobatch/reading/list_walk.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace koobatch::reading {
namespace {

/// How many more requests a list may take than it would if each brought a quarter of a page.
constexpr std::uint64_t spare_pages = 10;

}  // namespace

void ListWalk::begin(bool confirms) {
  confirms_ = confirms;
  anew_ = 0;
  was_denied_ = false;
  why_.clear();
  instability_.clear();
  restart();
}

void ListWalk::restart() {
  seen_.clear();
  cursors_.clear();
  fresh_.clear();
  total_.reset();
  pages_ = 0;
  stale_pages_ = 0;
  has_stepped_back_ = is_confirming_ = is_confirmed_ = false;
  if (list_.paging == koodrive::Paging::cursor) {
    ask_for_cursor({});
  } else {
    ask_for(window_at(list_, 0));
  }
}

void ListWalk::ask_for(const Window& window) {
  window_ = window;
  target_.clear();
  append_target(target_, list_, window);
}

void ListWalk::ask_for_cursor(std::string cursor) {
  cursor_ = std::move(cursor);
  target_.clear();
  append_target(target_, list_, cursor_);
}

ListWalk::Step ListWalk::take(const Page& page) {
  if (pages_++ == 0) total_ = page.total;
  if (list_.paging == koodrive::Paging::cursor) return take_cursor(page);
  fresh_.clear();
  if (!is_joined(page)) {
    if (!has_stepped_back_ && instability_.empty() && !is_too_long()) return step_back();
    if (const auto anew = reject("the list changed while it was read")) return *anew;
  }
  see(page);
  return page.size() < window_.size ? after_short(page) : after_full(page);
}

/// Whether the page continues what was read: it begins with something that was read, and is still as it was.
bool ListWalk::is_joined(const Page& page) const {
  if (window_.from == 0 || !window_.overlaps) return true;
  if (page.size() == 0) return false;
  const auto seen = seen_.find(page.marks.front().id);
  return seen != seen_.end() && seen->second == page.marks.front().value;
}

void ListWalk::see(const Page& page) {
  fresh_.clear();
  for (std::size_t place = 0; place < page.size(); ++place) {
    const auto [seen, is_new] = seen_.try_emplace(page.marks[place].id, page.marks[place].value);
    if (!is_new && seen->second == page.marks[place].value) continue;
    seen->second = page.marks[place].value;
    // Twice on one page: it has the later value.
    if (!is_new) std::erase_if(fresh_, [&](std::size_t earlier) { return page.marks[earlier].id == seen->first; });
    fresh_.push_back(place);
  }
  // The first page joins nothing, so it proves nothing.
  if (!fresh_.empty() && window_.from != 0) has_stepped_back_ = false;
}

ListWalk::Step ListWalk::step_back() {
  has_stepped_back_ = true;
  const std::uint64_t pages_width = list_.size - 1;
  Window window = window_at(list_, window_.from - std::min(window_.from, pages_width));
  window.overlaps = true;
  ask_for(window);
  return Step::more;
}

/// A page with fewer resources than were asked for is the last one; another one with nothing new confirms that.
ListWalk::Step ListWalk::after_short(const Page& page) {
  if (is_confirming_ && !fresh_.empty()) was_denied_ = true;
  is_confirmed_ = pages_ > 1 && fresh_.empty();
  const bool expects_more = page.total && *page.total > seen_.size();
  if (is_confirmed_ || (!confirms_ && !expects_more)) return finish(page);
  if (is_too_long()) return fail(endless());
  if (!is_confirming_) short_length_ = page.size();
  is_confirming_ = true;
  const std::uint64_t end = window_.from + page.size();
  ask_for(end == 0 ? window_at(list_, 0) : window_after(list_, end));
  return Step::more;
}

ListWalk::Step ListWalk::after_full(const Page& page) {
  if (is_confirming_ && !fresh_.empty()) was_denied_ = true;
  is_confirming_ = false;
  stale_pages_ = fresh_.empty() ? stale_pages_ + 1 : 0;
  if (stale_pages_ > max_stale_pages) {
    constexpr const char* why = "the list repeats itself";
    if (const auto anew = reject(why)) return *anew;
    return fail(why);
  }
  if (is_too_long()) return fail(endless());
  ask_for(window_after(list_, window_.from + page.size()));
  return Step::more;
}

ListWalk::Step ListWalk::take_cursor(const Page& page) {
  see(page);
  if (page.next.empty()) {
    is_confirmed_ = true;
    return finish(page);
  }
  if (!cursors_.insert(XXH3_64bits(page.next.data(), page.next.size())).second) {
    return fail("the list leads to the same page twice");
  }
  if (is_too_long()) return fail(endless());
  ask_for_cursor(page.next);
  return Step::more;
}

ListWalk::Step ListWalk::finish(const Page& page) {
  std::string wrong;
  if (total_ && page.total && *total_ != *page.total) {
    wrong = fmt::format("the list had {} at first, and {} at last", count_of(*total_, "resource"), *page.total);
  } else if (page.total && *page.total != seen_.size()) {
    wrong = fmt::format("the list says that it has {}, and has {}", count_of(*page.total, "resource"), seen_.size());
  }
  if (wrong.empty()) return Step::done;
  return reject(std::move(wrong)).value_or(Step::done);
}

ListWalk::Step ListWalk::fail(std::string why) {
  why_ = std::move(why);
  return Step::failed;
}

std::optional<ListWalk::Step> ListWalk::reject(std::string why) {
  if (anew_ == max_anew) {
    if (instability_.empty()) instability_ = std::move(why);
    return std::nullopt;
  }
  ++anew_;
  why_ = std::move(why);
  restart();
  return Step::anew;
}

std::string ListWalk::endless() const {
  return fmt::format("the list has no end after {} with {}", count_of(pages_, "page"),
                     count_of(seen_.size(), "resource"));
}

bool ListWalk::is_too_long() const {
  if (pages_ >= max_pages_) return true;
  if (list_.paging == koodrive::Paging::cursor) return false;  // its pages may be empty
  const std::uint64_t known = std::max<std::uint64_t>(total_.value_or(0), seen_.size());
  return pages_ > 4 * (known / list_.size) + spare_pages;
}

}  // namespace koobatch::reading
