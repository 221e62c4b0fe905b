#include "koobatch/job/compression.hpp"

#include "archives.hpp"
#include "contains.hpp"
#include "job_support.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/validator.hpp"

#include <xxhash.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::job;
using job_support::TemporaryFolder;
using job_support::text_source;
using koobatch::test::contains;

namespace {

using Sizes = std::initializer_list<std::size_t>;
using Pack = std::string (*)(std::string_view);

struct Kind {
  std::string name;
  Pack pack;
  std::size_t magic;  ///< bytes by which it is recognised
  std::string part;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {{"gzip", archives::gzip, 2, "member"}, {"zstd", archives::zstd, 4, "frame"}};
  return all;
}

/// What a source gives in the end, read in pieces of `room` bytes.
Result<std::string> all_of(ByteSource& source, std::size_t room) {
  std::string text;
  std::string piece(room, '\0');
  for (;;) {
    const auto got = source.read(piece.data(), piece.size());
    if (!got) return got.error();
    if (*got == 0) return text;
    text.append(piece, 0, *got);
  }
}

Result<std::string> unpacked(std::string stored, std::size_t step = 1 << 20, std::size_t room = 1 << 16) {
  auto source = decompress(text_source(std::move(stored), step), "jobs/a");
  if (!source) return source.error();
  return all_of(**source, room);
}

/// The message of the error (job) that reading ends in.
std::string damage(std::string stored) {
  const auto text = unpacked(std::move(stored));
  BOOST_REQUIRE_MESSAGE(!text, "was read to its end");
  BOOST_CHECK(text.error().kind == ErrorKind::job);
  return text.error().message;
}

/// Lines that do not compress to nothing.
std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"{:x}"}})", i, i * 2654435761U) + "\n";
  }
  return text;
}

ReaderSettings ndjson() {
  return {.format = Format::ndjson, .default_user = {}, .default_language = {}, .require_user = false};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compression)

