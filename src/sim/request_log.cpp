#include "sim/request_log.hpp"

#include "koobatch/core/json.hpp"
#include "sim/state.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace koobatch::sim {
namespace {

/// RFC 3339 with microseconds; append_timestamp() has only milliseconds.
void append_microseconds(std::string& out, WallTime t) {
  using namespace std::chrono;
  append_timestamp(out, t);
  const auto rest = static_cast<unsigned>(duration_cast<microseconds>(t.time_since_epoch() % milliseconds(1)).count());
  out.back() = static_cast<char>('0' + rest / 100);
  out.push_back(static_cast<char>('0' + rest / 10 % 10));
  out.push_back(static_cast<char>('0' + rest % 10));
  out.push_back('Z');
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

void add_header(JsonWriter& json, std::string_view name, const std::optional<std::string_view>& value) {
  if (!value) {
    json.raw(name, "null");
  } else if (is_ascii(*value)) {
    json.add(name, *value);
  } else {
    std::string text(*value);
    std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; }, '?');
    json.add(name, text);
  }
}

/// Appends the readable fields of the body as one object.
void append_body_fields(std::string& out, const koodrive::Fields& fields) {
  JsonWriter json(out);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const koodrive::FieldRow& field = fields.row->fields[i];
    const koodrive::FieldValue& value = fields.values[i];
    if (value.present && !value.malformed && field.place == koodrive::FieldPlace::body) {
      koodrive::append_field(json.key(field.name), fields, i);
    }
  }
  json.end();
}

}  // namespace

void append_log_line(std::string& out, const LogEntry& entry, const Request& request, const Judgement& judgement) {
  JsonWriter json(out);
  json.key("time").push_back('"');
  append_microseconds(out, entry.time);
  out.push_back('"');
  json.add("t_ns", entry.since_start.count()).add("connection", entry.connection);
  if (judgement.reading) add_header(json, "read", request.target);
  if (judgement.key.empty()) {
    json.raw("key", "null");
  } else {
    json.add("key", judgement.key);
  }
  if (judgement.row == nullptr) {
    json.raw("value", "{}");
  } else {
    append_body_fields(json.key("value"), judgement.fields);
  }
  add_header(json, "user", request.user_id);
  add_header(json, "trace_id", request.trace_id);
  json.add("status", entry.status).add("applied", entry.applied);
  if (!entry.fault.empty()) json.add("fault", entry.fault);
  if (!judgement.accepted()) json.add("refused", judgement.msg);
  json.end();
  out.push_back('\n');
}

RequestLog::RequestLog(RequestLog&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), buffer_(std::move(other.buffer_)) {}

RequestLog& RequestLog::operator=(RequestLog&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

RequestLog::~RequestLog() {
  flush();
  if (fd_ >= 0) ::close(fd_);
}

Result<RequestLog> RequestLog::open(const std::filesystem::path& path) {
  RequestLog log;
  log.path_ = path.string();
  log.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (log.fd_ < 0) return system_error(ErrorKind::usage, log.path_, "cannot be written as the simulator's log", errno);
  return log;
}

void RequestLog::flush() {
  std::string_view rest = buffer_;
  while (fd_ >= 0 && !rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      const Error error =
          system_error(ErrorKind::fatal, path_, "cannot write to the simulator's log, which ends here", errno);
      spdlog::error("{}", error.message);
      ::close(std::exchange(fd_, -1));
    }
  }
  buffer_.clear();
}

}  // namespace koobatch::sim
