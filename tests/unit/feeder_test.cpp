#include "engine/feeder.hpp"

#include "virtual_run.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <string>
#include <vector>

using namespace koobatch;
using engine::Feeder;
using engine::Inbox;
using Item = job::Reader::Item;

namespace {

/// Hands out operations by folder, with their standing; "pause" pauses.
class Script final : public job::Reader {
 public:
  struct Entry {
    std::string folder;
    Standing standing{};
    bool idempotent = true;
  };
  explicit Script(std::deque<Entry> entries) : entries_(std::move(entries)) {}

  Result<Item> next(koodrive::Operation&) override { return Item::end; }
  Result<Item> skip() override {
    if (entries_.empty()) return Item::end;
    entry_ = entries_.front();
    entries_.pop_front();
    if (entry_.folder == "pause") return Item::pause;
    ++line_;
    return Item::operation;
  }
  const koodrive::Fields& fields() const override { return fields_; }
  std::string_view user() const override { return "user"; }
  void remove(koodrive::FieldSet) override {}
  void render(koodrive::Operation& operation) const override {
    operation = flow::test::folder_rename(line_, entry_.folder, entry_.idempotent);
  }
  void append_record(std::string&) const override {}
  void append_json(std::string&) const override {}
  const Standing* standing() const override { return &entry_.standing; }
  std::uint32_t line() const override { return line_; }
  std::uint32_t last_line() const override { return line_; }
  const std::vector<koodrive::Violation>& violations() const override { return violations_; }
  std::string_view invalid_op() const override { return {}; }
  std::string_view invalid_id() const override { return {}; }
  job::Digest digest() const override { return {}; }
  bool cut_short() const override { return false; }

 private:
  std::deque<Entry> entries_;
  Entry entry_;
  std::uint32_t line_ = 0;
  koodrive::Fields fields_;
  std::vector<koodrive::Violation> violations_;
};

struct NoEvents final : report::WriterEvents {
  void durable(unsigned, std::uint64_t) override {}
  void failed(const Error&) override {}
  void relieved() override {}
};

struct Kept final : report::JournalFile {
  explicit Kept(std::string& out) : out_(out) {}
  Result<void> append(std::string_view bytes) override {
    out_.append(bytes);
    return {};
  }
  Result<void> sync() override { return {}; }

 private:
  std::string& out_;
};

/// One worker, which records when it was told of input and what was there.
struct Fixture : Inbox::Owner {
  std::string journal;
  NoEvents events;
  report::Writer writer{std::make_unique<Kept>(journal), events};
  Inbox inbox{*this};
  std::vector<std::string>
      told;  ///< the operations that a call brought, by line, `?` where one was attempted; "paused"

  void input_arrived() override {
    Inbox::Delivery delivery;
    bool closed = false;
    std::string news;
    while (inbox.pop(delivery, closed)) {
      for (std::size_t i = 0; i < delivery.count; ++i) {
        const auto& item = delivery.batch[i];
        news += std::to_string(item.operation.line()) + (item.attempted ? "? " : " ");
      }
    }
    told.push_back(news + (inbox.is_paused() ? "paused" : closed ? "closed" : ""));
  }
  /// Feeds it, and returns what was recorded.
  std::string feed(std::deque<Script::Entry> entries) {
    Feeder feeder({.reader = std::make_unique<Script>(std::move(entries)),
                   .skip_invalid = false,
                   .index = 1,
                   .path = "job",
                   .progress = {},
                   .selection = {},
                   .user_tokens = {}},
                  {&inbox}, writer);
    BOOST_TEST(!feeder.run().has_error());
    BOOST_TEST(!writer.close("").has_error());
    return journal;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(feeder, Fixture)

BOOST_AUTO_TEST_CASE(operations_wait_for_a_full_batch) {
  feed({{"a"}, {"b"}, {"c"}});
  BOOST_TEST(told == (std::vector<std::string>{"1 2 3 ", "closed"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_pause_hands_over_what_was_read_and_says_that_nothing_follows_for_now) {
  feed({{"a"}, {"b"}, {"pause"}, {"c"}, {"pause"}});
  BOOST_TEST(told == (std::vector<std::string>{"1 2 ", "paused", "3 ", "paused", "paused"}),
             boost::test_tools::per_element());
  BOOST_TEST(inbox.is_paused());
}

BOOST_AUTO_TEST_CASE(what_another_process_may_have_sent_counts_as_attempted) {
  feed({{"a"}, {"b", {.maybe_sent = true}}, {"c", {.maybe_sent = true}, false}});
  // The last one must not be repeated: had it been sent, its attempt would have been noted.
  BOOST_TEST(told.front() == "1 2? 3 ");
}

BOOST_AUTO_TEST_CASE(a_noted_attempt_ends_as_unknown_and_is_not_sent) {
  const auto recorded = feed({{"a", {.noted = TraceId{17, 1, 2}}, false}, {"b"}});
  BOOST_TEST(told.front() == "2 ");
  BOOST_TEST(recorded.find(R"("status":"unknown","attempts":2)") != std::string::npos, recorded);
  BOOST_TEST(recorded.find(to_string(TraceId{17, 1, 2})) != std::string::npos, recorded);
}

BOOST_AUTO_TEST_SUITE_END()
