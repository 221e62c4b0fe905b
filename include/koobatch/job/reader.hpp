#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/operation.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::job {

enum class Format { ndjson, csv };
std::string_view to_string(Format format);
/// The one to_string() calls so.
Format format_named(std::string_view name);
/// By extension: .ndjson, .jsonl and .json are NDJSON, .csv is CSV (any case); nothing for anything else. Looks through
/// the extension of a compressed file.
std::optional<Format> format_of(const std::filesystem::path& path);
/// Without a final .gz, .zst or .zstd (any case): "a.ndjson" for "a.ndjson.gz". Only for names: whether a file is
/// compressed is told by its first bytes.
std::filesystem::path without_compression(const std::filesystem::path& path);

struct ReaderSettings {
  Format format = Format::ndjson;
  std::string default_user;      ///< --user-id; empty: none
  std::string default_language;  ///< --language; empty: none
  bool require_user = true;      ///< an operation without any user is an error (not in `validate`)
  bool simulated = false;        ///< for the simulator, so that operations only it knows will do
  std::string name = {};         ///< what messages call the job; empty: its path
};

/// Size and XXH3-64 (seed 0) of the job file's bytes as stored.
struct Digest {
  std::uint64_t bytes = 0;
  std::uint64_t xxh3 = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// Streams a job file in bounded memory, one operation at a time. Not thread-safe; may be moved between threads.
class Reader {
 public:
  enum class Item {
    operation,  ///< `operation` holds the next one
    invalid,    ///< the record on line() breaks a rule: see violations()
    end,        ///< the file was read to its end: digest() is complete
  };

  virtual ~Reader() = default;
  /// Reads the next record that is not blank. An Error is about the file itself (it cannot be read on).
  virtual Result<Item> next(Operation& operation) = 0;
  /// The same, checks and all, without rendering the operation: for who only wants to know whether it is valid.
  virtual Result<Item> skip() = 0;
  /// What the operation that next() or skip() found changes.
  virtual FieldSet changed() const = 0;
  /// The user it acts for; empty if neither it nor the settings name one. Valid until the next call.
  virtual std::string_view user() const = 0;
  /// Takes fields out of the operation that skip() found, for render() and append_record(). Something must be left.
  virtual void remove(FieldSet unwanted) = 0;
  /// Renders the operation that skip() found.
  virtual void render(Operation& operation) const = 0;
  /// Appends the operation that skip() found as a record of the job's format, without a line end.
  virtual void append_record(std::string& out) const = 0;
  /// The physical line, from 1, on which the last record starts, and the one on which it ends. Before the first record,
  /// those of the header; 0 if the format has none.
  virtual std::uint32_t line() const = 0;
  virtual std::uint32_t last_line() const = 0;
  /// What was wrong with the last record; valid until the next call.
  virtual const std::vector<Violation>& violations() const = 0;
  /// What of an invalid record could be read all the same, for the report: the operation's name and identifier, empty
  /// if unknown. Valid until the next call.
  virtual std::string_view invalid_op() const = 0;
  virtual std::string_view invalid_id() const = 0;
  virtual Digest digest() const = 0;
  /// Did the last record swallow the rest of the file (an unclosed CSV quote), so that operations in it may be hidden?
  virtual bool cut_short() const = 0;
};

/// Opens a job file, compressed or not. An error (usage) if it cannot be read, is a directory, or its CSV header is
/// unusable or its archive damaged (job).
Result<std::unique_ptr<Reader>> open_job(const std::filesystem::path& path, const ReaderSettings& settings);

}  // namespace koobatch::job
