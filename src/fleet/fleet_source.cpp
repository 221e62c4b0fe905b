#include "fleet/fleet_source.hpp"

#include "koobatch/core/boot_clock.hpp"
#include "koobatch/job/generated_text.hpp"

#include <fmt/format.h>

#include <cassert>
#include <utility>
#include <vector>

namespace koobatch::fleet {
namespace {

class ChunkText final : public job::GeneratedText {
 public:
  explicit ChunkText(std::string text) : text_(std::move(text)) {}

 private:
  bool append_more(std::string& text) override {
    if (text_.empty()) return false;
    text = std::exchange(text_, {});
    return true;
  }

  std::string text_;
};

/// Reads one chunk after the other.
class FleetReader final : public job::Reader {
 public:
  FleetReader(std::string name, job::ReaderSettings settings, std::shared_ptr<SharedBook> book,
              std::shared_ptr<FeedQueue> queue)
      : name_(std::move(name)), settings_(std::move(settings)), book_(std::move(book)), queue_(std::move(queue)) {}

  Result<Item> next(koodrive::Operation& operation) override {
    auto item = skip();
    if (item && *item == Item::operation) render(operation);
    return item;
  }
  Result<Item> skip() override;

  const koodrive::Fields& fields() const override { return chunk_->fields(); }
  std::string_view user() const override { return chunk_->user(); }
  /// Which fields are sent was decided when the job was submitted.
  void remove(koodrive::FieldSet /*unwanted*/) override { assert(false); }
  void render(koodrive::Operation& operation) const override { swap(operation, operation_); }
  void append_record(std::string& out) const override { chunk_->append_record(out); }
  void append_json(std::string& out) const override { chunk_->append_json(out); }
  const Standing* standing() const override { return &standing_; }

  std::uint32_t line() const override { return line_; }
  std::uint32_t last_line() const override { return line_; }
  const std::vector<koodrive::Violation>& violations() const override { return chunk_->violations(); }
  std::string_view invalid_op() const override { return chunk_->invalid_op(); }
  std::string_view invalid_id() const override { return chunk_->invalid_id(); }
  job::Digest digest() const override { return {}; }
  bool cut_short() const override { return false; }

 private:
  Result<void> begin(Feed feed);
  Result<std::optional<Item>> read_on();
  bool consider();
  bool consider_invalid();
  Error unlike_submitted(const std::string& what) const;

  const std::string name_;
  const job::ReaderSettings settings_;
  const std::shared_ptr<SharedBook> book_;
  const std::shared_ptr<FeedQueue> queue_;
  bool paused_ = false;  ///< nothing was handed out since

  PartBook::Next place_;                   ///< of the chunk that is read
  UnpackedChunk operations_;               ///< likewise, without its text
  std::unique_ptr<job::Reader> chunk_;     ///< likewise; null: there is none
  std::size_t read_ = 0;                   ///< operations of it
  std::uint32_t line_ = 0;                 ///< of the last one
  mutable koodrive::Operation operation_;  ///< the last one, until it is rendered
  Standing standing_;                      ///< of the last one
};

Result<job::Reader::Item> FleetReader::skip() {
  for (;;) {
    if (queue_->stopped()) return Item::end;
    if (chunk_) {
      const auto item = read_on();
      if (!item) return item.error();
      if (*item) return **item;
    }
    auto taken = queue_->take();
    if (taken.feed) {
      if (auto begun = begin(std::move(*taken.feed)); !begun) return begun.error();
    } else if (taken.ended) {
      return Item::end;
    } else if (!std::exchange(paused_, true)) {
      return Item::pause;
    } else {
      queue_->wait();
    }
  }
}

Result<void> FleetReader::begin(Feed feed) {
  place_ = feed.next;
  operations_ = std::move(feed.operations);
  read_ = 0;
  auto opened = job::open_ndjson(std::make_unique<ChunkText>(std::move(operations_.text)), settings_, name_);
  if (!opened) return opened.error();
  chunk_ = std::move(*opened);
  book_->begin(place_, BootClock::now());
  return {};
}

/// Reads the chunk up to the next operation that is handed out, or is invalid. Nothing: it has ended.
Result<std::optional<job::Reader::Item>> FleetReader::read_on() {
  for (;;) {
    const auto item = chunk_->skip();
    if (!item) return item.error();
    if (*item == Item::end) break;
    if (read_ == operations_.lines.size()) return unlike_submitted("more operations than lines");
    line_ = operations_.lines[read_++];
    paused_ = false;
    if (*item == Item::operation ? consider() : consider_invalid()) return *item;
  }
  if (read_ != operations_.lines.size()) return unlike_submitted("fewer operations than lines");
  chunk_.reset();
  book_->end();
  return std::optional<Item>();
}

/// Whether the operation just read is handed out.
bool FleetReader::consider() {
  koodrive::OperationBuilder::build(chunk_->fields(), line_, settings_.default_user, settings_.default_language,
                                    operation_);
  const auto decision = book_->rule({line_, operation_.key_hash(), operation_.is_repeatable()});
  standing_ = {};
  switch (decision.ruling) {
    case Ruling::skip:
      return false;
    case Ruling::send:
      standing_.maybe_sent = operations_.attempted[read_ - 1];
      return true;
    case Ruling::repeat:
      standing_.maybe_sent = true;
      return true;
    case Ruling::unknown:
      standing_.noted = decision.note;
      return true;
  }
  return false;
}

/// Likewise. An invalid one has no key: nothing waits for it.
bool FleetReader::consider_invalid() {
  standing_ = {};
  return book_->rule({line_, ~std::uint64_t{line_}, true}).ruling != Ruling::skip;
}

Error FleetReader::unlike_submitted(const std::string& what) const {
  return fatal_error(
      fmt::format("{}: chunk {} of part {} has {}: the engine holds a chunk that differs from the one submitted", name_,
                  place_.chunk, place_.part, what));
}

}  // namespace

FleetSource::FleetSource(std::string name, Identity identity, job::ReaderSettings settings,
                         std::shared_ptr<SharedBook> book, std::shared_ptr<FeedQueue> queue)
    : name_(std::move(name)),
      identity_(std::move(identity)),
      settings_(std::move(settings)),
      book_(std::move(book)),
      queue_(std::move(queue)) {
  settings_.format = job::Format::ndjson;
  settings_.expected.reset();
  settings_.found_valid = false;
}

Result<std::unique_ptr<job::Reader>> FleetSource::open() const {
  return std::unique_ptr<job::Reader>(std::make_unique<FleetReader>(name_, settings_, book_, queue_));
}

}  // namespace koobatch::fleet
