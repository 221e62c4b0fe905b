#pragma once

/// Where the build has put what the tests use. Constants in one source file rather than on every command line, so that
/// a compiler cache works for clones in any folder.
namespace paths {

extern const char* const source;          ///< the project's folder
extern const char* const binary;          ///< koobatch; empty in the unit tests, like all that follow
extern const char* const io_faults;       ///< preload/io_faults.cpp, built
extern const char* const steady_timers;   ///< preload/steady_timers.cpp, built
extern const char* const stopped_clocks;  ///< preload/stopped_clocks.cpp, built
extern const char* const cmake;
extern const char* const build_folder;

}  // namespace paths

#define KOOBATCH_SOURCE_DIR ::paths::source
#define KOOBATCH_BINARY ::paths::binary
#define IO_FAULTS_LIBRARY ::paths::io_faults
#define STEADY_TIMERS_LIBRARY ::paths::steady_timers
#define STOPPED_CLOCKS_LIBRARY ::paths::stopped_clocks
#define KOOBATCH_CMAKE ::paths::cmake
#define KOOBATCH_BUILD_FOLDER ::paths::build_folder
