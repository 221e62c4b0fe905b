#include "cli/settings/domain_values.hpp"
#include "cli/settings/option_groups.hpp"
#include "cli/settings/shared_settings.hpp"

namespace koobatch::cli {

std::vector<Option> embedded_options() {
  const auto time = [] { return duration(Duration::zero()); };
  return {
      {.name = "latency",
       .heading = heading::embedded,
       .help = "Time it takes to answer",
       .store = into(&EmbeddedService::latency, time()),
       .recorded = true},
      {.name = "jitter",
       .heading = heading::embedded,
       .help = "Maximum random time added to the latency",
       .store = into(&EmbeddedService::jitter, time()),
       .recorded = true},
      {.name = "fault",
       .heading = heading::embedded,
       .help = "A fault, e.g. status=503,rate=0.05, reset,rate=0.02 or date=+2s,rate=0.1; repeatable",
       .parts = {{"list=CHANGE", "a list that changes or is wrong; only with koobatch simulate"}},
       .store = into(&EmbeddedService::faults, fault()),
       .recorded = true},
      {.name = "throttle",
       .heading = heading::embedded,
       .help = "Requests it allows, e.g. 300/s or 300/s,window,retry-after=1s",
       .otherwise = "no limit",
       .parts = {{"RATE", "such as 300/s or 60/min, counted in one of the next three ways"},
                 {"bucket=TIME", "a token bucket that holds this much of the rate (100ms)"},
                 {"window[=TIME]", "in each second or minute of the clock, or each TIME"},
                 {"sliding[=TIME]", "in any second or minute, or any TIME"},
                 {"RATE@TIME", "another rate from TIME after the first request"},
                 {"concurrency=N", "at most N requests in flight, with or without a rate"},
                 {"per-user", "separately for each X-User-Id"},
                 {"status=429|503", "the answer to all other requests (429)"},
                 {"retry-after=TIME", "the Retry-After of that answer (none)"},
                 {"declare=FORM", "message, none, ietf, ratelimit, x-ratelimit[-epoch], apig[-debug]"},
                 {"declare-factor=X", "declare X times the true quota (1)"}},
       .store = into(&EmbeddedService::throttle, throttle()),
       .recorded = true},
      {.name = "throttle-per-user",
       .heading = heading::embedded,
       .help = "Requests it allows each X-User-Id before it answers 429",
       .otherwise = "no limit",
       .store = into(&EmbeddedService::throttle_per_user, limit()),
       .recorded = true},
      {.name = "seed",
       .heading = heading::embedded,
       .help = "Seed of its faults, jitter and made-up items",
       .store = into(&EmbeddedService::seed, count<std::uint64_t>(0, UINT64_MAX)),
       .recorded = true},
  };
}

}  // namespace koobatch::cli
