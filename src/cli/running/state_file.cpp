#include "cli/running/state_file.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/reading/notes.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/retry/job_output.hpp"
#include "koobatch/state/csv_writer.hpp"
#include "koobatch/state/item_parser.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t max_named = 10;

/// A set that may hold what was never added, but only seldom, in bounded memory: a Bloom filter.
class Sketch {
 public:
  /// Whether it seems to be there already.
  bool add(std::uint64_t hash) {
    bool was_there = true;
    const std::uint64_t step = (hash >> 32U) | 1U;
    for (unsigned i = 0; i < probes; ++i) {
      const std::uint64_t bit = (hash + i * step) % bits;
      auto& word = words_[bit / 64];
      const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
      was_there = was_there && (word & mask) != 0;
      word |= mask;
    }
    return was_there;
  }

 private:
  // 16 MiB: of ten million items, half a percent seem to be there already.
  static constexpr std::uint64_t bits = std::uint64_t{1} << 27U;
  static constexpr unsigned probes = 4;
  std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(bits / 64);
};

/// Passes the notes of walks on, in the order of the report.
class Notes : public report::Visitor {
 public:
  Result<void> on_read(std::string_view text) override { return visit(text, false); }
  Result<void> on_result(const report::ResultLine& result) override {
    if (auto ok = visit(result.text, true); !ok) return ok;
    return on_end_of_walk(result);
  }

 protected:
  struct Note {
    std::uint32_t line = 0;    ///< of the walk
    std::uint32_t number = 0;  ///< of the note, from 1
    WallTime at{};
    const reading::WalkNote& walk;
  };
  virtual Result<void> on_note(const Note& note) = 0;
  virtual Result<void> on_end_of_walk(const report::ResultLine& /*result*/) { return {}; }

 private:
  Result<void> visit(std::string_view text, bool may_lack_note) {
    padded_.assign(text);
    padded_.append(simdjson::SIMDJSON_PADDING, ' ');
    dom::element object;
    if (parser_.parse(padded_.data(), text.size(), false).get(object) != simdjson::SUCCESS) {
      return fatal_error("is not JSON");
    }
    const auto walk = reading::read_note(object);
    if (!walk) return may_lack_note ? Result<void>() : Result<void>(fatal_error("is not the note of a list"));
    std::uint64_t line = 0;
    std::string_view at;
    if (object["line"].get(line) != simdjson::SUCCESS || object["at"].get(at) != simdjson::SUCCESS) {
      return fatal_error("is not the note of a list");
    }
    return on_note({static_cast<std::uint32_t>(line), ++number_, parse_timestamp(at).value_or(WallTime()), *walk});
  }

  dom::parser parser_;
  std::string padded_;
  std::uint32_t number_ = 0;
};

/// What is the matter with lists: the first few of each kind of trouble.
class Doubts {
 public:
  explicit Doubts(const StateFile& file) : file_(file), lists_(file.lists()) {}

  void add(std::uint32_t line, const std::string& what) {
    if (texts.size() < max_named) texts.push_back(fmt::format("{}: {}", name_of(line), harmless(what)));
  }

  std::vector<std::string> texts;

 private:
  /// The list that a line of the job reads: "user 42, album".
  std::string name_of(std::uint32_t line) const {
    std::size_t list = (line - 1) % lists_;
    auto kind = file_.kinds.begin();
    for (; list >= (*kind)->lists.size(); ++kind) list -= (*kind)->lists.size();
    return fmt::format("user {}, {}", harmless((*file_.users)[(line - 1) / lists_]), (*kind)->name);
  }

  const StateFile& file_;
  const std::size_t lists_;
};

/// Why a list could not be read: "HTTP 400, code 13000410, no permission".
std::string cause_of(const report::ResultRecord& result) {
  if (!result.error.empty()) return std::string(result.error);
  auto text = result.http == 0 ? std::string(to_string(result.status)) : fmt::format("HTTP {}", result.http);
  if (result.code) text += fmt::format(", code {}", *result.code);
  if (!result.msg.empty()) text += fmt::format(", {}", result.msg);
  return text;
}

