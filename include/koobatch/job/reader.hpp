#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/fingerprint.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/long_ids.hpp"
#include "koobatch/job/oddity.hpp"
#include "koobatch/job/reading.hpp"
#include "koobatch/job/value_treatment.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace koobatch::job {

enum class Format {
  ndjson,
  csv,
  plan,  ///< NDJSON between a header and a last line, whose records also say what they replace, and need
};
std::string_view to_string(Format format);
/// The format of this name, as to_string() returns it; NDJSON for any other.
Format format_named(std::string_view name);
/// The format that the extension implies: .ndjson, .jsonl and .json are NDJSON, .csv is CSV (in any case). Looks past
/// the extension of a compressed file.
std::optional<Format> format_of(const std::filesystem::path& path);
/// The path without a final .gz, .zst or .zstd (in any case): "a.ndjson" for "a.ndjson.gz". Only for names: whether a
/// file is compressed is determined by its first bytes.
std::filesystem::path without_compression(const std::filesystem::path& path);

struct ReaderSettings {
  Format format = Format::ndjson;
  std::string default_user;      ///< for operations that name none; empty: none
  std::string default_language;  ///< for operations that name none; empty: none
  bool require_user = true;      ///< an operation without any user is an error (not in `validate`)
  /// The operations that the job may contain; never null. Must outlive the reader and the operations it renders.
  const koodrive::OperationCatalogue* catalogue = &koodrive::service_catalogue();
  std::string name = {};  ///< the job's name in messages; empty: its path
  /// The job's fingerprint from its validation: bytes that differ are an error, and are not parsed. Null: any bytes are
  /// accepted.
  std::shared_ptr<const Fingerprint> expected = {};
  /// Whether those bytes, read with these settings, were found valid: they are then not checked again.
  bool found_valid = false;
  ValueTreatment values = {};
  Reading reading = {};
};

/// Streams a job file in bounded memory, one operation at a time. Not thread-safe; may be moved between threads.
class Reader {
 public:
  enum class Item {
    operation,  ///< `operation` holds the next one
    invalid,    ///< the record on line() breaks a rule: see violations()
    pause,      ///< there is nothing to be read for now: the next call waits until there is, see Source::stop_waiting()
    end,        ///< the file was read to its end: digest() is complete
  };
  /// What became of an operation before this run read it.
  struct Standing {
    bool maybe_sent = false;         ///< another process may have sent it
    std::optional<TraceId> noted{};  ///< its attempt, if it must not be repeated and another process may have made it
  };

  virtual ~Reader() = default;
  /// Reads the next record that is not blank. An Error is about the file itself: nothing more can be read.
  virtual Result<Item> next(koodrive::Operation& operation) = 0;
  /// Like next(), but does not render the operation.
  virtual Result<Item> skip() = 0;
  /// The fields of the operation that next() or skip() found, valid until the next call.
  virtual const koodrive::Fields& fields() const = 0;
  /// The user that the operation acts for; empty if neither it nor the settings name one. Valid until the next call.
  virtual std::string_view user() const = 0;
  /// Removes what sets this from the operation that skip() found, for render() and append_record(). Preconditions: it
  /// is removable, and something remains.
  virtual void remove(koodrive::FieldSet unwanted) = 0;
  /// Renders the operation that skip() found.
  virtual void render(koodrive::Operation& operation) const = 0;
  /// Appends the operation that skip() found as a record of the job's format, without a line end.
  virtual void append_record(std::string& out) const = 0;
  /// Appends it as a line of NDJSON, whatever the job's format, without a line end.
  virtual void append_json(std::string& out) const = 0;
  /// Appends what must precede such records: a CSV header, with its line end.
  virtual void append_header(std::string& /*out*/) const {}
  /// Whether a copy of the job's lines, header included, as open_lines() returns them, means the same without the
  /// settings' `reading`. What append_header() and append_record() write always does.
  virtual bool stands_alone() const { return true; }
  /// What was not read literally, for people: "UTF-16LE", "column file_name as fileName". Complete at the end.
  virtual std::vector<std::string> notes() const { return {}; }
  /// The physical lines, from 1, on which the last record starts and ends. Before the first record, those of the
  /// header; 0 if the format has none.
  virtual std::uint32_t line() const = 0;
  virtual std::uint32_t last_line() const = 0;
  /// What is wrong with the last record. Valid until the next call.
  virtual const std::vector<koodrive::Violation>& violations() const = 0;
  /// What is known of the operation that next() or skip() found; null: no other process had it. Valid until the next
  /// call.
  virtual const Standing* standing() const { return nullptr; }
  /// What is odd about the last record, if it is valid. Valid until the next call.
  virtual std::span<const Warning> warnings() const { return {}; }
  /// The identifiers of all records read so far; null if they are not counted.
  virtual const LongIds* long_ids() const { return nullptr; }
  /// What could be read of an invalid record, for the report: the operation's name and identifier; empty if unknown.
  /// Valid until the next call.
  virtual std::string_view invalid_op() const = 0;
  virtual std::string_view invalid_id() const = 0;
  virtual Digest digest() const = 0;
  /// Whether an invalid record may hide operations: behind a CSV quote that is not closed, or is closed too late.
  virtual bool cut_short() const = 0;
};

/// Opens a job file, compressed or not. An error (usage) if it cannot be read or is a folder; an error (job) if its CSV
/// header is unusable, its archive is damaged, or it is not a job of that format. `record`: see open_file(); unused if
/// bytes are expected.
Result<std::unique_ptr<Reader>> open_job(const std::filesystem::path& path, const ReaderSettings& settings,
                                         Fingerprint* record = nullptr);

/// Opens a job that is handed over as NDJSON by the program itself. `name`: the job's name in messages. An error
/// (usage) if the settings cannot be used.
Result<std::unique_ptr<Reader>> open_ndjson(std::unique_ptr<ByteSource> text, const ReaderSettings& settings,
                                            const std::string& name);

/// Opens the job's lines as they are counted: decompressed, and in UTF-8. Errors are those of open_job().
Result<LineSplitter> open_lines(const std::filesystem::path& path, const ReaderSettings& settings);

/// The format that the first line of a job implies, whatever the settings say; nothing if it implies none. Errors are
/// those of open_job().
Result<std::optional<Format>> detect_format(const std::filesystem::path& path, const ReaderSettings& settings);

/// For a job that is not UTF-8: the encoding that it seems to have, and how to have it read accordingly. Empty if there
/// is nothing to say.
std::string describe_encoding(const std::filesystem::path& path, const ReaderSettings& settings);

}  // namespace koobatch::job
