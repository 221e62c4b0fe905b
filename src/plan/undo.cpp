#include "koobatch/plan/undo.hpp"

#include "koobatch/plan/readings.hpp"
#include "koobatch/state/value_reader.hpp"

#include <simdjson.h>

namespace koobatch::plan {
namespace {

using Reason = Finding::Reason;

/// Adds how an item should be again, as far as that is known.
Result<void> add_desired(const Effects::Effect& effect, const state::Item* present, PlanMaker& maker,
                         const OnLoss& on_loss) {
  const auto losses = effect.net.losses(present);
  for (const auto& [field, unread] : losses) {
    on_loss({.reason = unread.empty() ? Reason::unreadable : Reason::not_captured,
             .line = effect.first_line,
             .kind = effect.kind,
             .id = effect.id,
             .field = std::string(effect.kind->fields[field].name),
             .message = unread});
  }
  return losses.size() < effect.net.size() ? maker.add_desired(effect.undo(present)) : Result<void>();
}

/// Adds an item, and how it should be again if something was done to it.
Result<void> add_item(Effects& effects, const state::Item& item, PlanMaker& maker, const OnLoss& on_loss) {
  if (auto added = maker.add_present(item); !added) return added;
  const auto effect = effects.take(*item.kind, item.id);
  if (!effect) return effect.error();
  return *effect ? add_desired(**effect, &item, maker, on_loss) : Result<void>();
}

}  // namespace

bool set_stored(PlanLine& line, std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object stored;
  if (parser.parse(json.data(), json.size()).get(stored) != simdjson::SUCCESS) return false;
  for (auto& setting : line.settings) {
    const auto& field = line.kind->fields[setting.field];
    simdjson::dom::element value;
    if (setting.is_carried || stored[field.target().name].get(value) != simdjson::SUCCESS) continue;
    if (state::read_value(field, value, setting.wanted)) return false;
  }
  return true;
}

Result<void> read_undo(Effects& effects, state::ItemReader& present, const std::string& name, PlanMaker& maker,
                       const OnLoss& on_loss) {
  state::Entry entry;
  for (;;) {
    const auto more = next_present(present, name, entry);
    if (!more) return more.error();
    if (!*more) break;
    if (auto added = add_item(effects, entry.item, maker, on_loss); !added) return added;
  }
  // What is left is no longer there.
  for (;;) {
    const auto effect = effects.take_first();
    if (!effect) return effect.error();
    if (!*effect) return {};
    if (auto added = add_desired(**effect, nullptr, maker, on_loss); !added) return added;
  }
}

}  // namespace koobatch::plan
