#pragma once
#include "koobatch/core/error.hpp"
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
  /// What the job may hold; never null. Outlives the reader and the operations it renders.
  const koodrive::OperationCatalogue* catalogue = &koodrive::service_catalogue();
  std::string name = {};  ///< what messages call the job; empty: its path
  /// What the job's bytes were when it was validated: any others are an error, and not read for operations. Null: they
  /// may be any.
  std::shared_ptr<const Fingerprint> expected = {};
  ValueTreatment values = {};
  Reading reading = {};
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
  virtual Result<Item> next(koodrive::Operation& operation) = 0;
  /// The same, checks and all, without rendering the operation: for who only wants to know whether it is valid.
  virtual Result<Item> skip() = 0;
  /// What the operation that next() or skip() found changes.
  virtual koodrive::FieldSet changed() const = 0;
  /// The user it acts for; empty if neither it nor the settings name one. Valid until the next call.
  virtual std::string_view user() const = 0;
  /// Takes fields out of the operation that skip() found, for render() and append_record(). Something must be left.
  virtual void remove(koodrive::FieldSet unwanted) = 0;
  /// Renders the operation that skip() found.
  virtual void render(koodrive::Operation& operation) const = 0;
  /// Appends the operation that skip() found as a record of the job's format, without a line end.
  virtual void append_record(std::string& out) const = 0;
  /// Appends what must stand before such records: a CSV header, with its line end.
  virtual void append_header(std::string& /*out*/) const {}
  /// Whether a copy of the job's own lines, as open_lines() gives them and with its header, reads the same without the
  /// settings' `reading`. Records that append_header() and append_record() write always do.
  virtual bool stands_alone() const { return true; }
  /// What was not read as it stands there, for people: "UTF-16LE", "column file_name as fileName". Complete at the end.
  virtual std::vector<std::string> notes() const { return {}; }
  /// The physical line, from 1, on which the last record starts, and the one on which it ends. Before the first record,
  /// those of the header; 0 if the format has none.
  virtual std::uint32_t line() const = 0;
  virtual std::uint32_t last_line() const = 0;
  /// What was wrong with the last record; valid until the next call.
  virtual const std::vector<koodrive::Violation>& violations() const = 0;
  /// What is odd about the last record, if it is valid; valid until the next call.
  virtual std::span<const Warning> warnings() const { return {}; }
  /// The identifiers of all records read so far; null if they are not counted.
  virtual const LongIds* long_ids() const { return nullptr; }
  /// What of an invalid record could be read all the same, for the report: the operation's name and identifier, empty
  /// if unknown. Valid until the next call.
  virtual std::string_view invalid_op() const = 0;
  virtual std::string_view invalid_id() const = 0;
  virtual Digest digest() const = 0;
  /// Whether operations may be hidden in what an invalid record spans: behind a CSV quote that is not closed, or is
  /// closed too late.
  virtual bool cut_short() const = 0;
};

/// Opens a job file, compressed or not. An error (usage) if it cannot be read, is a directory, or (job) if its CSV
/// header is unusable, its archive damaged, or it is no job of that format. `record`: see open_file(); left alone if
/// bytes are expected.
Result<std::unique_ptr<Reader>> open_job(const std::filesystem::path& path, const ReaderSettings& settings,
                                         Fingerprint* record = nullptr);

/// The job's lines, as they are counted: decompressed, and in UTF-8. Errors are those of open_job().
Result<LineSplitter> open_lines(const std::filesystem::path& path, const ReaderSettings& settings);

/// The format that the first line of a job tells, whatever the settings say; nothing if it tells none. Errors are those
/// of open_job().
Result<std::optional<Format>> detect_format(const std::filesystem::path& path, const ReaderSettings& settings);

/// Of a job that is not UTF-8: which encoding it seems to be in, and how to have it read so. Empty if there is nothing
/// to say.
std::string describe_encoding(const std::filesystem::path& path, const ReaderSettings& settings);

}  // namespace koobatch::job
