#pragma once
#include <boost/system/result.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace koobatch {

/// What an error means for the run as a whole; the command line turns it into an exit status.
enum class ErrorKind {
  usage,  ///< a flag, a setting or a path the user gave cannot be used: nothing was started
  job,    ///< the job itself is invalid: nothing was sent
  limit,  ///< more went wrong than the user allows: the run was stopped, and can be resumed
  fatal,  ///< the run cannot continue (credentials, TLS, disk, endpoint): it can be resumed
};

struct NextStep;

/// A failure as a value. `message` is one sentence for the operator: what happened, where, and what to do about it.
struct Error {
  ErrorKind kind = ErrorKind::fatal;
  std::string message;
  /// The command that `message` advises as the way to continue; null if there is none. Behind a pointer, since few
  /// errors have one, and shared, since errors are copied where they are passed on.
  std::shared_ptr<const NextStep> next_step{};
};

inline Error usage_error(std::string message) {
  return {ErrorKind::usage, std::move(message)};
}
inline Error job_error(std::string message) {
  return {ErrorKind::job, std::move(message)};
}
inline Error fatal_error(std::string message) {
  return {ErrorKind::fatal, std::move(message)};
}

/// `error`, whose message advises `step`.
Error with_next_step(Error error, NextStep step);

/// "PATH: what: cause", for a failed system call. `code` is the errno of that call.
Error system_error(ErrorKind kind, const std::string& path, const std::string& what, int code);

/// A value or an Error. Calling `value()` on an error is a bug in the caller and throws std::logic_error.
template <class T>
using Result = boost::system::result<T, Error>;

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("unhandled error: " + error.message);
}

}  // namespace koobatch
