#pragma once
#include "koobatch/core/error.hpp"

#include <libpq-fe.h>

#include <memory>

namespace koobatch::postgres {

/// The functions of libpq that are used. Loaded when the first ledger is opened, because libpq brings 20 further
/// libraries along, which runs without a ledger should not have to load.
struct Library {
  decltype(&PQconnectStartParams) connect_start = nullptr;
  decltype(&PQconnectPoll) connect_poll = nullptr;
  decltype(&PQfinish) finish = nullptr;
  decltype(&PQstatus) status = nullptr;
  decltype(&PQsocket) socket = nullptr;
  decltype(&PQerrorMessage) error_message = nullptr;
  decltype(&PQconnectionNeedsPassword) needs_password = nullptr;
  decltype(&PQconnectionUsedPassword) used_password = nullptr;
  decltype(&PQhost) host = nullptr;
  decltype(&PQport) port = nullptr;
  decltype(&PQserverVersion) server_version = nullptr;
  decltype(&PQbackendPID) backend_pid = nullptr;
  decltype(&PQsetnonblocking) set_nonblocking = nullptr;
  decltype(&PQsetErrorVerbosity) set_error_verbosity = nullptr;
  decltype(&PQsetNoticeReceiver) set_notice_receiver = nullptr;
  decltype(&PQsendQuery) send_query = nullptr;
  decltype(&PQsendQueryParams) send_query_params = nullptr;
  decltype(&PQflush) flush = nullptr;
  decltype(&PQconsumeInput) consume_input = nullptr;
  decltype(&PQisBusy) is_busy = nullptr;
  decltype(&PQgetResult) get_result = nullptr;
  decltype(&PQnotifies) notifies = nullptr;
  decltype(&PQfreemem) free_memory = nullptr;
  decltype(&PQresultStatus) result_status = nullptr;
  decltype(&PQresultErrorField) error_field = nullptr;
  decltype(&PQntuples) rows = nullptr;
  decltype(&PQfformat) column_format = nullptr;
  decltype(&PQgetvalue) value = nullptr;
  decltype(&PQgetlength) length = nullptr;
  decltype(&PQgetisnull) is_null = nullptr;
  decltype(&PQclear) clear = nullptr;
};

/// libpq of this machine, which stays loaded. The error (usage) names the package to install.
Result<const Library*> load_library();

struct CloseConnection {
  const Library* library;
  void operator()(PGconn* connection) const { library->finish(connection); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;

}  // namespace koobatch::postgres
