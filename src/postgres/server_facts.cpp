#include "postgres/server_facts.hpp"

#include "koobatch/core/trimmed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace koobatch::postgres {
namespace {

constexpr int oldest_version = 120000;

std::string server_name(const ServerFacts& facts) {
  return fmt::format("the engine's server {}", facts.place);
}

constexpr std::string_view blanks = " \t\n";

/// Removes a leading word, in any case.
bool take_word(std::string_view& text, std::string_view word) {
  if (text.size() <= word.size()) return false;
  const auto upper = [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); };
  if (!std::ranges::equal(text.substr(0, word.size()), word, {}, upper)) return false;
  const char next = text[word.size()];
  if (blanks.find(next) == std::string_view::npos && next != '(') return false;
  text = trimmed(text.substr(word.size()), blanks);
  return true;
}

}  // namespace

// "FIRST 2 (a, b, c)", "ANY 1 (a, b)", "2 (a, b, c)", "a, b": as many standbys as the number says, or one.
std::optional<unsigned> copies_of(std::string_view standby_names) {
  std::string_view text = trimmed(standby_names, blanks);
  if (text.empty()) return 1;
  const bool has_method = take_word(text, "FIRST") || take_word(text, "ANY");
  unsigned standbys = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), standbys);
  const auto rest = trimmed({end, static_cast<std::size_t>(text.data() + text.size() - end)}, blanks);
  if (error == std::errc() && rest.starts_with('(')) return standbys == 0 ? std::nullopt : std::optional(standbys + 1);
  if (has_method) return std::nullopt;
  return 2;
}

Result<void> check_server(const ServerFacts& facts) {
  if (facts.version_number < oldest_version) {
    return fatal_error(
        fmt::format("{} is PostgreSQL {}, and koobatch needs version 12 or newer: upgrade it, or use"
                    " another server",
                    server_name(facts), facts.version));
  }
  if (facts.is_standby) {
    return fatal_error(fmt::format("{} is a standby, which takes no writes: name the primary, or all nodes, in the URL",
                                   server_name(facts)));
  }
  if (facts.is_read_only) {
    return fatal_error(
        fmt::format("{} is set to read-only: set default_transaction_read_only to off for its database"
                    " and user",
                    server_name(facts)));
  }
  if (!facts.syncs) {
    return fatal_error(
        fmt::format("{} runs with fsync=off and would forget results when its machine fails: set fsync=on"
                    " in postgresql.conf",
                    server_name(facts)));
  }
  if (!facts.writes_full_pages) {
    return fatal_error(
        fmt::format("{} runs with full_page_writes=off, and its machine's failure could damage what it"
                    " keeps: set full_page_writes=on in postgresql.conf",
                    server_name(facts)));
  }
  return {};
}

Result<void> check_tables(const ServerFacts& facts) {
  if (!facts.has_tables) {
    return fatal_error(fmt::format("the database {} at {} has no tables for koobatch yet: create them first",
                                   facts.database, facts.place));
  }
  if (!facts.may_use_tables || !facts.tables) {
    return fatal_error(
        fmt::format("the user {} may not use koobatch's tables in the database {} at {}: let its owner"
                    " say GRANT koobatch_worker TO \"{}\"",
                    facts.user, facts.database, facts.place, facts.user));
  }
  if (*facts.tables == schema_version) return {};
  const bool newer = *facts.tables > schema_version;
  return fatal_error(
      fmt::format("koobatch's tables in the database {} at {} have version {}, and this program needs version {}: {}",
                  facts.database, facts.place, *facts.tables, schema_version,
                  newer ? "use the version of koobatch that made them"
                        : "finish their runs with the version that made them, then"
                          " drop the schema koobatch and create them again"));
}

fleet::LedgerProperties describe(const ServerFacts& facts, std::optional<unsigned> copies_known) {
  fleet::LedgerProperties properties;
  properties.server = fmt::format("PostgreSQL {} at {}", facts.version, facts.place);
  properties.copies = std::max(copies_of(facts.standby_names).value_or(1), copies_known.value_or(1));
  if (properties.copies < 2) {
    properties.why_not_safe = "each is on one server alone, because synchronous_standby_names names no other";
  }
  if (!facts.has_checksums) {
    if (!properties.why_not_safe.empty()) properties.why_not_safe += "; ";
    properties.why_not_safe += "the server has no data checksums, so a failing disk may change results unnoticed";
  }
  return properties;
}

}  // namespace koobatch::postgres
