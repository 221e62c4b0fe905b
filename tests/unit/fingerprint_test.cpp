#include "koobatch/job/fingerprint.hpp"

#include "contains.hpp"
#include "job_support.hpp"

#include "koobatch/job/byte_source.hpp"

#include <xxhash.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::job;
using job_support::TemporaryFolder;
using koobatch::test::contains;

namespace {

constexpr std::size_t block = std::size_t{64} << 10U;

std::string random_text(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

std::shared_ptr<const Fingerprint> fingerprint_of(std::string_view text, std::size_t step = 1'000'000'000) {
  FingerprintRecorder recorder({0, 0, text.size(), 0});
  for (std::size_t at = 0; at < text.size(); at += step) recorder.add(text.substr(at, step));
  return std::make_shared<const Fingerprint>(recorder.finish());
}

/// How many bytes are accepted before the first block that differs.
std::size_t accepted(std::string_view text, std::shared_ptr<const Fingerprint> expected) {
  FingerprintCheck check(std::move(expected));
  std::size_t at = 0;
  while (const std::size_t size = check.next_size()) {
    if (at + size > text.size() || !check.accept(text.substr(at, size))) return at;
    at += size;
  }
  return at;
}

/// A file, what it held when it was validated, and a source that reads it again.
struct File {
  explicit File(std::string_view bytes) : text(bytes), path(folder.write("job", std::string(bytes))) {
    Fingerprint record;
    const auto source = open_file(path, &record).value();
    std::string buffer(10'000, '\0');
    while (source->read(buffer.data(), buffer.size()).value() != 0) {
    }
    fingerprint = std::make_shared<const Fingerprint>(std::move(record));
  }

  void write(std::string_view bytes) const { std::ofstream(path, std::ios::binary) << bytes; }

  TemporaryFolder folder;
  std::string text;
  std::filesystem::path path;
  std::shared_ptr<const Fingerprint> fingerprint;
};

struct Reading {
  std::string text;
  std::string error;  ///< empty: read to its end
};

/// Reads it again, in pieces; `between` is done when so many bytes were read.
Reading read_again(const File& file, std::size_t at = 0, const std::function<void()>& between = {}) {
  const auto source = open_verified_file(file.path, file.fingerprint).value();
  Reading reading;
  std::string buffer(10'000, '\0');
  bool done = !between;
  for (;;) {
    if (!done && reading.text.size() >= at) {
      between();
      done = true;
    }
    const auto got = source->read(buffer.data(), buffer.size());
    if (!got) {
      reading.error = got.error().message;
      BOOST_TEST(got.error().kind == ErrorKind::fatal);
      BOOST_TEST(source->read(buffer.data(), buffer.size()).has_error(), "it stays an error");
      return reading;
    }
    if (*got == 0) return reading;
    reading.text.append(buffer, 0, *got);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fingerprint)

BOOST_AUTO_TEST_CASE(blocks_grow_with_the_job_so_that_block_and_list_stay_small) {
  BOOST_TEST(fingerprint_block(0) == block);
  BOOST_TEST(fingerprint_block(std::uint64_t{512} << 20U) == block);
  BOOST_TEST(fingerprint_block(std::uint64_t{64} << 30U) == std::uint64_t{1} << 20U);
  for (std::uint64_t bytes = 1; bytes < std::uint64_t{1} << 44U; bytes = bytes * 3 + 1) {
    const auto size = fingerprint_block(bytes);
    BOOST_TEST(bytes / size * 8 <= size, "of " << bytes);
    BOOST_TEST((size == block || bytes / (size / 2) * 8 > size / 2), "no longer than needed for " << bytes);
  }
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_the_same_however_the_bytes_come_and_ends_with_the_whole_digest) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, 3 * block, 3 * block + 17}) {
    BOOST_TEST_CONTEXT(size) {
      const auto text = random_text(size);
      const auto whole = fingerprint_of(text);
      const Digest digest{size, XXH3_64bits(text.data(), text.size())};
      BOOST_CHECK(whole->digest == digest);
      BOOST_TEST(whole->prefixes.size() == (size + block - 1) / block);
      if (size != 0) BOOST_TEST(whole->prefixes.back() == digest.xxh3);
      for (const std::size_t step : {std::size_t{999}, block, block * 2 + 5}) {
        BOOST_TEST(fingerprint_of(text, step)->prefixes == whole->prefixes);
      }
      BOOST_TEST(accepted(text, whole) == size);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_changed_byte_is_found_in_its_own_block) {
  const auto text = random_text(3 * block + 100);
  const auto expected = fingerprint_of(text);
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    auto changed = text;
    const std::size_t at = random() % text.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << random() % 8));
    BOOST_TEST(accepted(changed, expected) == at / block * block, "byte " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_grew_while_it_was_validated_is_recorded_as_it_was_read) {
  const auto text = random_text(2 * block + 9);
  FingerprintRecorder recorder({0, 0, 1, 0});
  recorder.add(text);
  BOOST_TEST(accepted(text, std::make_shared<const Fingerprint>(recorder.finish())) == text.size());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_as_it_was_reads_the_same_again) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, block, 5 * block + 1234}) {
    const File file(random_text(size));
    const auto reading = read_again(file);
    BOOST_TEST(reading.error.empty(), reading.error);
    BOOST_TEST((reading.text == file.text));
    BOOST_TEST(!find_change(file.path, file.fingerprint));
  }
}

