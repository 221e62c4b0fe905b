#pragma once
#include "pace/row.hpp"

namespace koobatch::pace_bench {

/// The most that a service accepts between two times, in seconds since the run began, from clients that know it and
/// send evenly. Computed from the specification, not by simulation. Does not include what noise takes.
double capacity(const Row& row, double from, double to);

/// The shortest time in seconds in which clients that know the service complete all their operations; infinite if they
/// never do.
double ideal_time(const Row& row);

}  // namespace koobatch::pace_bench
