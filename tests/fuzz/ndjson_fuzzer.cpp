// Any bytes as an NDJSON job. Its valid records are read alike once they are known to be valid.
#include "job/json_object.hpp"
#include "job/valid_records.hpp"
#include "job_oracle.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace koobatch;

Result<std::unique_ptr<job::RecordSource>> open_ndjson(job::LineSplitter lines, const job::Reading& reading) {
  return job::read_ndjson(std::move(lines), koodrive::service_catalogue(), "job", reading);
}

bool are_same(const koodrive::Fields& a, const koodrive::Fields& b) {
  if (a.row != b.row || a.op != b.op || a.user_id != b.user_id || a.language != b.language || a.ref != b.ref)
    return false;
  for (std::size_t i = 0; i < a.row->fields.size(); ++i) {
    if (a.values[i].present != b.values[i].present || a.values[i].text != b.values[i].text) return false;
  }
  return true;
}

void check_valid_records(std::string_view job) {
  job::JsonObjectReader strict;
  job::ValidRecords quick(koodrive::service_catalogue());
  koodrive::Fields read, read_quickly;
  std::vector<koodrive::Violation> violations;
  while (!job.empty()) {
    std::string line(job.substr(0, job.find('\n')));
    job.remove_prefix(std::min(line.size() + 1, job.size()));
    const auto size = line.size();
    line.append(simdjson::SIMDJSON_PADDING, '\0');
    const auto text = std::string_view(line).substr(0, size);
    violations.clear();
    strict.read_record(text, koodrive::service_catalogue(), read, violations);
    if (!violations.empty() || read.row == nullptr || !quick.read(text, read_quickly)) continue;
    fuzz::must(are_same(read, read_quickly), "a valid record is read alike");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_job(fuzz::text_of(data, size), open_ndjson);
  check_valid_records(fuzz::text_of(data, size));
  return 0;
}
