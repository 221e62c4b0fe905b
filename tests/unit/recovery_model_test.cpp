// Checks what is read back from a report against a model so small that it is obviously right, over random reports that
// are truncated or damaged anywhere.
#include "report_samples.hpp"

#include <rapidcheck/boost_test.h>

#include <map>
#include <set>

using namespace koobatch;
using namespace koobatch::report;

namespace {

/// A line of a report, and its meaning.
struct Entry {
  enum class Kind { run, result, attempt, sync, end } kind;
  std::string text;
  std::uint32_t line = 0;
  Status status = Status::succeeded;
  std::vector<std::uint32_t> unsettled = {};
};

/// What is known after some of the entries.
struct Knowledge {
  std::map<std::uint32_t, Status> done;
  std::set<std::uint32_t> unsettled;
  std::set<std::uint32_t> noted;          ///< in segments that were not closed, or left unsettled
  std::set<std::uint32_t> noted_in_this;  ///< segment
  bool open = false;
  bool any_unclosed = false;

  void learn(const Entry& entry) {
    switch (entry.kind) {
      case Entry::Kind::run:
        any_unclosed |= open;
        open = true;
        noted.merge(noted_in_this);
        noted_in_this.clear();
        break;
      case Entry::Kind::result:
        done[entry.line] = entry.status;
        break;
      case Entry::Kind::attempt:
        noted_in_this.insert(entry.line);
        noted.erase(entry.line);
        break;
      case Entry::Kind::sync:
        break;
      case Entry::Kind::end:
        open = false;
        for (const auto line : entry.unsettled) {
          unsettled.insert(line);
          if (noted_in_this.contains(line)) noted.insert(line);
        }
        noted_in_this.clear();
        break;
    }
  }

  std::set<std::uint32_t> without_result(std::set<std::uint32_t> lines) const {
    std::erase_if(lines, [&](std::uint32_t line) { return done.contains(line); });
    return lines;
  }
};

/// Draws a report of a few segments.
std::vector<Entry> draw_report() {
  std::vector<Entry> entries;
  std::uint64_t mark = 0;
  std::set<std::uint32_t> done;
  Counts counts;
  const auto segments = *rc::gen::inRange(1U, 4U);
  for (unsigned segment = 1; segment <= segments; ++segment) {
    if (segment > 1) entries.push_back({Entry::Kind::sync, samples::sync(++mark)});
    entries.push_back({Entry::Kind::run, samples::line(samples::run(segment))});
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
      const auto line = *rc::gen::inRange<std::uint32_t>(1, 30);
      const int kind = *rc::gen::inRange(0, 10);
      if (kind < 2) {
        entries.push_back({Entry::Kind::sync, samples::sync(++mark)});
      } else if (done.contains(line)) {
        continue;
      } else if (kind < 4) {
        entries.push_back({Entry::Kind::attempt, samples::line(samples::note(line, 1, segment)), line});
      } else {
        const auto status = *rc::gen::element(Status::succeeded, Status::rejected, Status::failed, Status::unknown);
        entries.push_back({Entry::Kind::result, samples::line(samples::result(line, status)), line, status});
        done.insert(line);
        ++counts[status];
      }
    }
    if (*rc::gen::inRange(0, 3) == 0) continue;
    auto end = samples::end(segment, "interrupted", counts.by_status);
    end.unsettled = *rc::gen::container<std::vector<std::uint32_t>>(3, rc::gen::inRange<std::uint32_t>(1, 30));
    entries.push_back({Entry::Kind::end, samples::line(end), 0, Status::succeeded, end.unsettled});
  }
  return entries;
}

std::string text_of(const std::vector<Entry>& entries) {
  std::string text;
  for (const auto& entry : entries) text += entry.text;
  return text;
}

template <class Range>
std::set<std::uint32_t> set_of(const Range& range) {
  return {range.begin(), range.end()};
}

/// Checks that the scan knows what the model knows after the first `whole` entries.
void require_same(const Scan& scan, const std::vector<Entry>& entries, std::size_t whole) {
  Knowledge model;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < whole; ++i) {
    model.learn(entries[i]);
    bytes += entries[i].text.size();
  }
  RC_ASSERT(scan.valid_bytes == bytes);
  RC_ASSERT(scan.ended() == !model.open);
  RC_ASSERT(scan.has_unclosed_segment() == (model.open || model.any_unclosed));
  RC_ASSERT(scan.done.size() == model.done.size());
  Counts counts;
  for (const auto& [line, status] : model.done) {
    RC_ASSERT(scan.done.contains(line));
    ++counts[status];
  }
  RC_ASSERT(scan.counts.by_status == counts.by_status);
  RC_ASSERT(set_of(scan.unsettled) == model.without_result(model.unsettled));
  std::set<std::uint32_t> noted;
  for (const auto& note : scan.noted) noted.insert(note.trace_id.line);
  auto expected = model.noted;
  expected.merge(model.noted_in_this);
  RC_ASSERT(noted == model.without_result(expected));
}

/// How many entries are complete within the first `size` bytes.
std::size_t whole_entries(const std::vector<Entry>& entries, std::size_t size) {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < entries.size(); ++count) {
    bytes += entries[count].text.size();
    if (bytes > size) break;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recovery_model)

RC_BOOST_PROP(a_report_cut_off_anywhere_tells_what_its_whole_lines_tell, ()) {
  const auto entries = draw_report();
  std::string text = text_of(entries);
  text.resize(*rc::gen::inRange(entries.front().text.size(), text.size() + 1));
  const auto scan = samples::scan_text(text);
  RC_ASSERT(scan.has_value());
  require_same(*scan, entries, whole_entries(entries, text.size()));
}

RC_BOOST_PROP(damage_anywhere_is_refused_if_something_later_proves_that_there_was_more, ()) {
  const auto entries = draw_report();
  std::string text = text_of(entries);
  const auto at = *rc::gen::inRange(std::size_t{0}, text.size());
  // Not a newline: changing it would join two lines, or split one.
  RC_PRE(text[at] != '\n');
  char& byte = text[at];
  byte = byte == 'X' ? 'Y' : 'X';
  const std::size_t bad = whole_entries(entries, at);
  bool proven = bad == 0;
  for (std::size_t i = bad + 1; i < entries.size(); ++i) {
    proven |= entries[i].kind == Entry::Kind::sync || entries[i].kind == Entry::Kind::end;
  }
  const auto scan = samples::scan_text(text);
  RC_ASSERT(scan.has_value() == !proven);
  if (scan) {
    require_same(*scan, entries, bad);
  } else {
    RC_ASSERT(scan.error().message.starts_with("r.ndjson:" + std::to_string(bad + 1) + ": "));
  }
}

BOOST_AUTO_TEST_SUITE_END()
