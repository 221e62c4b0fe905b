#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/record_source.hpp"

#include <memory>
#include <string_view>

namespace fuzz {

using OpenJob = koobatch::Result<std::unique_ptr<koobatch::job::RecordSource>> (*)(koobatch::job::LineSplitter lines);

/// Reads `text` as a job, whole and byte by byte, and ends the fuzzer unless
///  - both ways find the same records on rising lines,
///  - every message is harmless to a terminal,
///  - every operation that keeps the rules is rendered as a request that says the same again, and
///  - is repeated as a record that says the same again.
void check_job(std::string_view text, OpenJob open);

}  // namespace fuzz
