#pragma once
#include <string_view>

namespace koobatch::postgres {

/// Statements that create schema, tables and roles; for one transaction. They fail where the tables are there already.
std::string_view table_statements();

}  // namespace koobatch::postgres