BOOST_AUTO_TEST_CASE(an_archive_is_recognised_by_its_first_bytes) {
  BOOST_CHECK(compression_of(archives::gzip("a").substr(0, 4)) == Compression::gzip);
  BOOST_CHECK(compression_of(archives::zstd("a").substr(0, 4)) == Compression::zstd);
  BOOST_CHECK(compression_of(archives::skippable_frame("a").substr(0, 4)) == Compression::zstd);
  for (const std::string text : {"", "{\"op\"", "op,i", "P", "PK\x03\x04", "\xef\xbb\xbf{", "(x", "\n"}) {
    BOOST_CHECK(compression_of(text) == Compression::none);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_compressed_stays_as_it_is) {
  for (const std::string text : {"", "a", "ab\n", "abc\n", "abcd", "some lines\nof a job\n"}) {
    for (const std::size_t step : Sizes{1, 3, 100}) BOOST_TEST(unpacked(text, step).value() == text);
  }
}

BOOST_AUTO_TEST_CASE(an_archive_yields_its_text_however_the_bytes_arrive_and_whatever_the_buffers_size) {
  for (const auto& kind : kinds()) {
    for (const auto& text : {std::string(), std::string("x"), lines(300), std::string(200'000, 'x')}) {
      const auto stored = kind.pack(text);
      for (const std::size_t step : Sizes{1, 7, 100'000}) {
        for (const std::size_t room : Sizes{1, 13, 65'536}) {
          BOOST_CHECK_MESSAGE(unpacked(stored, step, room).value() == text, kind.name << " " << step << " " << room);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(members_and_frames_in_a_row_are_one_text) {
  const auto a = lines(10);
  const auto b = lines(1000);
  for (const auto& kind : kinds()) {
    const auto stored = kind.pack(a) + kind.pack("") + kind.pack(b) + kind.pack("z");
    for (const std::size_t step : Sizes{1, 7, 100'000}) BOOST_TEST((unpacked(stored, step).value() == a + b + "z"));
  }
}

BOOST_AUTO_TEST_CASE(skippable_frames_are_skipped_at_the_start_between_and_at_the_end) {
  const auto skip = archives::skippable_frame("an index");
  const auto stored = skip + archives::zstd("a\n") + skip + archives::zstd("b\n") + skip;
  for (const std::size_t step : Sizes{1, 7, 1000}) BOOST_TEST(unpacked(stored, step).value() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(an_archive_that_was_cut_off_anywhere_is_an_error_and_never_an_end) {
  const auto text = lines(20);
  for (const auto& kind : kinds()) {
    const auto stored = kind.pack(text);
    for (std::size_t size = 1; size < stored.size(); ++size) {
      BOOST_TEST_CONTEXT(kind.name << " of " << size << " bytes") {
        const auto message = damage(stored.substr(0, size));
        BOOST_TEST(message == fmt::format("jobs/a: the {} archive is cut off: the file ends after {} bytes, in the "
                                          "middle of {} 1; copy or compress it again",
                                          kind.name, size, kind.part));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_row_of_parts_may_end_between_two_and_nowhere_else) {
  const auto a = lines(3);
  for (const auto& kind : kinds()) {
    const auto first = kind.pack(a);
    const auto stored = first + kind.pack(a);
    for (std::size_t size = 1; size < stored.size(); ++size) {
      const auto text = unpacked(stored.substr(0, size));
      if (size == first.size()) {
        BOOST_TEST(text.value() == a);
      } else {
        BOOST_CHECK_MESSAGE(!text && contains(text.error().message, "is cut off"), kind.name << " " << size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_large_truncated_archive_yields_its_lines_and_then_the_error) {
  const auto text = lines(20'000);
  for (const auto& kind : kinds()) {
    auto stored = kind.pack(text);
    stored.resize(stored.size() - 1);
    BOOST_TEST(contains(damage(stored), "is cut off"));
  }
}

BOOST_AUTO_TEST_CASE(what_follows_an_archive_is_an_error) {
  for (const auto& kind : kinds()) {
    const auto stored = kind.pack("a\n");
    for (const std::string& garbage :
         {std::string("garbage"), std::string("{\"op\":1}\n"), std::string("\n\n\n\n\n")}) {
      const auto message = damage(stored + garbage);
      BOOST_TEST(contains(message, fmt::format("{} 2", kind.part)), message);
      BOOST_TEST(contains(message, fmt::format("the bytes there are not {}", kind.name)), message);
    }
    for (const std::string garbage : {"x", "\n", "\x1f"}) {
      BOOST_TEST(contains(damage(stored + garbage), "jobs/a: the " + kind.name), kind.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(zeros_may_pad_a_gzip_archive_as_on_tape) {
  for (const std::size_t zeros : Sizes{1, 512, 300'000}) {
    const auto stored = archives::gzip("a\n") + archives::gzip("b\n") + std::string(zeros, '\0');
    for (const std::size_t step : Sizes{1, 7, 1000}) BOOST_TEST(unpacked(stored, step).value() == "a\nb\n");
  }
  const std::string between(512, '\0');
  BOOST_TEST(contains(damage(archives::gzip("a\n") + between + archives::gzip("b\n")),
                      "zeros follow it, and other bytes after them"));
  BOOST_TEST(contains(damage(archives::zstd("a\n") + between), "the bytes there are not zstd"));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_is_an_error_or_changes_nothing) {
  const auto text = lines(20);
  for (const auto& kind : kinds()) {
    const auto stored = kind.pack(text);
    std::size_t detected = 0;
    for (std::size_t bit = kind.magic * 8; bit < stored.size() * 8; ++bit) {
      auto flipped = stored;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      const auto read = unpacked(flipped);
      if (!read) {
        ++detected;
        BOOST_CHECK(read.error().kind == ErrorKind::job);
      } else {
        BOOST_CHECK_MESSAGE(*read == text, kind.name << ": bit " << bit << " changed the text in silence");
      }
    }
    // Only a time stamp and the like are of no consequence.
    BOOST_TEST(detected > stored.size() * 8 * 4 / 5, kind.name);
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_needs_too_much_memory_is_refused_with_what_to_do) {
  BOOST_TEST((unpacked(archives::zstd_with_window(lines(50), 24)).value() == lines(50)));
  BOOST_TEST(contains(damage(archives::zstd_with_window(lines(50), 25)), "more than 16 MiB"));
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_the_stored_bytes) {
  const TemporaryFolder folder;
  for (const auto& kind : kinds()) {
    const auto stored = kind.pack(lines(5000)) + kind.pack(lines(1));
    const auto validation = validate(folder.write("a.ndjson." + kind.name, stored), ndjson());
    BOOST_REQUIRE(validation);
    BOOST_TEST(validation->operations == 5001U);
    BOOST_TEST(validation->digest.bytes == stored.size());
    BOOST_TEST(validation->digest.xxh3 == XXH3_64bits(stored.data(), stored.size()));
  }
}

BOOST_AUTO_TEST_CASE(lines_are_numbered_as_in_the_text) {
  const TemporaryFolder folder;
  for (const auto& kind : kinds()) {
    const auto path = folder.write("renames", kind.pack("\xef\xbb\xbf" + lines(2)) + kind.pack("{}\n"));
    const auto validation = validate(path, ndjson());
    BOOST_REQUIRE(validation);
    BOOST_REQUIRE(validation->first_errors.size() == 1U);
    BOOST_TEST(validation->first_errors[0].starts_with(path.string() + ":3: op"), validation->first_errors[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_compressed_csv_is_read_as_any_other) {
  const TemporaryFolder folder;
  auto settings = ndjson();
  settings.format = Format::csv;
  for (const auto& kind : kinds()) {
    const auto stored = kind.pack("op,id,fileName\nrename_shared_folder,1,\"a\nb\"\n");
    const auto validation = validate(folder.write("a", stored), settings);
    BOOST_REQUIRE(validation);
    BOOST_TEST(validation->operations == 1U);
    const auto torn = validate(folder.write("b", stored.substr(0, stored.size() - 1)), settings);
    BOOST_REQUIRE(!torn);
    BOOST_CHECK(torn.error().kind == ErrorKind::job);
    BOOST_TEST(contains(torn.error().message, "is cut off"));
  }
}

BOOST_AUTO_TEST_CASE(a_failing_disk_is_reported_as_such_and_not_as_damage) {
  class BrokenDisk final : public ByteSource {
   public:
    explicit BrokenDisk(std::string text) : text_(std::move(text)) {}
    Result<std::size_t> read(char* out, std::size_t size) override {
      if (at_ == text_.size()) return fatal_error("jobs/a: Input/output error");
      const auto count = std::min(size, text_.size() - at_);
      std::memcpy(out, text_.data() + at_, count);
      at_ += count;
      return count;
    }
    Digest digest() const override { return {at_, 0}; }

   private:
    std::string text_;
    std::size_t at_ = 0;
  };
  for (const auto& kind : kinds()) {
    auto source = decompress(std::make_unique<BrokenDisk>(kind.pack(lines(5)).substr(0, 40)), "jobs/a");
    BOOST_REQUIRE(source);
    const auto read = all_of(**source, 1000);
    BOOST_REQUIRE(!read);
    BOOST_CHECK(read.error().kind == ErrorKind::fatal);
    BOOST_TEST(read.error().message == "jobs/a: Input/output error");
  }
}

BOOST_AUTO_TEST_CASE(messages_may_call_the_job_by_another_name_than_its_path) {
  const TemporaryFolder folder;
  auto settings = ndjson();
  settings.name = "standard input";
  const auto wrong = validate(folder.write("a", "{}\n"), settings);
  BOOST_REQUIRE(wrong);
  BOOST_TEST(wrong->first_errors.front().starts_with("standard input:1: "), wrong->first_errors.front());
  const auto torn = validate(folder.write("b", archives::gzip("{}\n").substr(0, 15)), settings);
  BOOST_REQUIRE(!torn);
  BOOST_TEST(torn.error().message.starts_with("standard input: the gzip archive is cut off"));
}

BOOST_AUTO_TEST_CASE(the_extension_of_a_compressed_file_tells_the_format_of_its_text) {
  for (const auto name : {"a.ndjson.gz", "jobs/a.JSON.GZ", "a.jsonl.zst", "a.b.ndjson.zstd"}) {
    BOOST_CHECK(format_of(name) == Format::ndjson);
  }
  BOOST_CHECK(format_of("a.csv.gz") == Format::csv);
  for (const auto name : {"a.gz", "a.tar.gz", "a.csv.gz.gz", "a.csv.xz", "csv.gz", ".gz"})
    BOOST_CHECK(!format_of(name));
  BOOST_TEST(without_compression("jobs/a.csv.Gz") == "jobs/a.csv");
  BOOST_TEST(without_compression("jobs/a.csv") == "jobs/a.csv");
}

BOOST_AUTO_TEST_SUITE_END()
