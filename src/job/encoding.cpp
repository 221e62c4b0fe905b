#include "koobatch/job/encoding.hpp"

#include "job/peeked_source.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>
#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace koobatch::job {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t chunk = std::size_t{128} << 10;
constexpr std::size_t mark_size = 4;

struct Close {
  void operator()(UConverter* converter) const { ::ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, Close>;

/// Null if there is none of this name.
Converter open_converter(const std::string& name) {
  UErrorCode code = U_ZERO_ERROR;
  return Converter(::ucnv_open(name.c_str(), &code));
}

/// A converter that stops at what it cannot convert.
Converter open_strict(const std::string& name) {
  auto converter = open_converter(name);
  assert(converter);
  UErrorCode code = U_ZERO_ERROR;
  ::ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &code);
  ::ucnv_setFromUCallBack(converter.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &code);
  return converter;
}

bool is_same(std::string_view a, std::string_view b) {
  return ::ucnv_compareNames(std::string(a).c_str(), std::string(b).c_str()) == 0;
}

/// The encoding that a byte order mark indicates; empty if there is none.
std::string_view marked_encoding(std::string_view bytes) {
  // Before UTF-16, whose mark it begins with.
  if (bytes.starts_with("\xff\xfe\0\0"sv)) return "UTF-32LE";
  if (bytes.starts_with("\0\0\xfe\xff"sv)) return "UTF-32BE";
  if (bytes.starts_with("\xff\xfe")) return "UTF-16LE";
  if (bytes.starts_with("\xfe\xff")) return "UTF-16BE";
  if (bytes.starts_with("\xef\xbb\xbf")) return "UTF-8";
  return {};
}

/// The form of UTF-16 or UTF-32 of a text without a mark, recognised by the ASCII characters that every job begins
/// with; empty if it is neither.
std::string_view unmarked_encoding(std::string_view bytes) {
  if (bytes.size() < mark_size) return {};
  std::array<bool, mark_size> zero{};
  std::transform(bytes.begin(), bytes.begin() + mark_size, zero.begin(), [](char c) { return c == '\0'; });
  using Zeros = std::array<bool, mark_size>;
  if (zero == Zeros{false, true, false, true}) return "UTF-16LE";
  if (zero == Zeros{true, false, true, false}) return "UTF-16BE";
  if (zero == Zeros{false, true, true, true}) return "UTF-32LE";
  if (zero == Zeros{true, true, true, false}) return "UTF-32BE";
  return {};
}

/// Converts the bytes of a source.
class DecodingSource final : public ByteSource {
 public:
  DecodingSource(std::unique_ptr<ByteSource> bytes, std::string encoding, std::string name)
      : bytes_(std::move(bytes)),
        encoding_(std::move(encoding)),
        name_(std::move(name)),
        from_(open_strict(encoding_)),
        to_(open_strict("UTF-8")),
        buffer_(chunk),
        pivot_(chunk),
        pivot_source_(pivot_.data()),
        pivot_target_(pivot_.data()) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    for (;;) {
      if (error_) return *error_;
      const bool was_stopped = fault_.has_value();
      if (at_end_ && input_.empty() && flushed_ && !was_stopped) return std::size_t{0};
      if (input_.empty() && !at_end_ && !was_stopped) {
        const auto got = bytes_->read(buffer_.data(), buffer_.size());
        if (!got) return got.error();
        input_ = {buffer_.data(), *got};
        at_end_ = *got == 0;
      }
      const std::size_t produced = convert(out, size);
      count_lines({out, produced});
      if (produced > 0) return produced;
      if (was_stopped) error_ = explain(*fault_);
    }
  }

  Digest digest() const override { return bytes_->digest(); }

 private:
  /// The bytes that could not be converted.
  struct Fault {
    bool is_cut_off = false;  ///< the text ends in a character
    std::string bytes{};      ///< see describe_bytes()
  };

