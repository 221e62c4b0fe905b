#pragma once
#include "job/record_source.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/reading.hpp"

#include <memory>
#include <string_view>

namespace fuzz {

using OpenJob = koobatch::Result<std::unique_ptr<koobatch::job::RecordSource>> (*)(
    koobatch::job::LineSplitter lines, const koobatch::job::Reading& reading);

/// Reads `text` as a job, whole and byte by byte, and ends the fuzzer unless
///  - both ways find the same records on rising lines,
///  - every message is harmless to a terminal,
///  - every operation that keeps the rules is rendered as a request that says the same again, and
///  - is repeated as a record that says the same again, without the settings it was read with.
///
/// A first line "#ENCODING DELIMITER OPTIONS" is not part of the job, but says how it is read: the letter of an
/// encoding and a delimiter, "-" for none, and among the options `o` for an operation of all records, `i` for columns
/// to ignore.
void check_job(std::string_view text, OpenJob open);

}  // namespace fuzz
