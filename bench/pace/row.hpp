#pragma once
#include "pace/contestant.hpp"
#include "pace/service_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::pace_bench {

/// What a row must reach; empty or false members are not required.
struct Goals {
  std::optional<double> utilisation = 0.95;
  std::optional<double> slack = 2.0;  ///< seconds allowed beyond 1.08 times the ideal completion time
  bool waste = true;                  ///< whether refusals are limited, as follows
  double early = 0.05;                ///< refused in the first 3 s, of a second's quota; one request is always allowed
  double late = 0.01;                 ///< refused after that, of the accepted
  double back_down = 3;               ///< seconds until utilisation is 0.9 again after a change down
  double back_up = 10;                ///< likewise after a change up or an outage
  std::optional<double> probes = {};  ///< the maximum number of requests in an outage
  std::optional<double> fairness = {};  ///< the ratio of the slowest of several clients to the fastest
  std::optional<double> refused = {};   ///< the maximum number of refused requests
};

/// How much of a row's goals can be reached by a client that knows no more than the service tells; derived in
/// bench/README.md.
struct Bound {
  Goals goals = {};
  std::string why;
};

/// When the service's behaviour changes.
struct Change {
  double at = 0;
  bool up = false;
};

/// A model of a service, what clients must do with it, and how well.
struct Row {
  std::string family;
  std::string name;
  ServiceSpec spec = {};
  std::vector<Job> jobs = {{}};  ///< one per client
  Goals goals = {};
  std::optional<Bound> bound = {};  ///< if the goals are out of reach
  std::vector<Change> changes = {};
  double patience = 0;    ///< the longest time for which a run is watched, in seconds; 0: derived from the ideal time
  bool any_phase = true;  ///< whether clock windows begin at a random time; otherwise they begin with the run
};

/// All rows, family by family.
std::vector<Row> all_rows();

/// The parts of all_rows().
void add_quota_rows(std::vector<Row>& rows);
void add_concurrency_rows(std::vector<Row>& rows);
void add_noise_rows(std::vector<Row>& rows);
void add_change_rows(std::vector<Row>& rows);
void add_outage_rows(std::vector<Row>& rows);
void add_company_rows(std::vector<Row>& rows);
void add_haproxy_rows(std::vector<Row>& rows);
void add_declared_rows(std::vector<Row>& rows);
void add_field_rows(std::vector<Row>& rows);

}  // namespace koobatch::pace_bench
