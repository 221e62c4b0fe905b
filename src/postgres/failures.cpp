#include "postgres/failures.hpp"

#include "koobatch/core/trimmed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

namespace koobatch::postgres {
namespace {

using fleet::Failure;
using fleet::Fault;

constexpr std::size_t code_length = 5;

bool is_code(std::string_view text) {
  return text.size() == code_length &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

Failure make(Fault fault, std::string message) {
  return {fault, fatal_error(std::move(message))};
}

/// What to do about an error, and whether it may pass by itself.
struct Advice {
  std::string_view code;  ///< or its first two characters, for a whole class
  Fault fault = Fault::refused;
  std::string_view advice;
};

constexpr std::array<Advice, 21> advices = {{
    {"28P01", Fault::refused, "correct the password in the passfile"},
    {"28000", Fault::refused, "let the server's pg_hba.conf admit this user from this machine, or use another user"},
    {"3D000", Fault::refused, "create the database first, or correct its name in the URL"},
    {"42501", Fault::refused,
     "the user lacks a right: work and collect need the role koobatch_worker, everything else the tables' owner"},
    {"42P01", Fault::refused, "the database has no tables for koobatch yet: create them first"},
    {"3F000", Fault::refused, "the database has no tables for koobatch yet: create them first"},
    {"42703", Fault::refused, "its tables are not the ones that this version of koobatch needs"},
    {"25006", Fault::unreachable, "it is a standby, or has become one: name all nodes in the URL"},
    {"40001", Fault::unreachable, ""},
    {"40P01", Fault::unreachable, ""},
    {"53100", Fault::unreachable, "free space on the server's disk; until then, no result can be kept"},
    {"53300", Fault::unreachable, "raise max_connections on the server, or start fewer workers"},
    {"53", Fault::unreachable, ""},
    {"55", Fault::unreachable, ""},
    {"57014", Fault::unreachable, ""},
    {"57P03", Fault::unreachable, "it is starting up or shutting down"},
    {"57", Fault::unanswered, ""},
    {"08", Fault::unanswered, ""},
    {"58", Fault::refused, "look at the server's log: its disk may be failing"},
    {"XX001", Fault::refused, "the server's data is damaged: restore it"},
    {"XX002", Fault::refused, "the server's data is damaged: restore it"},
}};

const Advice* find_advice(std::string_view code) {
  // Whole codes precede their classes.
  const auto found = std::ranges::find_if(advices, [&](const Advice& row) { return code.starts_with(row.code); });
  return code.empty() || found == advices.end() ? nullptr : &*found;
}

void append_advice(std::string& message, std::string_view advice) {
  if (!advice.empty()) message += fmt::format("; {}", advice);
}

constexpr std::string_view missing_password =
    "the server asks for a password: write it into a passfile that only its owner can read, as a line"
    " host:port:database:user:password";
constexpr std::string_view pooler = "it is a connection pooler: name the database server itself in the URL";
constexpr std::string_view client_certificate =
    "name the files of this user's certificate and of its key with sslcert=FILE and sslkey=FILE in the URL";

struct Explanation {
  std::string_view text;  ///< a part of the message
  std::string_view advice;
};
// What libpq finds out has no code, and some codes of servers say less than their messages.
constexpr std::array<Explanation, 8> explanations = {{
    {"read-only", "it is a standby, or set to read-only: name the primary, or all nodes, in the URL"},
    {"unsupported startup parameter", pooler},
    {"root certificate file", "name the file of the certificate authority with sslrootcert=FILE in the URL"},
    {"certificate verify failed",
     "it cannot be trusted: name the file of the authority that has issued its certificate with sslrootcert=FILE in "
     "the URL"},
    {"does not match host name", "use the name in its certificate in the URL, or give it a certificate for this name"},
    {"does not support SSL",
     "set ssl=on in its postgresql.conf, with a certificate: nothing is sent to another machine unencrypted"},
    {"client certificate", client_certificate},
    {"certificate authentication failed", client_certificate},
}};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view advice_for(const FailedDial& dial) {
  if (dial.needs_password) return missing_password;
  const auto explains = [&](const Explanation& row) { return contains(dial.error.message, row.text); };
  if (const auto* row = std::ranges::find_if(explanations, explains); row != explanations.end()) return row->advice;
  const Advice* advice = find_advice(dial.error.code);
  return advice == nullptr ? std::string_view() : advice->advice;
}

bool is_lasting(const FailedDial& dial) {
  const Advice* advice = find_advice(dial.error.code);
  return dial.needs_password || advice_for(dial) == pooler || (advice != nullptr && advice->fault == Fault::refused);
}

/// Takes the SQLSTATE out of "FATAL:  28P01: password authentication failed", in whatever language the severity is.
/// Empty if there is none.
std::string take_code(std::string& line) {
  for (std::size_t at = line.find(":  "); at != std::string::npos; at = line.find(":  ", at + 1)) {
    std::string code = line.substr(at + 3, code_length);
    if (!is_code(code) || line.compare(at + 3 + code_length, 2, ": ") != 0) continue;
    line.erase(at + 2, code_length + 3);
    return code;
  }
  return {};
}

}  // namespace

ServerError parse_connection_error(std::string_view text) {
  ServerError error;
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("LOCATION:") || line.empty()) continue;
    const auto code = take_code(line);
    if (error.code.empty()) error.code = code;
    // A server that refuses a connection with TLS refuses the one without it likewise.
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
  }
  error.message = fmt::format("{}", fmt::join(lines, "; "));
  return error;
}

Failure explain_dials(const std::vector<FailedDial>& failed) {
  assert(!failed.empty());
  std::string message = "the engine cannot be reached: ";
  std::vector<std::string> reasons;
  for (const FailedDial& dial : failed) {
    std::string reason = dial.error.message;
    append_advice(reason, advice_for(dial));
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(std::move(reason));
  }
  message += fmt::format("{}", fmt::join(reasons, "; "));
  // Among several nodes, one that admits nobody may be a standby that was set up badly.
  return make(std::ranges::all_of(failed, is_lasting) ? Fault::refused : Fault::unreachable, std::move(message));
}

Failure explain_statement(const ServerError& error) {
  std::string message = fmt::format("the engine's server says: {}", error.message);
  if (!error.code.empty()) message += fmt::format(" (SQLSTATE {})", error.code);
  const Advice* advice = find_advice(error.code);
  if (advice == nullptr) return make(error.code.empty() ? Fault::unanswered : Fault::refused, std::move(message));
  append_advice(message, advice->advice);
  return make(advice->fault, std::move(message));
}

bool is_passing(const ServerError& error) {
  return error.code == "40001" || error.code == "40P01";
}

bool ends_connection(const ServerError& error) {
  const Advice* advice = find_advice(error.code);
  return error.code.empty() || error.code == "25006" || (advice != nullptr && advice->fault == Fault::unanswered);
}

Failure no_answer(std::string_view why) {
  return make(Fault::unanswered, fmt::format("the engine does not answer: {}", why));
}
Failure not_reached(std::string_view why) {
  return make(Fault::unreachable, fmt::format("the engine cannot be reached: {}", why));
}
Failure not_done(std::string_view why) {
  return make(Fault::refused, std::string(why));
}

}  // namespace koobatch::postgres
