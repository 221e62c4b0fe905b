#include "cli/running/dry_run.hpp"

#include "cli/output.hpp"
#include "koobatch/auth/authorization.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/koodrive/app_signature.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::size_t write_size = 64 * 1024;

/// With --simulate the port is unknown until the embedded service runs.
http::Endpoint endpoint_of(const engine::RunSettings& settings) {
  if (!settings.simulated) return settings.endpoint;
  return {false, "127.0.0.1", "0", "127.0.0.1:PORT"};
}

/// The Authorization header with its secret masked.
std::string masked(const engine::RunSettings& settings) {
  if (settings.app.any()) return koodrive::signature_prefix(settings.app.id) + "***";
  return *auth::render_header(settings.credentials.authorization, "***");
}

std::uint32_t random_prefix() {
  return std::random_device()() & ((1U << trace_prefix_bits) - 1);
}

}  // namespace

RequestPreview::RequestPreview(const engine::RunSettings& settings)
    : endpoint_(endpoint_of(settings)),
      authorization_(masked(settings)),
      renderer_(endpoint_),
      ask_quota_(settings.ask_quota) {}

void RequestPreview::append(std::string& out, const koodrive::Operation& operation, WallTime now,
                            std::uint32_t trace_prefix) {
  // Like a run that does not know the server's clock yet: never later than the server's time.
  const WallTime x_date = now - koodrive::ServerClock::margin;
  renderer_.render(operation, authorization_, x_date, {trace_prefix, operation.line(), 1}, request_,
                   std::exchange(ask_quota_, false));
  fmt::format_to(std::back_inserter(out), "# line {}\n{} {}{} HTTP/1.1\n", operation.line(), operation.row().method,
                 endpoint_.url(), operation.target());
  const std::string_view rest = request_.bytes().substr(request_.bytes().find("\r\n") + 2);
  const auto body = rest.find("\r\n\r\n") + 4;
  for (const char c : rest.substr(0, body)) {
    if (c != '\r') out.push_back(c);
  }
  append_harmless_json(out, rest.substr(body));
  out.append("\n\n");
}

Result<std::uint64_t> dry_run(const engine::RunSettings& settings) {
  auto opened = job::open_job(settings.job, settings.reader);
  if (!opened) return opened.error();
  job::Reader& reader = **opened;
  RequestPreview preview(settings);
  const auto prefix = random_prefix();
  koodrive::Operation operation;
  std::string out;
  std::uint64_t count = 0;
  for (;;) {
    const auto item = reader.next(operation);
    if (!item) return item.error();
    const bool is_sent = *item == job::Reader::Item::operation &&
                         !(settings.user_tokens && job::find_missing_token(reader, *settings.user_tokens));
    if (is_sent) {
      preview.append(out, operation, WallClock::now(), prefix);
      ++count;
    }
    const bool end = *item == job::Reader::Item::end;
    if (out.size() < write_size && !end) continue;
    const auto written = write_output(out);
    if (!written) return written.error();
    if (end || !*written) return count;
    out.clear();
  }
}

}  // namespace koobatch::cli
