#include "reading/walk.hpp"

#include "reading/notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::reading {
namespace {

using koodrive::Turn;

Turn failure(Status status, std::string reason) {
  return {.kind = Turn::Kind::end, .status = status, .reason = std::move(reason)};
}

}  // namespace

Turn Walk::begin() {
  walk_.begin(confirmations_.next());
  unreadable_ = 0;
  return {.kind = Turn::Kind::read, .note = begin_note({})};
}

Turn Walk::read(const http::Answer& answer, const koodrive::Outcome& outcome) {
  if (outcome.verdict != koodrive::Verdict::succeeded) return failure(Status::rejected, koodrive::describe(outcome));
  Page page;
  if (const auto why = read_page(kind_, list_, user_, answer.body, page)) {
    return failure(Status::failed, fmt::format("the answer cannot be read: {}", *why));
  }
  const auto step = walk_.take(page);
  if (walk_.was_denied()) confirmations_.deny();
  if (step == ListWalk::Step::failed) return failure(Status::failed, walk_.why());
  if (step == ListWalk::Step::anew) {
    unreadable_ = 0;
    return {.kind = Turn::Kind::read, .note = begin_note(walk_.why())};
  }
  // Of those that cannot be read, none is counted twice because pages overlap.
  const auto is_item = [&](std::size_t place) { return std::ranges::binary_search(page.places, place); };
  unreadable_ += walk_.fresh().size() - static_cast<std::size_t>(std::ranges::count_if(walk_.fresh(), is_item));
  if (step == ListWalk::Step::done) return end_with(page);
  return {.kind = Turn::Kind::read, .note = page_note(page, walk_.fresh(), std::nullopt)};
}

Turn Walk::end_with(const Page& page) const {
  WalkEnd end;
  end.pages = walk_.pages();
  end.items = walk_.size();
  end.unreadable = unreadable_;
  end.begun_anew = walk_.begun_anew();
  end.is_confirmed = walk_.is_confirmed();
  end.instability = walk_.instability();
  return {.kind = Turn::Kind::end, .status = Status::succeeded, .note = page_note(page, walk_.fresh(), end)};
}

Turn Walk::written(Status, const koodrive::Outcome&) {
  return failure(Status::failed, "a list is only read");
}

}  // namespace koobatch::reading
