#pragma once
#include "koobatch/auth/sha256.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/limits.hpp"
#include "koobatch/plan/plan_line.hpp"

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A plan as a file: NDJSON, a header, the lines, and a last line with the digest of all before it. It is read once to
// the end before anything is done, and again while it is done, so neither needs memory for more than one line.

namespace koobatch::plan {

/// The first line of a plan: what it was made of.
struct PlanHeader {
  struct State {
    std::uint64_t xxh3 = 0;
    WallTime from{}, to{};  ///< when it was read
    std::uint64_t items = 0;
    std::uint64_t users = 0;
    bool is_complete = false;

    bool operator==(const State&) const = default;
  };
  struct Desired {
    std::string path;
    std::uint64_t xxh3 = 0;

    bool operator==(const Desired&) const = default;
  };

  std::string id;  ///< lower-case letters and digits
  WallTime made{};
  std::string version;  ///< of koobatch
  std::string endpoint;
  State state;
  Desired desired;
  std::vector<std::string> limits;  ///< as add_allowance() reads them
  std::vector<KindCounts> counts;
  WallTime expires{};
};

/// Writes a plan into buffers that the caller empties.
class PlanEncoder {
 public:
  void begin(const PlanHeader& header, std::string& out);
  /// Precondition: the lines are numbered from 1, without gaps, and need earlier ones.
  void add(const PlanLine& line, std::string& out);
  /// Ends the plan and returns its digest, in hexadecimal.
  std::string end(std::string& out);

 private:
  void finish_line(std::string& out, std::size_t from);

  auth::RunningSha256 sha256_;
  std::uint64_t lines_ = 0;
};

/// Reads a plan. Whatever is not as the encoder wrote it is an error (job) that says what was done to the plan, as far
/// as that can be told.
class PlanReader {
 public:
  /// The catalogues must outlive the reader, and the lines that it reads. `name`: of the plan, for messages.
  PlanReader(std::unique_ptr<job::ByteSource> source, const koodrive::ResourceCatalogue& kinds, std::string name);

  /// Reads the header. To be called first.
  Result<PlanHeader> begin();
  /// Reads the next line; false at the end of a plan whose digest is right.
  Result<bool> next(PlanLine& line);
  /// Passes all lines to `each`, to the end of a plan whose digest is right. An error of `each` ends the reading.
  Result<void> read_lines(const std::function<Result<void>(PlanLine&)>& each);

  /// The number of lines read, without header and end.
  std::uint64_t lines() const { return lines_; }
  /// In hexadecimal. Known at the end.
  const std::string& digest() const { return digest_; }

 private:
  Result<bool> next_text();
  Result<bool> read_more();
  Result<void> read_end(const simdjson::dom::object& object);
  Result<void> check_number(std::uint64_t n) const;
  Error changed(std::string_view what) const;

  std::unique_ptr<job::ByteSource> source_;
  const koodrive::ResourceCatalogue& kinds_;
  std::string name_;
  simdjson::dom::parser parser_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of the bytes read and not yet handed out
  std::size_t end_ = 0;
  std::string_view text_;  ///< the current line, without its line feed
  auth::RunningSha256 sha256_;
  std::uint64_t lines_ = 0;
  std::string digest_;
};

/// What a plan must be to be carried out now.
struct PlanRequirements {
  std::string endpoint;
  WallTime now{};
  std::optional<Duration> max_age{};      ///< none: what the plan itself says
  std::optional<std::string> expected{};  ///< the digest, or at least its first twelve digits
};

/// Whether a plan that was read to its end may be carried out. The error (job) names what does not fit.
Result<void> check_plan(const PlanHeader& header, std::string_view digest, const PlanRequirements& required);

/// The digits of a digest that people compare.
constexpr std::size_t shown_digits = 12;

}  // namespace koobatch::plan