std::uint64_t hash_of(std::string_view item, dom::parser& parser) {
  dom::element object;
  if (parser.parse(item.data(), item.size()).get(object) != simdjson::SUCCESS) return 0;
  std::string_view type, id;
  if (object[state::type_member].get(type) != simdjson::SUCCESS) return 0;
  if (object[state::id_member].get(id) != simdjson::SUCCESS) return 0;
  return XXH3_64bits_withSeed(id.data(), id.size(), XXH3_64bits(type.data(), type.size()));
}

/// Which notes count, and what may be there twice.
class Survey final : public Notes {
 public:
  Survey(const StateFile& file, Doubts& doubts)
      : begun(file.users->size() * file.lists() + 1),
        is_finished(begun.size()),
        doubts_(doubts),
        pages_(begun.size()),
        is_confirmed_(begun.size()) {}

  std::vector<std::uint32_t> begun;  ///< by walk: the number of the note with which its last attempt began
  std::vector<bool> is_finished;     ///< by walk
  bool is_known(std::uint32_t line) const { return line > 0 && line < begun.size(); }
  /// How many lists may have gone on after what was taken for their end.
  std::uint64_t perhaps_cut() const {
    if (!was_any_cut_early_) return 0;
    std::uint64_t count = 0;
    for (std::size_t line = 1; line < is_finished.size(); ++line) count += is_finished[line] && !is_confirmed_[line];
    return count;
  }
  /// Items that seem to be there more than once, by hash: the walk that has it, and the note of its last value.
  struct Winner {
    std::uint32_t line = 0xffff'ffff;
    std::uint32_t note = 0;
  };
  boost::unordered_flat_map<std::uint64_t, Winner> repeated;

 private:
  Result<void> on_note(const Note& note) override {
    if (!is_known(note.line)) return fatal_error("is about a list that is not part of this export");
    if (note.walk.begins) {
      begun[note.line] = note.number;
      pages_[note.line] = 0;
    }
    ++pages_[note.line];
    if (note.walk.end) {
      if (note.walk.end->pages != pages_[note.line]) return fatal_error("ends a list of which pages were removed");
      is_confirmed_[note.line] = note.walk.end->is_confirmed;
      was_any_cut_early_ |= note.walk.end->was_cut_early;
    }
    for (const auto& item : note.walk.items) {
      const auto hash = hash_of(item, parser_);
      if (sketch_.add(hash)) repeated.try_emplace(hash);
    }
    return {};
  }
  Result<void> on_end_of_walk(const report::ResultLine& result) override {
    if (!is_known(result.line)) return fatal_error("is about a list that is not part of this export");
    is_finished[result.line] = result.status == Status::succeeded;
    if (is_finished[result.line]) return {};
    const auto record = decoder_.result(result.text);
    if (!record) return record.error();
    doubts_.add(result.line, fmt::format("cannot be read: {}", cause_of(*record)));
    return {};
  }

  Doubts& doubts_;
  std::vector<std::uint32_t> pages_;  ///< by walk: of its last attempt
  std::vector<bool> is_confirmed_;    ///< by walk
  bool was_any_cut_early_ = false;
  report::Decoder decoder_;
  Sketch sketch_;
  dom::parser parser_;
};

/// Visits the notes that count.
class Counting : public Notes {
 public:
  explicit Counting(Survey& survey) : survey_(survey) {}

 protected:
  virtual Result<void> on_counting(const Note& note) = 0;
  Survey& survey() { return survey_; }

 private:
  Result<void> on_note(const Note& note) final {
    if (!survey_.is_known(note.line)) return fatal_error("was written meanwhile by another export");
    if (!survey_.is_finished[note.line] || note.number < survey_.begun[note.line]) return {};
    return on_counting(note);
  }

  Survey& survey_;
};

/// Decides which of several values an item has.
class Contest final : public Counting {
 public:
  using Counting::Counting;

 private:
  Result<void> on_counting(const Note& note) override {
    for (const auto& item : note.walk.items) {
      const auto candidate = survey().repeated.find(hash_of(item, parser_));
      if (candidate == survey().repeated.end() || candidate->second.line < note.line) continue;
      candidate->second = {note.line, note.number};
    }
    return {};
  }

  dom::parser parser_;
};

/// Writes what counts.
class Writer final : public Counting {
 public:
  Writer(Survey& survey, Doubts& doubts, retry::JobOutput& output, const StateFile& file)
      : Counting(survey), doubts_(doubts), output_(output), items_(*file.resources) {
    if (file.format != job::Format::csv) return;
    csv_.emplace(file.kinds);
    csv_->append_header(text_);
  }

