#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/value.hpp"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::state {

/// Reads a field's value from JSON, which is not null. Returns what is wrong with it, as the end of a sentence.
std::optional<std::string> read_value(const koodrive::ResourceField& field, const simdjson::dom::element& json,
                                      Value& value);

/// The digits of a number, or the text: an identifier, which programs write as either. Nothing for anything else.
std::optional<std::string> identifier_of(const simdjson::dom::element& json);

/// Reads a field's value from the cell of a spreadsheet, which is not empty. Returns what is wrong with it.
std::optional<std::string> read_cell(const koodrive::ResourceField& field, std::string_view cell, Value& value);

/// The value as a cell that read_cell() reads back; empty for an empty text.
std::string cell_of(const Value& value);

}  // namespace koobatch::state
