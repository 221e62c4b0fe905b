#include "postgres/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string>

namespace koobatch::postgres {
namespace {

// The major version, which fixes the interface.
constexpr const char* file_name = "libpq.so.5";

/// Finds functions until one is missing.
class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}

  template <class Function>
  void find(Function& function, const char* name) {
    void* const found = ::dlsym(library_, name);
    if (found == nullptr && missing_.empty()) missing_ = name;
    function = reinterpret_cast<Function>(found);
  }
  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

std::string find_all(Library& table, void* library) {
  Symbols symbols(library);
  symbols.find(table.connect_start, "PQconnectStartParams");
  symbols.find(table.connect_poll, "PQconnectPoll");
  symbols.find(table.finish, "PQfinish");
  symbols.find(table.status, "PQstatus");
  symbols.find(table.socket, "PQsocket");
  symbols.find(table.error_message, "PQerrorMessage");
  symbols.find(table.needs_password, "PQconnectionNeedsPassword");
  symbols.find(table.used_password, "PQconnectionUsedPassword");
  symbols.find(table.host, "PQhost");
  symbols.find(table.port, "PQport");
  symbols.find(table.server_version, "PQserverVersion");
  symbols.find(table.backend_pid, "PQbackendPID");
  symbols.find(table.set_nonblocking, "PQsetnonblocking");
  symbols.find(table.set_error_verbosity, "PQsetErrorVerbosity");
  symbols.find(table.set_notice_receiver, "PQsetNoticeReceiver");
  symbols.find(table.send_query, "PQsendQuery");
  symbols.find(table.send_query_params, "PQsendQueryParams");
  symbols.find(table.flush, "PQflush");
  symbols.find(table.consume_input, "PQconsumeInput");
  symbols.find(table.is_busy, "PQisBusy");
  symbols.find(table.get_result, "PQgetResult");
  symbols.find(table.notifies, "PQnotifies");
  symbols.find(table.free_memory, "PQfreemem");
  symbols.find(table.result_status, "PQresultStatus");
  symbols.find(table.error_field, "PQresultErrorField");
  symbols.find(table.rows, "PQntuples");
  symbols.find(table.column_format, "PQfformat");
  symbols.find(table.value, "PQgetvalue");
  symbols.find(table.length, "PQgetlength");
  symbols.find(table.is_null, "PQgetisnull");
  symbols.find(table.clear, "PQclear");
  return symbols.missing();
}

Result<Library> load() {
  // Never closed: libraries that it loads register functions that are called when the process exits.
  void* const library = ::dlopen(file_name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return usage_error(
        fmt::format("libpq, PostgreSQL's client library, cannot be loaded ({}); on Debian and Ubuntu,"
                    " install the package libpq5",
                    ::dlerror()));
  }
  Library table;
  const std::string missing = find_all(table, library);
  if (missing.empty()) return table;
  return usage_error(
      fmt::format("{} has no function {}: it is not PostgreSQL's client library, or a damaged one; on"
                  " Debian and Ubuntu, reinstall the package libpq5",
                  file_name, missing));
}

}  // namespace

Result<const Library*> load_library() {
  static const Result<Library> loaded = load();
  if (!loaded) return loaded.error();
  return &*loaded;
}

}  // namespace koobatch::postgres
