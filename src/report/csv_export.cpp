#include "koobatch/report/csv_export.hpp"

#include "koobatch/core/csv.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace koobatch::report {
namespace {

constexpr std::size_t write_size = 256 * 1024;
constexpr mode_t readable_by_all = 0644;  // like the report itself

template <class Number>
void append_number(std::string& out, Number number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

}  // namespace

void append_csv_header(std::string& out) {
  out.append("line,status,op,id,http,code,msg,error,attempts,trace_id,at,latency_ms,ref\r\n");
}

void append_csv_row(std::string& out, const ResultRecord& r) {
  append_number(out, r.line);
  out.append(",").append(to_string(r.status)).push_back(',');
  append_csv_text(out, r.op);
  out.push_back(',');
  append_csv_text(out, r.id);
  out.push_back(',');
  if (r.http != 0) append_number(out, r.http);
  out.push_back(',');
  if (r.code) append_number(out, *r.code);
  out.push_back(',');
  append_csv_text(out, r.msg);
  out.push_back(',');
  append_csv_text(out, r.error);
  out.push_back(',');
  append_number(out, r.attempts);
  out.push_back(',');
  if (r.trace_id) out.append(to_string(*r.trace_id));
  out.push_back(',');
  append_timestamp(out, r.at);
  out.push_back(',');
  if (r.latency) fmt::format_to(std::back_inserter(out), "{:.3f}", seconds(*r.latency) * 1000);
  out.push_back(',');
  if (r.ref) append_csv_text(out, *r.ref);
  out.append("\r\n");
}

CsvExport::CsvExport(NewFile file) : file_(std::move(file)) {
  append_csv_header(buffer_);
}

Result<CsvExport> CsvExport::create(const std::filesystem::path& path) {
  auto file = NewFile::create(path, readable_by_all);
  if (!file) return file.error();
  return CsvExport(std::move(*file));
}

Result<void> CsvExport::write() {
  auto written = file_.write(buffer_);
  buffer_.clear();
  return written;
}

Result<void> CsvExport::on_result(const ResultRecord& result) {
  append_csv_row(buffer_, result);
  ++rows_;
  if (buffer_.size() < write_size) return {};
  return write();
}

Result<void> CsvExport::finish() {
  if (auto written = write(); !written) return written;
  return file_.finish();
}

}  // namespace koobatch::report
