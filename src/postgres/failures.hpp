#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::postgres {

/// What a server says about a statement or a connection.
struct ServerError {
  std::string code;  ///< SQLSTATE, see PostgreSQL's appendix "Error Codes"; empty: unknown
  std::string message;
};

/// Reads libpq's text about a connection that failed, with SQLSTATE in it (PQERRORS_VERBOSE).
ServerError parse_connection_error(std::string_view text);

/// A connection that could not be opened.
struct FailedDial {
  ServerError error;
  bool needs_password = false;  ///< the server asked for one, and there was none
};
/// Why no connection was opened. Precondition: at least one failed.
fleet::Failure explain_dials(const std::vector<FailedDial>& failed);

/// Why a statement was not carried out.
fleet::Failure explain_statement(const ServerError& error);
/// Whether a statement that failed so may be sent again at once.
bool is_passing(const ServerError& error);
/// Whether the connection is of no more use.
bool ends_connection(const ServerError& error);

fleet::Failure no_answer(std::string_view why);
fleet::Failure not_reached(std::string_view why);
fleet::Failure not_done(std::string_view why);

}  // namespace koobatch::postgres
