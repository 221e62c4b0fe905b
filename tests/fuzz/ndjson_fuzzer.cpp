// Any bytes as an NDJSON job.
#include "job_oracle.hpp"
#include "oracle.hpp"

#include <utility>

namespace {

using namespace koobatch;

Result<std::unique_ptr<job::RecordSource>> open_ndjson(job::LineSplitter lines, const job::Reading& reading) {
  return job::read_ndjson(std::move(lines), koodrive::service_catalogue(), "job", reading);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_job(fuzz::text_of(data, size), open_ndjson);
  return 0;
}
