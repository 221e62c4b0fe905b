#include "job/foreign_format.hpp"

#include "koobatch/job/compression.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>

#include <array>

namespace koobatch::job {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::string_view what;
  std::string_view remedy;
};

constexpr auto unpack = "unpack it first; gzip and zstd are read as they are"sv;
constexpr auto export_csv = "a job is text: save the sheet as CSV, in UTF-8"sv;
constexpr auto export_text = "a job is NDJSON or CSV"sv;

constexpr std::array<Magic, 13> magics = {{
    {"\xfd"
     "7zXZ\0"sv,
     "an xz archive", unpack},
    {"BZh"sv, "a bzip2 archive", unpack},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", unpack},
    {"\x04\x22\x4d\x18"sv, "an lz4 archive", unpack},
    {"LZIP\x01"sv, "an lzip archive", unpack},
    {"\x1f\x9d"sv, "an archive of compress (.Z)", unpack},
    {"Rar!\x1a\x07"sv, "a RAR archive", unpack},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an Excel workbook (.xls) or another old Office file", export_csv},
    {"%PDF-"sv, "a PDF document", export_text},
    {"{\\rtf"sv, "an RTF document", export_text},
    {"PAR1"sv, "a Parquet file", export_text},
    {"Obj\x01"sv, "an Avro file", export_text},
    {"SQLite format 3\0"sv, "an SQLite database", export_text},
}};

std::string describe(std::string_view what, std::string_view remedy) {
  return fmt::format("is {}; {}", what, remedy);
}

/// Workbooks are zip archives, recognised by the files in them.
std::string describe_zip(std::string_view bytes) {
  if (bytes.find("application/vnd.oasis.opendocument") != std::string_view::npos) {
    return describe("an OpenDocument file, such as a spreadsheet (.ods)", export_csv);
  }
  for (const auto part : {"[Content_Types].xml"sv, "_rels/"sv, "docProps/"sv, "xl/"sv}) {
    if (bytes.find(part) != std::string_view::npos) {
      return describe("an Office file, such as an Excel workbook (.xlsx)", export_csv);
    }
  }
  return describe("a zip archive", unpack);
}

/// A download that needed a login yields a page instead of the file.
bool is_page(std::string_view bytes) {
  const auto start = bytes.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  bytes.remove_prefix(start);
  return boost::algorithm::istarts_with(bytes, "<!doctype html") || boost::algorithm::istarts_with(bytes, "<html");
}

bool is_tar(std::string_view bytes) {
  constexpr std::size_t magic_at = 257;
  return bytes.size() > magic_at && bytes.substr(magic_at).starts_with("ustar");
}

}  // namespace

std::optional<std::string> find_foreign_format(std::string_view first_bytes) {
  for (const auto& magic : magics) {
    if (first_bytes.starts_with(magic.bytes)) return describe(magic.what, magic.remedy);
  }
  if (first_bytes.starts_with("PK\x03\x04") || first_bytes.starts_with("PK\x05\x06")) return describe_zip(first_bytes);
  if (is_tar(first_bytes)) return describe("a tar archive", "unpack it first");
  if (is_page(first_bytes)) return describe("a web page (HTML)", "was it downloaded without being signed in?");
  if (first_bytes.starts_with("<?xml")) return describe("an XML document", export_text);
  if (first_bytes.size() >= compression_magic_size && compression_of(first_bytes) != Compression::none) {
    return describe("compressed more than once", "unpack it once");
  }
  return std::nullopt;
}

}  // namespace koobatch::job
