#pragma once
#include "koobatch/job/operation.hpp"

#include <simdjson.h>

#include <string_view>
#include <vector>

namespace koobatch::job {

/// Reads flat JSON objects, strictly: known fields of the right type, each at most once, and nothing after the object.
///
/// It uses simdjson's DOM and not On-Demand: for lines of this size it costs the same, and it validates every byte
/// (skipped values, what follows the object, UTF-8, numbers), which On-Demand leaves to its user.
class JsonObjectReader {
 public:
  /// Reads a job line into `fields`; `op` chooses the row, which stays null if there is none. What is wrong is appended
  /// to `out`. SIMDJSON_PADDING bytes after `text` must be readable. The views stay valid until the next call.
  void read_record(std::string_view text, Fields& fields, std::vector<Violation>& out);

  /// Reads a request body of `fields.row`: its body fields and no others. The value of the path field is left as it is.
  /// Otherwise as above.
  void read_body(std::string_view text, Fields& fields, std::vector<Violation>& out);

 private:
  bool parse(std::string_view text, simdjson::dom::object& object, std::vector<Violation>& out);

  simdjson::dom::parser parser_;
};

}  // namespace koobatch::job
