#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <span>
#include <string>
#include <string_view>

/// What `koobatch operations` says about an operation, for people.
namespace koobatch::cli {

/// The rules of a field: "1 to 31 characters, no emoji".
std::string describe_rules(const koodrive::FieldRow& field);

/// "may be repeated only with renameMode 3"
std::string repeatable_text(const koodrive::OperationRow& row);

/// "name, status"
std::string names_text(std::span<const std::string_view> names);

}  // namespace koobatch::cli
