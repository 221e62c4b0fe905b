#pragma once
#include "pace/rate_curve.hpp"

#include <limits>
#include <vector>

namespace koobatch::pace_bench {

/// A limit on accepted requests. Times are in seconds since the run began.
struct QuotaSpec {
  enum class Shape {
    none,
    clock_window,    ///< a number per window; windows are aligned with the service's clock
    sliding_window,  ///< a number in any interval of `window` seconds
    counter,         ///< HAProxy's: a number per window, estimated from this window and a share of the previous one
    bucket,          ///< tokens that arrive evenly and are saved up to `burst` seconds' worth, at least one
  };
  enum class RetryAfter {
    untold,
    until_reset,  ///< the time until the clock window ends, in whole seconds
    constant,     ///< always `retry_after`
  };

  Shape shape = Shape::none;
  RateCurve rate = {};  ///< requests a second
  double window = 1;    ///< of the windows
  double phase = 0;     ///< when a clock window begins, less than `window`
  double burst = 0;     ///< of a bucket
  unsigned users = 0;   ///< one quota for each of this many users; 0: one for all
  int http = 429;       ///< the HTTP status of refusals
  RetryAfter tells = RetryAfter::untold;
  double retry_after = 0;
  double total = std::numeric_limits<double>::infinity();  ///< the total number accepted, after which nothing is
};

/// Requests that fail for a cause of their own, whatever the rate. A failed request has used its share of the quota.
struct NoiseSpec {
  double share = 0;
  int http = 500;  ///< 0: the connection is reset
};

/// A period in which nothing is accepted.
struct OutageSpec {
  enum class Kind {
    silence,  ///< requests are accepted and never answered
    status,   ///< all answers are `http`
    refused,  ///< connections are reset, and new ones refused
  };
  Kind kind = Kind::silence;
  double from = 0, to = 0;
  int http = 0;
};

/// How an accepted request is processed.
struct WorkSpec {
  double latency = 0.001;       ///< mean, in seconds
  double jitter = 0.2;          ///< a latency deviates by up to this share
  unsigned most_in_flight = 0;  ///< beyond it, requests are refused; 0: unlimited
  double queue_rate = 0;  ///< processed one after the other at this many a second, instead of refused; 0: immediately
};

/// What the service declares about its quota in every answer.
struct DeclarationSpec {
  enum class Form {
    none,
    limit,      ///< limit and window
    remaining,  ///< what is left and when it is restored, but no window
    all,        ///< everything
  };
  Form form = Form::none;
  double factor = 1;  ///< the declared limit relative to the true one
};

/// A service, as data: Service simulates it, and ideal.hpp computes the best possible result.
struct ServiceSpec {
  QuotaSpec quota = {};
  NoiseSpec noise = {};
  std::vector<OutageSpec> outages = {};
  WorkSpec work = {};
  DeclarationSpec declaration = {};
};

/// The outage at that time; null if there is none.
inline const OutageSpec* outage_at(const ServiceSpec& spec, double time) {
  for (const OutageSpec& outage : spec.outages) {
    if (outage.from <= time && time < outage.to) return &outage;
  }
  return nullptr;
}

}  // namespace koobatch::pace_bench
