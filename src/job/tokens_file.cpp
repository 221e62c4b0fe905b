#include "koobatch/job/tokens_file.hpp"

#include "job/record.hpp"
#include "job/record_source.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/csv_rows.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace koobatch::job {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view token_field = "token";
constexpr LineLimits line_limits{.bytes = 32 * 1024};
/// A larger file was probably named by mistake.
constexpr off_t max_file = off_t{256} << 20;

/// An open file of secrets.
class SecretFile final : public ByteSource {
 public:
  SecretFile(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  ~SecretFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  Result<std::size_t> read(char* out, std::size_t size) override {
    // Bytes appended meanwhile would not fit into the reserved memory.
    const auto wanted = std::min(size, left_);
    if (wanted == 0) return std::size_t{0};
    const ssize_t got = ::read(descriptor_, out, wanted);
    if (got < 0) return system_error(ErrorKind::usage, name_, "cannot be read", errno);
    left_ -= static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
  }
  Digest digest() const override { return {}; }

  /// Its size; an error if it is not a private regular file of acceptable size.
  Result<std::size_t> check() {
    if (descriptor_ < 0) return system_error(ErrorKind::usage, name_, "cannot be read", errno);
    struct stat facts{};
    if (::fstat(descriptor_, &facts) != 0) return system_error(ErrorKind::usage, name_, "cannot be read", errno);
    if (!S_ISREG(facts.st_mode)) {
      return usage_error(fmt::format("{}: is not a regular file; it is read again when a token is refused", name_));
    }
    if (auto own = auth::check_owner_only(facts, name_, name_); !own) return own.error();
    if (facts.st_size > max_file) {
      return usage_error(fmt::format("{}: larger than {} MiB; is it the file with the tokens?", name_, max_file >> 20));
    }
    left_ = static_cast<std::size_t>(facts.st_size);
    return left_;
  }

  /// Whether the first character that is not a blank begins a JSON object.
  bool begins_an_object() const {
    std::array<char, 64> start{};
    const ssize_t got = ::pread(descriptor_, start.data(), start.size(), 0);
    std::string_view text(start.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool is_object = first != std::string_view::npos && text[first] == '{';
    OPENSSL_cleanse(start.data(), start.size());
    return is_object;
  }

 private:
  int descriptor_;
  std::string name_;
  std::size_t left_ = 0;
};

/// One user's token. The views are valid until the next line is read.
struct Row {
  std::string_view user;
  std::string_view token;
};

/// An error on a line. The line's content is never repeated: it may be a token in the wrong place.
Error fault(const std::string& name, std::uint32_t line, std::string_view what) {
  return usage_error(fmt::format("{}:{}: {}", name, line, what));
}

/// Checks rows and collects them.
class Collector {
 public:
  Collector(std::string name, auth::UserTokens& tokens) : name_(std::move(name)), tokens_(tokens) {}

  Result<void> add(const Row& row, std::uint32_t line) {
    std::vector<koodrive::Violation> wrong;
    koodrive::check_user_id(row.user, wrong);
    if (!wrong.empty()) return at(line, "user_id: must be 1 to 128 visible ASCII characters");
    if (row.token.empty()) return at(line, "token: is empty");
    if (row.token.size() > auth::max_secret) return at(line, "token: is longer than 16 KiB");
    if (row.token.front() == ' ' || row.token.back() == ' ') {
      return at(line, "token: begins or ends with a space; remove it");
    }
    if (!auth::fits_a_header(row.token)) {
      return at(line, "token: holds a line break or another character that no header can carry");
    }
    const auto* known = tokens_.add(row.user, row.token, line);
    if (known == nullptr) return {};
    return at(line, fmt::format("user_id: this user has a token already, on line {}", known->line));
  }
  Error at(std::uint32_t line, std::string_view what) const { return fault(name_, line, what); }

 private:
  std::string name_;
  auth::UserTokens& tokens_;
};

/// The meaning of each column.
struct Columns {
  std::size_t user = 0;
  std::size_t token = 0;
};

std::optional<Columns> read_header(const std::vector<std::string_view>& names) {
  if (names.size() != 2) return std::nullopt;
  if (names[0] == user_id_field && names[1] == token_field) return Columns{0, 1};
  if (names[0] == token_field && names[1] == user_id_field) return Columns{1, 0};
  return std::nullopt;
}

Result<void> read_csv_rows(LineSplitter lines, Collector& collector) {
  CsvRows rows(std::move(lines));
  std::optional<Columns> columns;
  for (;;) {
    const auto item = rows.next();
    if (!item) return item.error();
    if (*item == CsvRows::Item::end) break;
    if (*item == CsvRows::Item::broken) return collector.at(rows.line(), rows.fault());
    if (!columns) {
      columns = read_header(rows.cells());
      if (!columns) return collector.at(rows.line(), "the first row must be the header: user_id,token");
      continue;
    }
    if (rows.cells().size() != 2) {
      return collector.at(rows.line(), fmt::format("has {}, but must have two: user_id and token",
                                                   count_of(rows.cells().size(), "cell")));
    }
    const Row row{rows.cells()[columns->user], rows.cells()[columns->token]};
    if (auto added = collector.add(row, rows.line()); !added) return added;
  }
  if (!columns) return collector.at(1, "is empty; it starts with the header user_id,token");
  return {};
}

/// Reads objects, and wipes the decoded texts.
class TokenObjects {
 public:
  TokenObjects() {
    // Reserved for the longest line at once: memory that it outgrew would keep secrets.
    if (parser_.allocate(line_limits.bytes) != simdjson::SUCCESS ||
        parser_.doc.allocate(line_limits.bytes) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
  }
  ~TokenObjects() { OPENSSL_cleanse(parser_.doc.string_buf.get(), 5 * line_limits.bytes / 3); }
  TokenObjects(const TokenObjects&) = delete;
  TokenObjects& operator=(const TokenObjects&) = delete;

  /// Nothing if the line is not such an object.
  std::optional<Row> read(std::string_view line) {
    dom::object object;
    if (parser_.parse(line.data(), line.size(), false).get(object) != simdjson::SUCCESS) return std::nullopt;
    Row row;
    std::size_t users = 0;
    std::size_t tokens = 0;
    for (const auto [name, value] : object) {
      const bool is_user = name == user_id_field;
      if (!is_user && name != token_field) return std::nullopt;
      if (value.get(is_user ? row.user : row.token) != simdjson::SUCCESS) return std::nullopt;
      ++(is_user ? users : tokens);
    }
    return users == 1 && tokens == 1 ? std::optional(row) : std::nullopt;
  }

 private:
  dom::parser parser_;
};

Result<void> read_objects(LineSplitter lines, Collector& collector) {
  TokenObjects objects;
  for (;;) {
    const auto item = lines.next();
    if (!item) return item.error();
    if (*item == LineSplitter::Item::end) return {};
    if (*item == LineSplitter::Item::too_long) {
      return collector.at(lines.number(), too_long_line(line_limits).message);
    }
    if (is_blank(lines.text())) continue;
    const auto row = objects.read(lines.text());
    if (!row) return collector.at(lines.number(), R"(must be an object {"user_id":"…","token":"…"} and nothing else)");
    if (auto added = collector.add(*row, lines.number()); !added) return added;
  }
}

}  // namespace

Result<std::shared_ptr<const auth::UserTokens>> read_tokens_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  const auto stamp = auth::FileStamp::of(path);
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  auto file = std::make_unique<SecretFile>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), name);
  const auto size = file->check();
  if (!size) return size.error();
  const bool is_json = file->begins_an_object();
  auto tokens = std::make_shared<auth::UserTokens>(path, stamp, *size);
  Collector collector(name, *tokens);
  LineSplitter lines(std::move(file), name, line_limits);
  const auto read = is_json ? read_objects(std::move(lines), collector) : read_csv_rows(std::move(lines), collector);
  if (!read) return read.error();
  if (auth::FileStamp::of(path) != stamp) {
    return usage_error(fmt::format("{}: was changed while it was read; put a new file in its place with mv", name));
  }
  return std::shared_ptr<const auth::UserTokens>(std::move(tokens));
}

std::optional<koodrive::Violation> find_missing_token(const Reader& reader, const auth::UserTokens& tokens) {
  if (tokens.find(reader.user()) != nullptr) return std::nullopt;
  return koodrive::Violation{std::string(user_id_field),
                             fmt::format("{} has no token in {}", quote(reader.user()), tokens.file().string())};
}

}  // namespace koobatch::job
