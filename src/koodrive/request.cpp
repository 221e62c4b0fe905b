#include "koobatch/koodrive/request.hpp"

#include "koobatch/auth/wipe.hpp"

#include <algorithm>
#include <cassert>

namespace koobatch::koodrive {
namespace {

http::CommonFields common_fields(std::string_view host) {
  return http::CommonFields({{"Host", host},
                             {"User-Agent", "koobatch/" KOOBATCH_VERSION},
                             {"Accept-Encoding", "identity"},
                             {"Content-Type", "application/json"}});
}

}  // namespace

RequestRenderer::RequestRenderer(const http::Endpoint& endpoint, const auth::AppKey* app)
    : host_(endpoint.authority), common_(common_fields(host_)) {
  if (app != nullptr) signer_.emplace(*app);
}

RequestRenderer::~RequestRenderer() {
  auth::wipe(signed_);
}

void RequestRenderer::keep_date(WallTime x_date) {
  const auto second = std::chrono::floor<std::chrono::seconds>(x_date.time_since_epoch());
  if (second == x_date_second_) return;
  write_x_date(x_date, x_date_);
  x_date_second_ = second;
}

std::string_view RequestRenderer::render(const Operation& operation, std::string_view authorization, WallTime x_date,
                                         const TraceId& trace_id, http::Request& out, bool ask_quota) {
  keep_date(x_date);
  // No operation has a query.
  const Parts parts{operation.row().method, operation.target(), {}, operation.body()};
  if (signer_) authorization = sign(parts, operation.user());
  out.start(parts.method, parts.path, common_);
  add_fields(operation, authorization, trace_id, out);
  if (ask_quota) out.add("X-Apig-Mode", "debug");
  operation.for_each_header([&out](std::string_view name, std::string_view value) { out.add_named(name, value); });
  out.end(parts.body);
  return signature_in(out);
}

std::string_view RequestRenderer::render_reading(const Operation& operation, std::string_view target,
                                                 std::string_view authorization, WallTime x_date,
                                                 const TraceId& trace_id, http::Request& out) {
  keep_date(x_date);
  const auto path = target.substr(0, target.find('?'));
  const Parts parts{"GET", path, target.substr(std::min(path.size() + 1, target.size())), {}};
  if (signer_) authorization = sign(parts, operation.user());
  out.start(parts.method, target, common_);
  add_fields(operation, authorization, trace_id, out);
  out.end({});
  return signature_in(out);
}

void RequestRenderer::add_fields(const Operation& operation, std::string_view authorization, const TraceId& trace_id,
                                 http::Request& out) const {
  char trace[trace_id_length];
  write_trace_id(trace_id, trace);
  out.add("Authorization", authorization);
  out.add("X-User-Id", operation.user());
  out.add("X-Date", {x_date_, x_date_length});
  out.add("X-Traceid", {trace, trace_id_length});
  if (!operation.language().empty()) out.add("language", operation.language());
}

std::string_view RequestRenderer::signature_in(const http::Request& out) const {
  if (!signer_) return {};
  const std::string_view sent = out.field(0).value;
  return sent.substr(sent.size() - signature_length);
}

std::string_view RequestRenderer::sign(const Parts& parts, std::string_view user) {
  assert(signer_);
  signed_.clear();
  signer_->append_authorization({.method = parts.method,
                                 .path = parts.path,
                                 .query = parts.query,
                                 .host = host_,
                                 .x_date = {x_date_, x_date_length},
                                 .user_id = user,
                                 .body = parts.body},
                                signed_);
  return signed_;
}

void RequestRenderer::render_call(std::string_view target, std::string_view authorization, WallTime x_date,
                                  std::string_view body, http::Request& out) {
  keep_date(x_date);
  out.start("POST", target, common_);
  out.add("Authorization", authorization);
  out.add("X-Date", {x_date_, x_date_length});
  out.end(body);
}

}  // namespace koobatch::koodrive
