#pragma once
#include "engine/operation_log.hpp"
#include "engine/quota_question.hpp"
#include "engine/run_events.hpp"
#include "engine/stale_attempt.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/refusal_streak.hpp"
#include "koobatch/flow/stopped_users.hpp"
#include "koobatch/flow/uniform_rejection.hpp"
#include "koobatch/koodrive/server_clock.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/report/writer.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cstdint>

namespace koobatch::engine {

/// Shared by the workers of a run. Must outlive them.
struct SharedParts {
  const RunSettings& settings;
  flow::Pace& pace;
  QuotaQuestion& quota_question;
  StaleAttempt& stale_attempt;
  flow::UniformRejection& first_results;
  flow::RefusalStreak& refusals;
  flow::StoppedUsers& stopped_users;
  koodrive::ClockProof& clock;
  report::Writer& writer;
  net::asio::ssl::context* tls;  ///< null: plain TCP
  std::uint32_t trace_prefix;
  OperationLog& operation_log;
  RunEvents& events;
};

}  // namespace koobatch::engine
