#include "engine/run_start.hpp"

#include "koobatch/core/random_bits.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/tokens_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace koobatch::engine {
namespace {

/// What HTTP/2 changes about the number of requests in flight, if it may be spoken.
std::string describe_http2(const RunSettings& settings) {
  if (!net::offers_http2(settings.http, settings.endpoint.tls)) return {};
  return fmt::format(", at most {} requests in flight over HTTP/2", settings.http2_connections * settings.streams);
}

class SystemDraw final : public Draw {
 public:
  std::uint64_t bits() override { return random_bits(); }
};

Result<void> open_refresh_token(const RunSettings& settings, Access& access) {
  if (settings.credentials.refresh_token_file.empty()) return {};
  auto file = auth::RefreshTokenFile::open(settings.credentials.refresh_token_file);
  if (!file) return file.error();
  const auto token = file->read();
  if (!token) return token.error();
  access.credentials->hide(token->view());
  access.refresh_token_file = std::make_unique<auth::RefreshTokenFile>(std::move(*file));
  return {};
}

}  // namespace

Result<Access> open_access(const RunSettings& settings) {
  Access access;
  if (settings.user_tokens) {
    access.user_credentials = std::make_unique<auth::UserCredentials>(settings.credentials.authorization,
                                                                      settings.user_tokens, job::read_tokens_file);
  }
  if (settings.credentials.any() && !settings.user_tokens) {
    auto loaded = auth::Credentials::load(settings.credentials, settings.interrupted);
    if (!loaded) return loaded.error();
    access.credentials = std::move(*loaded);
    if (auto opened = open_refresh_token(settings, access); !opened) return opened.error();
  } else {
    access.credentials = auth::Credentials::simulated();
  }
  if (settings.endpoint.tls) {
    auto context = net::make_tls_context(settings.tls);
    if (!context) return context.error();
    access.tls = std::move(*context);
  }
  return access;
}

Draw& system_draw() {
  static SystemDraw draw;
  return draw;
}

std::uint32_t draw_prefix(std::span<const std::uint32_t> taken, Draw& draw) {
  for (;;) {
    const auto prefix = static_cast<std::uint32_t>(draw.bits() & ((1U << trace_prefix_bits) - 1));
    if (std::ranges::find(taken, prefix) == taken.end()) return prefix;
  }
}

std::optional<std::uint64_t> operations_of(const RunSettings& settings, const job::Source& source) {
  return settings.selection ? settings.selection->lines.size() : source.operations();
}

report::RunRecord make_record(const RunSettings& settings, const job::Source& source, std::uint32_t prefix,
                              WallTime now, Draw& draw) {
  report::RunRecord record;
  record.run_id = fmt::format("{:016x}", draw.bits());
  record.segment = 1;
  record.version = KOOBATCH_VERSION;
  record.started = now;
  record.trace_prefix = prefix;
  const auto job = source.identity();
  record.job.path = job.path;
  record.job.format = to_string(job.format);
  record.job.bytes = job.digest.bytes;
  record.job.operations = operations_of(settings, source).value_or(0);
  record.job.xxh3 = job.digest.xxh3;
  record.job.verified = job.verified;
  record.endpoint = settings.endpoint.url();
  record.operations = settings.operations_file;
  record.plan = settings.plan;
  record.verifies = settings.verifies;
  record.parent = settings.parent;
  record.settings = settings.recorded;
  return record;
}

std::string describe_start(const RunSettings& settings, const job::Source& source) {
  if (settings.benchmark)
    return fmt::format("{} to {}{}", source.name(), settings.endpoint.url(), describe_http2(settings));
  if (settings.report.empty())
    return fmt::format("taking part in {} to {}{}", source.name(), settings.endpoint.url(), describe_http2(settings));
  return fmt::format("{} of {} to {}{}, recorded in {}",
                     count_of(operations_of(settings, source).value_or(0), "operation"), source.name(),
                     settings.endpoint.url(), describe_http2(settings), settings.report.string());
}

}  // namespace koobatch::engine
