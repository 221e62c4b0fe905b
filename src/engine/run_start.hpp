#pragma once
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/refresh_token_file.hpp"
#include "koobatch/auth/user_credentials.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/source.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

// What a segment of a run needs before anything is written or sent.

namespace koobatch::engine {

/// The means of access to the service.
struct Access {
  std::unique_ptr<auth::Credentials> credentials;              ///< never null; made up if they are not sent
  std::unique_ptr<auth::UserCredentials> user_credentials;     ///< null: one set of credentials for all users
  std::unique_ptr<auth::RefreshTokenFile> refresh_token_file;  ///< null: the service is not asked for tokens
  std::unique_ptr<net::asio::ssl::context> tls;                ///< null: plain TCP
};
/// Obtains credentials, which may take long, and reads certificates. Errors say what is wrong with the settings.
Result<Access> open_access(const RunSettings& settings);

/// The source of random values in a run record.
class Draw {
 public:
  virtual ~Draw() = default;
  virtual std::uint64_t bits() = 0;
};
/// The system's source of randomness.
Draw& system_draw();

/// Draws a trace prefix that no earlier segment had.
std::uint32_t draw_prefix(std::span<const std::uint32_t> taken, Draw& draw);
/// The run's number of operations; nothing if it is known only at the end.
std::optional<std::uint64_t> operations_of(const RunSettings& settings, const job::Source& source);
/// The `run` line of a first segment.
report::RunRecord make_record(const RunSettings& settings, const job::Source& source, std::uint32_t prefix,
                              WallTime now, Draw& draw);
/// "1,000 operations of jobs/rename.ndjson to https://host, recorded in rename.report.ndjson"
std::string describe_start(const RunSettings& settings, const job::Source& source);

}  // namespace koobatch::engine
