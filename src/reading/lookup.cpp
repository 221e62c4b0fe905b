#include "koobatch/reading/lookup.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/whole_number.hpp"
#include "koobatch/reading/page.hpp"
#include "reading/walk.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::reading {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view id_placeholder = "{id}";

Finding unreadable(std::string why) {
  return {.kind = Finding::Kind::unreadable, .why = std::move(why)};
}

Finding absent() {
  return {.kind = Finding::Kind::absent};
}

bool says_deleted(const koodrive::ResourceShow& show, const dom::element& json) {
  if (show.absent_at.empty()) return false;
  const auto value = find_value(json, show.absent_at);
  const auto number = value ? whole_number(*value) : std::nullopt;
  return number && std::ranges::find(show.absent_values, *number) != show.absent_values.end();
}

}  // namespace

std::string show_target(const koodrive::ResourceKind& kind, std::string_view id) {
  const std::string_view form = kind.show.target;
  const auto place = form.find(id_placeholder);
  assert(place != std::string_view::npos);
  std::string target(form.substr(0, place));
  namespace urls = boost::urls;
  urls::encode(id, urls::unreserved_chars, {}, urls::string_token::append_to(target));
  return target.append(form.substr(place + id_placeholder.size()));
}

Finding read_shown(const koodrive::ResourceKind& kind, std::string_view id, std::string_view user,
                   const http::Answer& answer, const koodrive::Outcome& outcome) {
  const auto& show = kind.show;
  if (outcome.verdict != koodrive::Verdict::succeeded) {
    const bool says_absent = outcome.verdict == koodrive::Verdict::rejected && outcome.code &&
                             std::ranges::find(show.absent_codes, *outcome.code) != show.absent_codes.end();
    return says_absent ? absent() : unreadable(koodrive::describe(outcome));
  }
  dom::parser parser;
  dom::element document;
  if (const auto error = parser.parse(answer.body).get(document); error != simdjson::SUCCESS) {
    return unreadable(fmt::format("the answer is not JSON ({})", simdjson::error_message(error)));
  }
  const auto json = find_value(document, show.at);
  if (!json) return unreadable(fmt::format("the answer has no {}", show.at));
  Finding found{.kind = Finding::Kind::present};
  auto why = read_item(kind, *json, user, found.item);
  if (!found.item.id.empty() && found.item.id != id) {
    return unreadable(fmt::format("the answer is about {}, which was not asked for", quote(found.item.id)));
  }
  if (!found.item.id.empty() && says_deleted(show, *json)) return absent();
  if (why) return unreadable(std::move(*why));
  return found;
}

Lookup::Lookup(const koodrive::ResourceKind& kind, std::string id, std::string user)
    : kind_(kind), id_(std::move(id)), user_(std::move(user)) {
  if (!kind_.show.target.empty()) {
    target_ = show_target(kind_, id_);
    return;
  }
  assert(!kind_.lists.empty());
  walk_.emplace(kind_.lists[list_], max_pages(kind_.lists[list_])).begin(true);
}

std::string_view Lookup::target() const {
  return walk_ ? walk_->target() : std::string_view(target_);
}

std::optional<Finding> Lookup::take(const http::Answer& answer, const koodrive::Outcome& outcome) {
  return walk_ ? take_page(answer, outcome) : read_shown(kind_, id_, user_, answer, outcome);
}

std::optional<Finding> Lookup::take_page(const http::Answer& answer, const koodrive::Outcome& outcome) {
  if (outcome.verdict != koodrive::Verdict::succeeded) return unreadable(koodrive::describe(outcome));
  Page page;
  if (const auto why = read_page(kind_, kind_.lists[list_], user_, answer.body, page)) {
    return unreadable(fmt::format("the answer cannot be read: {}", *why));
  }
  const auto found = std::ranges::find(page.items, id_, &state::Item::id);
  if (found != page.items.end()) return Finding{.kind = Finding::Kind::present, .item = std::move(*found)};
  const auto same_id = std::ranges::find(page.unreadable, id_, &Unreadable::id);
  if (same_id != page.unreadable.end()) return unreadable(same_id->why);
  if (page.unreadable_count > page.unreadable.size()) doubt_ = "much of the list cannot be read";
  switch (walk_->take(page)) {
    case ListWalk::Step::more:
    case ListWalk::Step::anew:
      return std::nullopt;
    case ListWalk::Step::failed:
      return unreadable(walk_->why());
    case ListWalk::Step::done:
      break;
  }
  if (!walk_->instability().empty()) doubt_ = walk_->instability();
  return next_list();
}

std::optional<Finding> Lookup::next_list() {
  if (++list_ < kind_.lists.size()) {
    walk_.emplace(kind_.lists[list_], max_pages(kind_.lists[list_])).begin(true);
    return std::nullopt;
  }
  return doubt_.empty() ? absent() : unreadable(doubt_);
}

}  // namespace koobatch::reading
