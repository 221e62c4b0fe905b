#include "paths.hpp"

namespace paths {

const char* const source = PATHS_SOURCE;
const char* const binary = PATHS_BINARY;
const char* const io_faults = PATHS_IO_FAULTS;
const char* const steady_timers = PATHS_STEADY_TIMERS;
const char* const stopped_clocks = PATHS_STOPPED_CLOCKS;
const char* const cmake = PATHS_CMAKE;
const char* const build_folder = PATHS_BUILD_FOLDER;

}  // namespace paths
