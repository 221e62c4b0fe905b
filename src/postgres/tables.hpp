#pragma once
#include <string_view>

namespace koobatch::postgres {

/// Statements that create schema, tables and roles, in one transaction. They fail, and change nothing, where the tables
/// are there already.
std::string_view table_script();

}  // namespace koobatch::postgres