BOOST_AUTO_TEST_CASE(no_byte_of_a_block_that_differs_is_handed_out) {
  const File file(random_text(5 * block));
  auto changed = file.text;
  changed[3 * block + 70] ^= 1;
  file.write(changed);
  const auto reading = read_again(file);
  BOOST_TEST((reading.text == file.text.substr(0, 3 * block)));
  BOOST_TEST(contains(reading.error, "bytes 196,608 to 262,143 are not what they were"), reading.error);
  BOOST_TEST(find_change(file.path, file.fingerprint).value_or("") == "holds other bytes now");
}

BOOST_AUTO_TEST_CASE(a_file_that_gets_longer_or_shorter_is_noticed_at_the_next_block) {
  for (const std::size_t size : {std::size_t{0}, block, 5 * block - 1, 5 * block + 1}) {
    const File file(random_text(5 * block));
    const auto reading = read_again(file, block / 2, [&] { std::filesystem::resize_file(file.path, size); });
    BOOST_TEST((reading.text == file.text.substr(0, block)));
    BOOST_TEST(contains(reading.error, "bytes now, and had 327,680"), reading.error);
    BOOST_TEST(contains(find_change(file.path, file.fingerprint).value_or(""), "bytes now, and had 327,680"));
  }
}

BOOST_AUTO_TEST_CASE(a_removed_or_replaced_file_remains_readable_as_it_was) {
  const File file(random_text(3 * block));
  const auto reading = read_again(file, 1, [&] { std::filesystem::remove(file.path); });
  BOOST_TEST(reading.error.empty(), reading.error);
  BOOST_TEST((reading.text == file.text));
  BOOST_TEST(find_change(file.path, file.fingerprint).value_or("") == "is no longer there");
  std::filesystem::create_directory(file.path);
  BOOST_TEST(find_change(file.path, file.fingerprint).value_or("") == "is a folder now");
  std::filesystem::remove(file.path);
  file.write(file.text);
  BOOST_TEST(!find_change(file.path, file.fingerprint), "a copy is as good");
}

BOOST_AUTO_TEST_CASE(bytes_appended_after_the_end_was_reached_are_not_read) {
  const TemporaryFolder folder;
  const auto path = folder.write("job", "abc");
  Fingerprint record;
  const auto source = open_file(path, &record).value();
  char buffer[10];
  BOOST_TEST(source->read(buffer, sizeof buffer).value() == 3U);
  BOOST_TEST(source->read(buffer, sizeof buffer).value() == 0U);
  std::ofstream(path, std::ios::app) << "def";
  BOOST_TEST(source->read(buffer, sizeof buffer).value() == 0U);
  BOOST_TEST(record.digest.bytes == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
