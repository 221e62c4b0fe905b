#pragma once
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace koobatch::process {

/// The job argument that means standard input, and what messages call it.
constexpr const char* standard_input_argument = "-";
constexpr const char* standard_input_name = "standard input";

/// Whether a job has to be copied first, because it can be read only once or has no name that lasts: standard input, a
/// descriptor that the caller has passed ("/dev/fd/63"), a pipe, a socket or a terminal.
bool is_stream(const std::filesystem::path& job);
/// What messages call it.
std::string stream_name(const std::filesystem::path& job);
/// Opens it for Spool::fill(). A descriptor that the caller has passed, as "/dev/fd/63" is, is duplicated: not
/// everybody may open it again. A pipe is not waited for. Precondition: is_stream(job).
Result<Descriptor> open_stream(const std::filesystem::path& job);

/// "r.ndjson.job" for the report "r.ndjson": where a run keeps the job that it could read only once.
std::filesystem::path spool_path(const std::filesystem::path& report);

/// An exact copy of what arrived through a descriptor: a job is read more than once, and again when its run is resumed.
/// Only its owner may read it. Removed with the object, unless kept.
class Spool {
 public:
  /// Creates the spool of a report. A usage error if a file of this name exists, which is never overwritten. `source`:
  /// what messages call the job.
  static Result<Spool> beside(const std::filesystem::path& report, std::string source = standard_input_name);
  /// Creates one for a job that is not run: it has no name, so that nothing remains of it even if the process is
  /// killed.
  static Result<Spool> temporary(std::string source = standard_input_name);

  ~Spool();
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;

  /// Copies everything from `input` and makes it durable; the entry in its folder becomes durable with the report's.
  /// False if `stop`, called several times a second, returned true before the end.
  Result<bool> fill(int input, const std::function<bool()>& stop);
  /// Where it can be read.
  const std::filesystem::path& path() const { return path_; }
  /// Keeps the file: a run reads it now, or may later.
  void keep() { remove_ = false; }
  bool kept() const { return !remove_; }
  /// Whether its name still refers to it.
  bool is_in_place() const;

 private:
  Spool(std::filesystem::path path, std::string source, int fd, bool remove);

  std::filesystem::path path_;
  std::string source_;
  int fd_;       ///< -1: moved from
  bool remove_;  ///< whether the file is removed with the object
};

}  // namespace koobatch::process
