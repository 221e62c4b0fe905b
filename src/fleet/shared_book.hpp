#pragma once
#include "fleet/part_book.hpp"
#include "koobatch/core/mutex.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace koobatch::fleet {

/// A PartBook for several threads: the one that claims and fetches, the one that reads, and the one that commits.
class SharedBook {
 public:
  SharedBook() = default;
  explicit SharedBook(const PartBook::Limits& limits) : book_(limits) {}

  /// Calls `use` with the book, under the lock: for calls that belong together, and for all that have no function here.
  template <class Use>
  auto with(Use use) {
    const MutexLock lock(mutex_);
    return use(book_);
  }

  // For the thread that reads, see PartBook:
  void begin(const PartBook::Next& next, BootTime now) {
    with([&](PartBook& book) { book.begin(next, now); });
  }
  struct Decision {
    Ruling ruling = Ruling::skip;
    TraceId note{};  ///< the attempt that was noted, for `unknown`
  };
  Decision rule(const PartBook::Line& line) {
    return with([&](PartBook& book) {
      const Ruling ruling = book.rule(line);
      return ruling == Ruling::unknown ? Decision{ruling, book.note(line.number)} : Decision{ruling, {}};
    });
  }
  void end() {
    with([](PartBook& book) { book.end(); });
  }

  // For the thread that commits:
  std::vector<PartProgress> progress_with(std::span<const std::uint32_t> lines, BootTime now) {
    return with([&](PartBook& book) { return book.progress_with(lines, now); });
  }
  void committed(std::span<const PartProgress> progress) {
    with([&](PartBook& book) { book.committed(progress); });
  }

 private:
  Mutex mutex_;
  PartBook book_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::fleet
