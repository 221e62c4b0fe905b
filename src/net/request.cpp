#include "koobatch/net/request.hpp"

#include "koobatch/auth/wipe.hpp"

#include <fmt/format.h>

namespace koobatch::net {
namespace {

/// More than all that is in a request of fixed or limited length: names of headers, dates, numbers.
constexpr std::size_t small_parts = 256;

/// Empties `out`, and makes room for `size` bytes at once: a string that grows leaves copies behind, and there are
/// secrets in this one.
void make_room(std::string& out, std::size_t size) {
  if (out.capacity() < size) {
    auth::wipe(out);
    out.reserve(size);
  }
  out.clear();
}

}  // namespace

RequestRenderer::RequestRenderer(const Endpoint& endpoint, const auth::AppKey* app)
    : host_(endpoint.authority),
      fixed_(fmt::format(" HTTP/1.1\r\nHost: {}\r\nUser-Agent: koobatch/{}\r\nContent-Type: application/json\r\n"
                         "Authorization: ",
                         host_, KOOBATCH_VERSION)) {
  if (app != nullptr) signer_.emplace(*app);
}

void RequestRenderer::keep_date(WallTime x_date) {
  const auto second = std::chrono::floor<std::chrono::seconds>(x_date.time_since_epoch());
  if (second == x_date_second_) return;
  write_x_date(x_date, x_date_);
  x_date_second_ = second;
}

std::string_view RequestRenderer::render(const job::Operation& operation, std::string_view authorization,
                                         WallTime x_date, const TraceId& trace_id, std::string& out) {
  keep_date(x_date);
  char trace[trace_id_length];
  write_trace_id(trace_id, trace);
  const fmt::format_int length(operation.body().size());

  make_room(out, small_parts + operation.target().size() + fixed_.size() + authorization.size() +
                     operation.user().size() + operation.language().size() + operation.body().size());
  out.append(operation.row().method).append(" ").append(operation.target());
  out.append(fixed_);
  if (signer_) {
    sign(operation, out);
  } else {
    out.append(authorization);
  }
  const std::size_t authorized = out.size();
  out.append("\r\nX-User-Id: ").append(operation.user());
  out.append("\r\nX-Date: ").append(x_date_, x_date_length);
  out.append("\r\nX-Traceid: ").append(trace, trace_id_length);
  if (!operation.language().empty()) out.append("\r\nlanguage: ").append(operation.language());
  out.append("\r\nContent-Length: ").append(length.data(), length.size());
  out.append("\r\n\r\n").append(operation.body());
  if (!signer_) return {};
  return std::string_view(out).substr(authorized - auth::signature_length, auth::signature_length);
}

void RequestRenderer::sign(const job::Operation& operation, std::string& out) {
  signer_->append_authorization({.method = operation.row().method,
                                 .path = operation.target(),
                                 .query = {},  // no operation has one
                                 .host = host_,
                                 .x_date = {x_date_, x_date_length},
                                 .user_id = operation.user(),
                                 .body = operation.body()},
                                out);
}

void RequestRenderer::render_call(std::string_view target, std::string_view authorization, WallTime x_date,
                                  std::string_view body, std::string& out) {
  keep_date(x_date);
  const fmt::format_int length(body.size());
  make_room(out, small_parts + target.size() + fixed_.size() + authorization.size() + body.size());
  out.append("POST ").append(target).append(fixed_).append(authorization);
  out.append("\r\nX-Date: ").append(x_date_, x_date_length);
  out.append("\r\nContent-Length: ").append(length.data(), length.size());
  out.append("\r\n\r\n").append(body);
}

}  // namespace koobatch::net
