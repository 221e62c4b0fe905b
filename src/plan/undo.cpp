#include "koobatch/plan/undo.hpp"

#include "koobatch/plan/readings.hpp"
#include "koobatch/state/value_reader.hpp"

#include <simdjson.h>

namespace koobatch::plan {
namespace {

/// Adds an item, and how it should be again if something was done to it.
Result<void> add_item(Effects& effects, const state::Item& item, PlanMaker& maker) {
  if (auto added = maker.add_present(item); !added) return added;
  const auto effect = effects.take(*item.kind, item.id);
  if (!effect) return effect.error();
  return *effect ? maker.add_desired((*effect)->undo(&item)) : Result<void>();
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

Result<void> read_undo(Effects& effects, state::ItemReader& present, const std::string& name, PlanMaker& maker) {
  state::Entry entry;
  for (;;) {
    const auto more = next_present(present, name, entry);
    if (!more) return more.error();
    if (!*more) break;
    if (auto added = add_item(effects, entry.item, maker); !added) return added;
  }
  // What is left is no longer there.
  for (;;) {
    const auto effect = effects.take_first();
    if (!effect) return effect.error();
    if (!*effect) return {};
    if (auto added = maker.add_desired((*effect)->undo(nullptr)); !added) return added;
  }
}

}  // namespace koobatch::plan
