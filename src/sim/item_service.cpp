#include "sim/item_service.hpp"

#include "koobatch/koodrive/result_codes.hpp"
#include "sim/item_pages.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace koobatch::sim {
namespace {

/// The key of the item that a judged request is about; empty if it is about none.
std::string_view key_of(const Judgement& j) {
  const bool is_of_item = j.row == nullptr || j.row->key_prefix == key_prefix(ItemKind::shared_folder) ||
                          j.row->key_prefix == key_prefix(ItemKind::album);
  return is_of_item ? j.key : std::string_view();
}

void refuse(Judgement& j, std::int64_t code, std::string msg) {
  j.status = 400;
  j.code = code;
  j.msg = std::move(msg);
}

}  // namespace

ItemService::ItemService(Items items, NameClash clash, std::vector<ListFault> faults)
    : items_(std::move(items)), clash_(clash), faults_(std::move(faults)) {
  if (clash_ != NameClash::accept) items_.count_names();
}

void ItemService::judge(Judgement& j) const {
  assert(j.accepted());
  const std::string_view key = key_of(j);
  if (key.empty()) return;
  const auto item = items_.find(j.key_hash, key);
  if (!item) return refuse(j, koodrive::code::no_such_resource, fmt::format("{} does not exist", key));
  if (j.reading) return;
  if (items_.view(*item).status != 0) {
    return refuse(j, koodrive::code::no_such_resource, fmt::format("{} is deleted", key));
  }
  if (clash_ != NameClash::refuse) return;
  const auto name = wanted_name(j.fields);
  if (name && is_taken(*item, *name)) {
    refuse(j, koodrive::code::name_taken, "another folder of this owner has the name already");
  }
}

/// Whether another folder of the item's owner has the name.
bool ItemService::is_taken(Items::Number item, std::string_view name) const {
  const ItemView view = items_.view(item);
  return view.kind == ItemKind::shared_folder && view.name != name && items_.has_folder(view.owner, name);
}

/// The name with the time appended, and with a number if that is taken, too.
std::string ItemService::stamped(Items::Number item, std::string_view name, WallTime now) {
  const std::string stamp = fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(WallClock::to_time_t(now)));
  if (stamp != stamp_) {
    stamp_ = stamp;
    next_.clear();
  }
  const std::string first = fmt::format("{}_{}", name, stamp);
  if (!is_taken(item, first)) return first;
  int& next = next_.try_emplace(first, 2).first->second;
  std::string stamped;
  do {
    stamped = fmt::format("{}_{}", first, next++);
  } while (is_taken(item, stamped));
  return stamped;
}

bool ItemService::apply(const Judgement& j, WallTime now) {
  const std::string_view key = key_of(j);
  if (key.empty()) return false;
  const auto item = items_.find(j.key_hash, key);
  assert(item);
  const auto name = wanted_name(j.fields);
  if (name && clash_ == NameClash::stamp && is_taken(*item, *name)) {
    items_.apply(*item, j.fields, stamped(*item, *name, now));
  } else {
    items_.apply(*item, j.fields, name);
  }
  return true;
}

void ItemService::append_answer(std::string& out, const Judgement& j, std::string_view user) {
  if (j.reading->what == Reading::What::one_folder) {
    const auto item = items_.find(j.key_hash, j.key);
    assert(item);
    append_metadata(out, items_, *item);
  } else {
    const PageOddity oddity = faults_.at_page(items_, lists_, user, *j.reading);
    append_page(out, items_, lists_.of(items_, user, *j.reading), *j.reading, oddity);
  }
}

}  // namespace koobatch::sim