  Collected collected;

  Result<void> finish() {
    if (!csv_) {
      state::append_summary(text_, collected.summary);
      text_.push_back('\n');
    }
    if (auto ok = output_.write(text_); !ok) return ok;
    return output_.finish();
  }

 private:
  Result<void> on_counting(const Note& note) override {
    auto& summary = collected.summary;
    if (summary.from == WallTime() || note.at < summary.from) summary.from = note.at;
    summary.to = std::max(summary.to, note.at);
    for (const auto& item : note.walk.items) {
      if (auto ok = add(item, note); !ok) return ok;
    }
    for (const auto& item : note.walk.unreadable) {
      doubts_.add(note.line, fmt::format("{} cannot be read: {}", item.id.empty() ? "an item" : item.id, item.why));
    }
    if (note.walk.end) end_walk(*note.walk.end, note.line);
    return text_.size() < enough ? Result<void>() : flush();
  }

  Result<void> add(const std::string& item, const Note& note) {
    const auto candidate = survey().repeated.find(hash_of(item, parser_));
    if (candidate != survey().repeated.end()) {
      const auto& winner = candidate->second;
      if (winner.line != note.line) ++collected.shared_items;
      if (winner.line != note.line || winner.note != note.number) return {};
    }
    ++collected.summary.items;
    if (!csv_) {
      text_.append(item).push_back('\n');
      return {};
    }
    state::Item parsed;
    if (!items_.parse(item, parsed)) return fatal_error("has an item that cannot be read");
    csv_->append_row(text_, parsed);
    return {};
  }

  void end_walk(const reading::WalkEnd& end, std::uint32_t line) {
    collected.unreadable_items += end.unreadable;
    if (end.instability.empty()) return;
    ++collected.unstable_lists;
    doubts_.add(line, end.instability);
  }

  Result<void> flush() {
    auto written = output_.write(text_);
    text_.clear();
    return written;
  }

  static constexpr std::size_t enough = std::size_t{1} << 20U;

  Doubts& doubts_;
  retry::JobOutput& output_;
  state::ItemParser items_;
  std::optional<state::CsvWriter> csv_;
  dom::parser parser_;
  std::string text_;
};

/// Counts the lists that could not be read, and their users.
void count_unread(const Survey& survey, std::size_t lists, Collected& collected) {
  std::uint64_t last_user = 0;
  for (std::size_t line = 1; line < survey.is_finished.size(); ++line) {
    if (survey.is_finished[line]) continue;
    ++collected.unread_lists;
    const std::uint64_t user = (line - 1) / lists + 1;
    if (user != last_user) ++collected.unread_users;
    last_user = user;
  }
}

}  // namespace

std::size_t StateFile::lists() const {
  std::size_t lists = 0;
  for (const auto* kind : kinds) lists += kind->lists.size();
  return lists;
}

Result<Collected> write_state(const std::filesystem::path& report, const StateFile& file, const std::string& endpoint) {
  auto output = retry::JobOutput::create(file.path);
  if (!output) return output.error();
  Doubts doubts(file);
  Survey survey(file, doubts);
  if (const auto scan = report::scan(report, survey); !scan) return scan.error();
  Contest contest(survey);
  if (const auto scan = report::scan(report, contest); !scan) return scan.error();
  Writer writer(survey, doubts, *output, file);
  const auto scan = report::scan(report, writer);
  if (!scan) return scan.error();
  auto& collected = writer.collected;
  count_unread(survey, file.lists(), collected);
  auto& summary = collected.summary;
  summary.users = file.users->size() - collected.unread_users;
  summary.endpoint = endpoint;
  if (summary.from == WallTime()) summary.from = summary.to = scan->segments.back().run.started;  // nothing was read
  if (const auto cut = survey.perhaps_cut(); cut > 0) {
    collected.unstable_lists += cut;
    doubts.texts.push_back(
        fmt::format("the service cuts some lists short, and {} had been read before this was noticed: export again",
                    count_of(cut, "list")));
  }
  summary.is_complete = collected.unread_lists == 0 && collected.unstable_lists == 0 && collected.unreadable_items == 0;
  if (auto ok = writer.finish(); !ok) return ok.error();
  collected.doubts = std::move(doubts.texts);
  return std::move(collected);
}

}  // namespace koobatch::cli
