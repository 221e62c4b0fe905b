#pragma once
#include "postgres_server.hpp"

namespace koobatch::test {

/// The server of the subject that is a PostgreSQL database.
PostgresServer& postgres_server();
/// The database that holds its tables.
constexpr const char* postgres_database = "koobatch";

}  // namespace koobatch::test
