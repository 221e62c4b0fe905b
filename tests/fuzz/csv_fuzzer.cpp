// Any bytes as a CSV job.
#include "job/csv_header.hpp"
#include "job/foreign_format.hpp"
#include "job_oracle.hpp"
#include "oracle.hpp"

#include <utility>

namespace {

using namespace koobatch;

Result<std::unique_ptr<job::RecordSource>> open_csv(job::LineSplitter lines, const job::Reading& reading) {
  return job::read_csv(std::move(lines), koodrive::service_catalogue(), "job.csv", reading);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  // Guessing what a text is takes any bytes.
  job::find_foreign_format(text);
  job::looks_like_header(text, koodrive::service_catalogue());
  fuzz::check_job(text, open_csv);
  return 0;
}
