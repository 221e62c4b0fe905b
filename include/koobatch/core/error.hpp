#pragma once
#include <boost/system/result.hpp>
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

/// A failure as a value. `message` is one sentence for the operator: what happened, where, and what to do about it.
struct Error {
  ErrorKind kind = ErrorKind::fatal;
  std::string message;
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

/// "PATH: what: cause", for a failed system call. `code` is the errno of that call.
Error system_error(ErrorKind kind, const std::string& path, const std::string& what, int code);

/// A value or an Error. Calling `value()` on an error is a bug in the caller and throws std::logic_error.
template <class T>
using Result = boost::system::result<T, Error>;

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("unhandled error: " + error.message);
}

}  // namespace koobatch
