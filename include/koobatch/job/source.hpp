#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/fingerprint.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/synthetic.hpp"
#include "koobatch/job/validator.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::job {

/// The source of a run's operations. It was validated, and hands out only what was validated.
class Source {
 public:
  /// What a report records of its job, so that a later run can tell whether it has the same job.
  struct Identity {
    std::string path;  ///< absolute
    Format format = Format::ndjson;
    Digest digest;
    bool verified = false;  ///< whether open()'s reader compares what it reads with what was validated
  };

  virtual ~Source() = default;
  /// Its name in messages.
  virtual std::string name() const = 0;
  virtual Identity identity() const = 0;
  /// The number of operations, including invalid ones; nothing if it is endless.
  virtual std::optional<std::uint64_t> operations() const = 0;
  /// Begins a pass over all operations, from the first. May be called again.
  virtual Result<std::unique_ptr<Reader>> open() const = 0;
  /// How it has changed since it was validated: "holds other bytes now"; nothing if it has not.
  virtual std::optional<std::string> find_change() const = 0;
  /// Makes readers that wait for operations, or will, answer `end` instead. Safe to call from any thread.
  virtual void stop_waiting() const {}
};

/// A job file, as validated with these settings.
class FileSource final : public Source {
 public:
  FileSource(std::filesystem::path path, ReaderSettings settings, const Validation& validation);

  std::string name() const override { return path_.string(); }
  Identity identity() const override;
  std::optional<std::uint64_t> operations() const override { return operations_; }
  Result<std::unique_ptr<Reader>> open() const override;
  std::optional<std::string> find_change() const override;

 private:
  std::filesystem::path path_;
  ReaderSettings settings_;  ///< with the expected fingerprint
  std::uint64_t operations_;
  Digest digest_;
};

/// A synthetic job, generated while it is read: there is nothing that could change.
class SyntheticSource final : public Source {
 public:
  SyntheticSource(SyntheticJob job, ReaderSettings settings) : job_(std::move(job)), settings_(std::move(settings)) {}

  std::string name() const override { return "a synthetic job"; }
  Identity identity() const override;
  std::optional<std::uint64_t> operations() const override;
  Result<std::unique_ptr<Reader>> open() const override { return open_synthetic(job_, settings_); }
  std::optional<std::string> find_change() const override { return std::nullopt; }

 private:
  SyntheticJob job_;
  ReaderSettings settings_;
};

}  // namespace koobatch::job
