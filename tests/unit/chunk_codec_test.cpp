#include "fleet/chunk_codec.hpp"

#include "contains.hpp"

#include <fmt/format.h>
#include <rapidcheck/boost_test.h>
#include <xxhash.h>
#include <zstd.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using koobatch::test::contains;

namespace {

Chunk chunk_of(const std::vector<PackedOperation>& operations, ChunkNumber number = 1) {
  ChunkBuilder builder;
  for (const auto& operation : operations) builder.add(operation);
  return builder.finish(number);
}

/// A chunk with this content and the right checksum.
Chunk forged(std::string_view plain, std::uint32_t operations) {
  Chunk chunk{1, operations, pack_lines(plain), 0};
  chunk.xxh3 = XXH3_64bits(chunk.packed.data(), chunk.packed.size());
  return chunk;
}

std::string why_not(const Chunk& chunk) {
  const auto unpacked = unpack(chunk);
  return unpacked ? std::string() : unpacked.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(chunk_codec)

BOOST_AUTO_TEST_CASE(what_was_packed_is_unpacked) {
  const auto chunk = chunk_of({{1, R"({"op":"a"})"}, {7, R"({"op":"b"})", true}, {4'294'967'295, "{}"}}, 3);
  BOOST_TEST(chunk.number == 3U);
  BOOST_TEST(chunk.operations == 3U);
  const auto unpacked = unpack(chunk).value();
  BOOST_TEST(unpacked.lines == (std::vector<std::uint32_t>{1, 7, 4'294'967'295}), boost::test_tools::per_element());
  BOOST_TEST(unpacked.text == "{\"op\":\"a\"}\n{\"op\":\"b\"}\n{}\n");
  BOOST_TEST((unpacked.attempted == std::vector<bool>{false, true, false}));
}

RC_BOOST_PROP(any_operations_survive, (const std::vector<std::pair<std::uint32_t, bool>>& steps)) {
  ChunkBuilder builder;
  UnpackedChunk expected;
  std::uint64_t line = 0;
  for (const auto& [step, attempted] : steps) {
    line += step % 1'000'000 + 1;
    const std::string text = fmt::format("{{\"line\":{}}}", line);
    const PackedOperation operation{static_cast<std::uint32_t>(line), text, attempted};
    if (line > 0xffffffffU || !builder.fits(operation)) break;
    builder.add(operation);
    expected.lines.push_back(operation.line);
    expected.attempted.push_back(attempted);
    expected.text += text + '\n';
  }
  RC_PRE(!builder.empty());
  const auto unpacked = unpack(builder.finish(1)).value();
  RC_ASSERT(unpacked.lines == expected.lines);
  RC_ASSERT(unpacked.attempted == expected.attempted);
  RC_ASSERT(unpacked.text == expected.text);
}

BOOST_AUTO_TEST_CASE(a_builder_begins_anew_after_each_chunk) {
  ChunkBuilder builder;
  builder.add({5, "{}"});
  BOOST_TEST(builder.finish(1).operations == 1U);
  BOOST_TEST(builder.empty());
  BOOST_TEST(builder.bytes() == 0U);
  builder.add({2, "[]", true});
  const auto second = unpack(builder.finish(2)).value();
  BOOST_TEST(second.lines.front() == 2U);
  BOOST_TEST(second.text == "[]\n");
}

BOOST_AUTO_TEST_CASE(a_chunk_has_a_thousand_operations_at_most) {
  ChunkBuilder builder;
  for (std::uint32_t line = 1; line <= ChunkBuilder::most_operations; ++line) {
    BOOST_TEST_REQUIRE(builder.fits({line, "{}"}));
    builder.add({line, "{}"});
  }
  BOOST_TEST(!builder.fits({1001, "{}"}));
  BOOST_TEST(unpack(builder.finish(1)).value().lines.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_chunk_has_128_kib_at_most_unless_one_operation_is_longer) {
  const std::string half(ChunkBuilder::most_bytes / 2, 'x');
  ChunkBuilder builder;
  builder.add({1, half});
  BOOST_TEST(!builder.fits({2, half}));
  BOOST_TEST(builder.fits({2, std::string_view(half).substr(100)}));
  const std::string huge(std::size_t{1} << 20, 'y');
  BOOST_TEST(!builder.fits({2, huge}));
  builder.finish(1);
  BOOST_TEST(builder.fits({2, huge}));
  builder.add({2, huge});
  BOOST_TEST(unpack(builder.finish(2)).value().text.size() == huge.size() + 1);
}

BOOST_AUTO_TEST_CASE(a_chunk_that_differs_from_the_one_submitted_is_refused_whatever_was_changed) {
  const auto good = chunk_of({{1, "{}"}, {2, "{}"}});
  BOOST_TEST(why_not(good).empty());
  for (std::size_t i = 0; i < good.packed.size(); ++i) {
    Chunk changed = good;
    changed.packed[i] ^= 1;
    BOOST_TEST(contains(why_not(changed), "the engine holds a chunk that differs from the one submitted"));
  }
  Chunk changed = good;
  changed.operations = 3;
  BOOST_TEST(contains(why_not(changed), "a different number of operations"));
  changed = good;
  changed.packed.clear();
  BOOST_TEST(contains(why_not(changed), "its checksum does not match"));
}

BOOST_AUTO_TEST_CASE(content_that_no_builder_packs_is_refused_in_spite_of_its_checksum) {
  BOOST_TEST(contains(why_not(forged("KBC1\x01\x02{}", 1)), "one text for each line"));
  BOOST_TEST(contains(why_not(forged("KBC1\x01\x02{}\n{}\n", 1)), "one text for each line"));
  BOOST_TEST(contains(why_not(forged("KBC2\x01\x02{}\n", 1)), "not those of a chunk"));
  BOOST_TEST(contains(why_not(forged("KBC1\x01", 1)), "not those of a chunk"));
  BOOST_TEST(contains(why_not(forged(std::string_view("KBC1\x01\x00{}\n", 9), 1)), "not those of a chunk"));
  BOOST_TEST(contains(why_not(forged(std::string_view("KBC1\x00", 5), 0)), "not those of a chunk"));
  // Two operations, and one text; then, two on one line.
  BOOST_TEST(contains(why_not(forged("KBC1\x02\x02\x02{}\n", 2)), "one text for each line"));
  BOOST_TEST(contains(why_not(forged("KBC1\x02\x02\x01{}\n{}\n", 2)), "not those of a chunk"));
  // A line that would not fit into 32 bits.
  BOOST_TEST(contains(why_not(forged("KBC1\x01\xff\xff\xff\xff\x7f{}\n", 1)), "not those of a chunk"));
  BOOST_TEST(why_not(forged("KBC1\x01\x02{}\n", 1)).empty());
}

BOOST_AUTO_TEST_CASE(a_bomb_is_refused_before_memory_is_allocated) {
  // A frame that says it holds a terabyte.
  std::string bomb("\x28\xb5\x2f\xfd\xe0", 5);
  bomb += std::string("\0\0\0\0\0\1\0\0", 8) + std::string("\1\0\0", 3);
  BOOST_TEST_REQUIRE(ZSTD_getFrameContentSize(bomb.data(), bomb.size()) == 1ULL << 40U);
  Chunk chunk{1, 1, bomb, XXH3_64bits(bomb.data(), bomb.size())};
  BOOST_TEST(contains(why_not(chunk), "cannot be decompressed"));
}

BOOST_AUTO_TEST_CASE(a_second_frame_behind_the_first_is_refused) {
  Chunk chunk = chunk_of({{1, "{}"}});
  chunk.packed += pack_lines("more");
  chunk.xxh3 = XXH3_64bits(chunk.packed.data(), chunk.packed.size());
  BOOST_TEST(contains(why_not(chunk), "cannot be decompressed"));
}

BOOST_AUTO_TEST_CASE(lines_of_a_report_survive_and_become_smaller) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += fmt::format("{{\"type\":\"result\",\"line\":{}}}\n", i);
  const auto packed = pack_lines(lines);
  BOOST_TEST(packed.size() < lines.size() / 3);
  BOOST_TEST(unpack_lines(packed).value() == lines);
  BOOST_TEST(pack_lines({}).empty());
  BOOST_TEST(unpack_lines({}).value().empty());
  BOOST_TEST(!unpack_lines("no frame"));
  BOOST_TEST(!unpack_lines(packed.substr(1)));
}

BOOST_AUTO_TEST_SUITE_END()
