// Any bytes as a CSV job.
#include "job_oracle.hpp"
#include "oracle.hpp"

#include <utility>

namespace {

using namespace koobatch;

Result<std::unique_ptr<job::RecordSource>> open_csv(job::LineSplitter lines) {
  return job::read_csv(std::move(lines), "job.csv");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_job(fuzz::text_of(data, size), open_csv);
  return 0;
}
