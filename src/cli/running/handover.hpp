#pragma once
#include "cli/running/submission.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/loader.hpp"
#include "koobatch/fleet/submitter_records.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace koobatch::cli {

/// Reads the job to its end, and hands over each operation, or records why it is not sent.
class Handover {
 public:
  Handover(const Submission& submission, fleet::Loader& loader, fleet::SubmitterRecords& records,
           const std::function<bool()>& interrupted)
      : submission_(submission), loader_(loader), records_(records), interrupted_(interrupted) {}

  /// An error if `interrupted` says so.
  Result<void> run(job::Reader& reader);

 private:
  bool wanted(std::uint32_t line) const;
  bool attempted(std::uint32_t line) const;
  /// Why the operation must not be sent although it has no result; empty: it may be.
  std::string obstacle(const koodrive::Operation& operation) const;
  Result<void> hand_over(job::Reader& reader);
  Result<void> record_invalid(const job::Reader& reader);
  Result<void> record_unknown(const koodrive::Operation& operation, const std::string& error);
  Result<void> record(report::ResultRecord result);
  const report::AttemptNote* note_of(std::uint32_t line) const;

  const Submission& submission_;
  fleet::Loader& loader_;
  fleet::SubmitterRecords& records_;
  const std::function<bool()>& interrupted_;
  koodrive::Operation operation_;
  std::string text_;
};

}  // namespace koobatch::cli
