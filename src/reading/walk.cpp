#include "reading/walk.hpp"

#include "koobatch/reading/notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::reading {
namespace {

using koodrive::Turn;

Turn failure(Status status, std::string error) {
  return {.kind = Turn::Kind::end, .status = status, .error = std::move(error)};
}

}  // namespace

Turn Walk::read(const http::Answer& answer, const koodrive::Outcome& outcome, bool) {
  if (outcome.verdict != koodrive::Verdict::succeeded) return failure(Status::rejected, {});
  Page page;
  if (const auto why = read_page(kind_, list_, user_, answer.body, page)) {
    return failure(Status::failed, fmt::format("the answer cannot be read: {}", *why));
  }
  if (confirmations_.may_be_cut(page.size())) walk_.confirm();
  const auto step = walk_.take(page);
  if (walk_.was_denied()) confirmations_.deny();
  if (step == ListWalk::Step::failed) return failure(Status::failed, walk_.why());
  if (step == ListWalk::Step::anew) {
    begin_.emplace(walk_.why());
    unreadable_ = 0;
    return {.kind = Turn::Kind::read};
  }
  // Pages overlap: what cannot be read is counted once.
  const auto is_item = [&](std::size_t place) { return std::ranges::binary_search(page.places, place); };
  const auto items = static_cast<std::size_t>(std::ranges::count_if(walk_.fresh(), is_item));
  unreadable_ += walk_.fresh().size() - items;
  const auto begin = std::exchange(begin_, std::nullopt);
  if (step == ListWalk::Step::done) {
    return {.kind = Turn::Kind::end, .note = page_note(page, walk_.fresh(), begin, end())};
  }
  return {.kind = Turn::Kind::read, .note = page_note(page, walk_.fresh(), begin, std::nullopt)};
}

WalkEnd Walk::end() const {
  WalkEnd end;
  end.pages = walk_.pages();
  end.items = walk_.size();
  end.unreadable = unreadable_;
  end.begun_anew = walk_.begun_anew();
  end.is_confirmed = walk_.is_confirmed();
  end.was_cut_early = walk_.was_denied() && confirmations_.is_below_limit(walk_.denied_length());
  end.instability = walk_.instability();
  return end;
}

}  // namespace koobatch::reading
