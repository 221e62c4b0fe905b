#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::postgres {

/// The version of the tables that this program reads and writes.
constexpr int schema_version = 1;

/// What a server says about itself.
struct ServerFacts {
  int version_number = 0;  ///< 150020
  std::string version;     ///< "15.20 (Debian 15.20-0+deb12u1)"
  std::string place;       ///< "db1:5432"
  std::string database;
  std::string user;
  bool is_standby = false;
  bool is_read_only = false;
  bool syncs = true;              ///< fsync
  bool writes_full_pages = true;  ///< full_page_writes
  bool has_checksums = true;      ///< data_checksums
  std::string standby_names;      ///< synchronous_standby_names
  bool has_tables = true;
  bool may_use_tables = true;
  std::optional<int> tables;  ///< their version
};

/// How many servers have what is committed: what synchronous_standby_names says. Nothing: it cannot be understood.
std::optional<unsigned> copies_of(std::string_view standby_names);

/// Whether a server with these properties can be a ledger, tables or not. The error says what to do.
Result<void> check_server(const ServerFacts& facts);
/// Whether it holds the tables of this version.
Result<void> check_tables(const ServerFacts& facts);
/// What it promises, once it has been checked. `copies_known`: the user vouches for as many copies.
fleet::LedgerProperties describe(const ServerFacts& facts, std::optional<unsigned> copies_known);

}  // namespace koobatch::postgres