  /// Returns how many bytes it has written. If it stops at what it cannot convert, there is a fault, and further calls
  /// write what stands before that and is still in the pivot.
  std::size_t convert(char* out, std::size_t size) {
    UErrorCode code = U_ZERO_ERROR;
    char* target = out;
    const char* source = input_.data();
    const char* const end = fault_ ? source : source + input_.size();
    ::ucnv_convertEx(to_.get(), from_.get(), &target, out + size, &source, end, pivot_.data(), &pivot_source_,
                     &pivot_target_, pivot_.data() + pivot_.size(), false, at_end_ && !fault_, &code);
    input_.remove_prefix(static_cast<std::size_t>(source - input_.data()));
    if (code == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
    const bool is_full = code == U_BUFFER_OVERFLOW_ERROR;
    flushed_ = at_end_ && !is_full;
    if (U_FAILURE(code) && !is_full) fault_ = Fault{code == U_TRUNCATED_CHAR_FOUND, describe_bytes()};
    return static_cast<std::size_t>(target - out);
  }

  void count_lines(std::string_view text) {
    lines_ += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    returns_ += static_cast<std::uint64_t>(std::ranges::count(text, '\r'));
  }

  Error explain(const Fault& fault) const {
    // Without line feeds, carriage returns end the lines.
    const auto line = (lines_ > 0 ? lines_ : returns_) + 1;
    const auto remedy =
        fmt::format("name the right one with {}, or save the file as UTF-8", spell(SettingName::encoding));
    if (fault.is_cut_off) {
      return job_error(fmt::format("{}:{}: the file ends in the middle of a character of {}; copy it again, or {}",
                                   name_, line, encoding_, remedy));
    }
    return job_error(fmt::format("{}:{}: {} not a character of {}; {}", name_, line, fault.bytes, encoding_, remedy));
  }

  /// "the byte 0x81 is", "the bytes 0x81 0x20 are"
  std::string describe_bytes() const {
    std::array<char, 32> bytes{};
    auto size = static_cast<std::int8_t>(bytes.size());
    UErrorCode code = U_ZERO_ERROR;
    ::ucnv_getInvalidChars(from_.get(), bytes.data(), &size, &code);
    std::string text;
    for (std::int8_t i = 0; i < size; ++i) {
      text += fmt::format(" 0x{:02x}", static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]));
    }
    return size == 1 ? fmt::format("the byte{} is", text) : fmt::format("the bytes{} are", text);
  }

  std::unique_ptr<ByteSource> bytes_;
  std::string encoding_;
  std::string name_;
  Converter from_;
  Converter to_;
  std::vector<char> buffer_;
  std::string_view input_;  ///< in buffer_: read and not yet converted
  std::vector<UChar> pivot_;
  UChar* pivot_source_;
  UChar* pivot_target_;
  std::uint64_t lines_ = 0;
  std::uint64_t returns_ = 0;
  bool at_end_ = false;
  bool flushed_ = false;
  std::optional<Fault> fault_;
  std::optional<Error> error_;
};

/// Why the text cannot be in the encoding that was named; nothing if it can.
std::optional<std::string> find_contradiction(std::string_view mark, const std::string& encoding) {
  if (mark.empty() || is_same(mark, encoding)) return std::nullopt;
  // Named without a byte order, the encoding matches either mark.
  if (is_same(mark.substr(0, mark.size() - 2), encoding)) return std::nullopt;
  return fmt::format("begins with the byte order mark of {}, which contradicts {}; leave that out", mark,
                     spell(SettingName::encoding, encoding));
}

}  // namespace

Result<void> check_encoding(const std::string& name) {
  const bool is_word = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           "-_.:"sv.find(c) != std::string_view::npos;
  });
  if (!name.empty() && is_word && open_converter(name)) return {};
  static const std::vector<std::string_view> common = {"UTF-8",        "UTF-16LE",     "UTF-16BE",     "GB18030",
                                                       "GBK",          "Big5",         "Shift_JIS",    "EUC-KR",
                                                       "windows-1250", "windows-1251", "windows-1252", "ISO-8859-1"};
  const auto meant = nearest(name, common);
  if (!meant.empty()) return usage_error(fmt::format("there is no such encoding; did you mean {}?", meant));
  return usage_error("there is no such encoding; common ones are GB18030, windows-1252, Big5, Shift_JIS and UTF-16LE");
}

std::string decoded(std::string_view bytes, const std::string& encoding) {
  const auto from = open_converter(encoding);
  const auto to = open_converter("UTF-8");
  assert(from && to);
  std::string text(bytes.size() * 4 + mark_size, '\0');
  char* target = text.data();
  const char* source = bytes.data();
  std::array<UChar, 256> pivot{};
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  UErrorCode code = U_ZERO_ERROR;
  ::ucnv_convertEx(to.get(), from.get(), &target, text.data() + text.size(), &source, bytes.data() + bytes.size(),
                   pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), true, true, &code);
  text.resize(static_cast<std::size_t>(target - text.data()));
  return text;
}

Result<DecodedText> decode(std::unique_ptr<ByteSource> bytes, const std::string& encoding, const std::string& name) {
  auto peeked = PeekedSource::peek(std::move(bytes), mark_size);
  if (!peeked) return peeked.error();
  const auto mark = marked_encoding((*peeked)->first_bytes());
  const auto unmarked = mark.empty() ? unmarked_encoding((*peeked)->first_bytes()) : std::string_view();
  std::string from = encoding;
  if (encoding.empty()) {
    if (!unmarked.empty()) {
      return job_error(fmt::format("{}: looks like {} without a byte order mark: read it with {}, or save it as UTF-8",
                                   name, unmarked, spell(SettingName::encoding, unmarked)));
    }
    if (mark != "UTF-8") from = mark;
  } else if (auto contradiction = find_contradiction(mark, encoding)) {
    return job_error(fmt::format("{}: {}", name, *contradiction));
  } else if (is_same(encoding, "UTF-16") || is_same(encoding, "UTF-32")) {
    // ICU would assume a byte order for a text without a mark.
    if (!mark.empty() || !unmarked.empty()) from = mark.empty() ? unmarked : mark;
  }
  if (from.empty() || is_same(from, "UTF-8")) return DecodedText{std::move(*peeked), {}, false};
  auto source = std::make_unique<DecodingSource>(std::move(*peeked), from, name);
  return DecodedText{std::move(source), std::move(from), encoding.empty()};
}

}  // namespace koobatch::job
