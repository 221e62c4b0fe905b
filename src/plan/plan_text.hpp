#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/plan_file.hpp"
#include "koobatch/plan/plan_line.hpp"

#include <simdjson.h>

#include <optional>
#include <string>

namespace koobatch::plan {

/// Reads the header of a plan; nothing if it is not as the encoder writes it.
std::optional<PlanHeader> parse_header(const simdjson::dom::object& object);

/// Appends a line of a plan, without a line end.
void append_line(std::string& out, const PlanLine& line);

/// Reads a line of a plan; nothing if it is not as the encoder writes it.
std::optional<PlanLine> parse_line(const simdjson::dom::object& object, const koodrive::ResourceCatalogue& kinds);

}  // namespace koobatch::plan
