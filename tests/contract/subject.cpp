#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <stdexcept>

namespace koobatch::test {

fleet::Chunk chunk(fleet::PartNumber part, fleet::ChunkNumber number) {
  return {.number = number,
          .operations = operations_per_chunk,
          // With every byte, and long enough to be stored outside its row now and then.
          .packed = fmt::format("part {} chunk {} ", part, number) + std::string(1, '\0') + "\xff\n" +
                    std::string(number % 2 == 0 ? 4000 : 40, 'x'),
          .xxh3 = 0xfedcba9876543210ULL + number};
}

fleet::RunDescription description_of(const Shape& shape) {
  static std::mt19937_64 random{std::random_device{}()};
  fleet::RunDescription run;
  run.run_id = fmt::format("{:016x}", random());
  run.job = {.path = "/jobs/job.ndjson", .format = "ndjson", .bytes = 1000};
  run.endpoint = "https://service.example";
  run.parts = shape.parts;
  run.rate = shape.rate;
  run.burst = shape.burst;
  run.hold = shape.hold;
  return run;
}

fleet::RunNumber submit(fleet::Ledger& ledger, const Shape& shape) {
  const fleet::RunNumber run = must(ledger.begin_run(description_of(shape)));
  for (fleet::PartNumber part = 0; part < shape.parts; ++part) {
    std::vector<fleet::Chunk> chunks;
    for (fleet::ChunkNumber number = 1; number <= shape.chunks; ++number) chunks.push_back(chunk(part, number));
    must(ledger.load(run, part, chunks));
  }
  must(ledger.finish_loading(run, std::uint64_t{shape.parts} * shape.chunks * operations_per_chunk));
  return run;
}

Hand::Hand(fleet::RunNumber run) {
  static std::mt19937_64 random{std::random_device{}()};
  me = must(ledger->enrol(run, "worker", random()));
}

std::vector<fleet::ClaimedPart> Hand::claim(std::uint32_t count, std::vector<fleet::PartNumber> known) {
  return must(ledger->claim(me, count, known));
}

fleet::Answer<double> Hand::take_share(double share, std::uint32_t burst) {
  const auto granted = ledger->take_share(me, share_changes, share, burst);
  if (!granted) return granted.error();
  ++share_changes;
  return granted->value();
}

fleet::Answer<void> Hand::commit(std::vector<fleet::PartProgress> progress, std::string_view lines) {
  auto done = ledger->commit(me, {.number = last + 1, .results = 1, .packed = std::string(lines)}, progress, {});
  if (done) ++last;
  return done;
}

fleet::WorkerRow row_of(fleet::Ledger& ledger, fleet::RunNumber run, fleet::WorkerNumber worker) {
  const auto survey = must(ledger.survey(run));
  const auto found = std::ranges::find(survey.workers, worker, &fleet::WorkerRow::number);
  if (found == survey.workers.end()) throw std::runtime_error("there is no such worker");
  return *found;
}

fleet::PartRow part_of(fleet::Ledger& ledger, fleet::RunNumber run, fleet::PartNumber part) {
  return must(ledger.parts(run)).at(part);
}

boost::test_tools::assertion_result HaveSubject::operator()(boost::unit_test::test_unit_id) const {
  boost::test_tools::assertion_result available(subject().is_available());
  if (!available) available.message() << "what is to be tested is not installed";
  return available;
}

}  // namespace koobatch::test
