// What each part of the pipeline costs. Each part's answer is checked first, then the part is timed.
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/http/response_reader.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/app_signature.hpp"
#include "koobatch/koodrive/classifier.hpp"
#include "koobatch/koodrive/request.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {

using namespace koobatch;

void must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

/// A file that is removed when the benchmark is over.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& extension, const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "koobatch-bench-XXXXXX").string() + extension;
    const int fd = ::mkstemps(name.data(), static_cast<int>(extension.size()));
    must(fd >= 0, "cannot create a temporary file");
    path_ = name;
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

constexpr std::int64_t job_lines = 100'000;

std::string ndjson_job() {
  std::string text;
  for (std::int64_t i = 0; i < job_lines; ++i) {
    text += fmt::format(R"({{"op":"rename_shared_folder","id":"17571564800{:08}","fileName":"name {}"}})"
                        "\n",
                        i % 5'000, i);
  }
  return text;
}

std::string csv_job() {
  std::string text = "op,id,fileName\n";
  for (std::int64_t i = 0; i < job_lines; ++i) {
    text += fmt::format("rename_shared_folder,17571564800{:08},name {}\n", i % 5'000, i);
  }
  return text;
}

koodrive::Operation an_operation(std::uint32_t line) {
  const std::string id = fmt::format("17571564800{:08}", line);
  koodrive::Fields fields;
  fields.row = koodrive::service_catalogue().find("rename_shared_folder");
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = id;
  fields.values[1].text = "newName123456";
  koodrive::Operation operation;
  koodrive::OperationBuilder::build(fields, line, "42", "", operation);
  return operation;
}

report::ResultRecord a_result(std::uint32_t line) {
  report::ResultRecord r;
  r.line = line;
  r.op = "rename_shared_folder";
  r.id = "1757156480072657793";
  r.status = Status::succeeded;
  r.http = 200;
  r.code = 0;
  r.msg = "success";
  r.attempts = 1;
  r.trace_id = TraceId{0x15555, line, 1};
  r.at = WallTime(std::chrono::seconds(1'795'000'000));
  r.latency = std::chrono::microseconds(3'214);
  return r;
}

/// Each iteration processed `items` operations of `bytes` bytes in all: shown as the time for one, and bytes a second.
void count(benchmark::State& state, std::int64_t items, std::size_t bytes) {
  using Counter = benchmark::Counter;
  state.counters["each"] = Counter(static_cast<double>(items), Counter::kIsIterationInvariantRate | Counter::kInvert);
  if (bytes != 0) state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

/// Reads, parses and checks every line, as `validate` does.
void validate(benchmark::State& state, const std::string& extension, const std::string& text, job::Format format) {
  const TemporaryFile file(extension, text);
  job::ReaderSettings settings;
  settings.format = format;
  settings.require_user = false;
  for (auto _ : state) {
    const auto reader = job::open_job(file.path(), settings);
    must(reader.has_value(), "the job opens");
    std::int64_t valid = 0;
    for (;;) {
      const auto item = (*reader)->skip();
      if (item.value() == job::Reader::Item::end) break;
      valid += item.value() == job::Reader::Item::operation;
    }
    must(valid == job_lines, "every line is valid");
  }
  count(state, job_lines, text.size());
}
void validate_ndjson(benchmark::State& state) {
  validate(state, ".ndjson", ndjson_job(), job::Format::ndjson);
}
void validate_csv(benchmark::State& state) {
  validate(state, ".csv", csv_job(), job::Format::csv);
}

/// An operation's path through the scheduler: admitted, sent, settled, recorded, durable.
void schedule(benchmark::State& state) {
  flow::Pace pace({}, TimePoint(std::chrono::hours(1)));
  flow::StoppedUsers stopped;
  flow::Scheduler scheduler({}, pace, stopped, 1);
  koodrive::Outcome success;
  success.verdict = koodrive::Verdict::succeeded;
  success.http = 200;
  flow::Seat seat;
  seat.connected = true;
  koodrive::Operation operation = an_operation(1);
  TimePoint now(std::chrono::hours(1));
  std::uint64_t ticket = 0;
  for (auto _ : state) {
    scheduler.admit(operation);
    const auto action = scheduler.next(seat, now);
    must(action.kind == flow::Action::Kind::send, "the operation is sent");
    const auto status = scheduler.complete(seat, action.slot, success, {now, {}, {}});
    must(status == Status::succeeded, "and succeeds");
    operation = scheduler.operation(action.slot);
    scheduler.recorded(action.slot, ++ticket);
    scheduler.durable(ticket);
  }
  count(state, 1, 0);
}

void render_request(benchmark::State& state) {
  koodrive::RequestRenderer renderer(http::parse_endpoint("https://service.example").value());
  const koodrive::Operation operation = an_operation(7);
  const WallTime date(std::chrono::seconds(1'795'000'000));
  http::Request out;
  renderer.render(operation, "Bearer+token", date, {1, 7, 1}, out);
  must(out.bytes().starts_with("POST /koodrive/ose/v1/sharefolder/rename HTTP/1.1\r\n"), "the request line is right");
  must(out.bytes().ends_with("\r\n\r\n" + std::string(operation.body())), "the body ends it");
  for (auto _ : state) {
    renderer.render(operation, "Bearer+token", date, {1, 7, 1}, out);
    benchmark::DoNotOptimize(out.bytes().data());
  }
  count(state, 1, out.bytes().size());
}

/// The cost that an app's signature adds to a request.
void sign_request(benchmark::State& state) {
  const koodrive::Operation operation = an_operation(7);
  const koodrive::SignedParts parts{.method = "POST",
                                    .path = operation.target(),
                                    .query = {},
                                    .host = "service.example",
                                    .x_date = "20251103T070140Z",
                                    .user_id = operation.user(),
                                    .body = operation.body()};
  koodrive::Signer signer(auth::AppKey("app-1", auth::Secret("s3cret-0123456789abcdef")));
  std::string out;
  signer.append_authorization(parts, out);
  must(out ==
           "HMAC-SHA256 AppId=app-1,SignedHeaders=host;x-date;x-user-id,Signature="
           "3787942c16b992aa8ee086e6c92cdba8cd2dc72b7b8abfee6f288827a90d1161",
       "the signature is the one Python computes");
  for (auto _ : state) {
    out.clear();
    signer.append_authorization(parts, out);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, parts.body.size());
}

constexpr std::string_view success_body = R"({"id":"1757156480072657793","code":0,"msg":"success"})";

/// Classifies the body of an answer.
void classify_answer(benchmark::State& state) {
  koodrive::Classifier classifier;
  http::Answer answer;
  koodrive::Outcome outcome;
  answer.delivery = http::Delivery::answered;
  answer.http = 200;
  answer.body = success_body;
  const auto classify = [&] {
    classifier.classify(answer, "1757156480072657793", WallTime(), outcome);
    return outcome.verdict;
  };
  must(classify() == koodrive::Verdict::succeeded, "a success is one");
  for (auto _ : state) benchmark::DoNotOptimize(classify());
  count(state, 1, success_body.size());
}

/// From the bytes of an answer to its meaning.
void read_answer(benchmark::State& state) {
  const std::string bytes = fmt::format(
      "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 17:00:00 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      success_body.size(), success_body);
  http::ResponseReader reader;
  koodrive::Classifier classifier;
  http::Answer answer;
  koodrive::Outcome outcome;
  for (auto _ : state) {
    std::size_t consumed = 0;
    answer.clear();
    reader.start(answer);
    must(reader.feed(bytes, consumed) == http::ResponseReader::State::done, "the answer is whole");
    answer.delivery = http::Delivery::answered;
    classifier.classify(answer, "1757156480072657793", WallTime(), outcome);
    must(outcome.verdict == koodrive::Verdict::succeeded, "and reports success");
  }
  count(state, 1, bytes.size());
}

void encode_result(benchmark::State& state) {
  const auto result = a_result(17);
  std::string out;
  report::append_line(out, result);
  const std::size_t size = out.size();
  must(report::has_valid_sum(std::string_view(out).substr(0, size - 1)), "the sum is right");
  for (auto _ : state) {
    out.clear();
    report::append_line(out, result);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, size);
}

/// The first step of `resume`: every line's sum, every result's line and status.
void scan_report(benchmark::State& state) {
  constexpr std::uint32_t results = 200'000;
  report::RunRecord run;
  run.run_id = "r-1";
  run.job.operations = results;
  std::string text;
  report::append_line(text, run);
  for (std::uint32_t line = 1; line <= results; ++line) {
    report::append_line(text, a_result(line));
    if (line % 1'000 == 0) report::append_sync_line(text, line / 1'000);
  }
  report::Visitor nothing;
  for (auto _ : state) {
    std::string_view rest = text;
    const auto scanned = report::scan(
        "r.ndjson",
        [&](char* to, std::size_t size) -> Result<std::size_t> {
          const std::size_t taken = rest.copy(to, size);
          rest.remove_prefix(taken);
          return taken;
        },
        nothing);
    must(scanned.has_value() && scanned->done.size() == results, "every result is found");
  }
  count(state, results, text.size());
}

}  // namespace

BENCHMARK(validate_ndjson)->Unit(benchmark::kMillisecond);
BENCHMARK(validate_csv)->Unit(benchmark::kMillisecond);
BENCHMARK(schedule);
BENCHMARK(render_request);
BENCHMARK(sign_request);
BENCHMARK(classify_answer);
BENCHMARK(read_answer);
BENCHMARK(encode_result);
BENCHMARK(scan_report)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
