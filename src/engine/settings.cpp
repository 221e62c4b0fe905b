#include "koobatch/engine/settings.hpp"

#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::engine {

std::string advice(const RunSettings& settings, std::string how) {
  return settings.benchmark ? std::string() : std::move(how);
}

std::string then_resume(const RunSettings& settings) {
  return advice(settings, fmt::format("; then run '{}'", report::resume_command(settings.report.native())));
}

Error resumable(const RunSettings& settings, const Error& cause) {
  return fatal_error(cause.message + then_resume(settings));
}

}  // namespace koobatch::engine
