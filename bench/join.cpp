// Joins made-up items in a temporary file, as planning does: join_bench ITEMS ORDER NAMES FOLDER
//   ITEMS   on each side, of which every tenth differs: 1000000
//   ORDER   in which they come: sorted by identifier, or random
//   NAMES   unique: they are planned in groups; free: one by one
//   FOLDER  where the temporary file is
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/planner.hpp"
#include "plan/item_join.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace koobatch;

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A number below `count` for each `i` below it, each once; without order if `random`.
std::uint64_t place(std::uint64_t i, std::uint64_t count, bool random) {
  constexpr std::uint64_t prime = 2'654'435'761;
  return random ? i * prime % count : i;
}

state::Item folder(std::uint64_t number, std::string_view name) {
  constexpr std::uint64_t first_id = 1'757'156'480'072'657'793;
  const auto& kind = *koodrive::service_resources().find("shared_folder");
  state::Item item{&kind, std::to_string(first_id + number * 977), std::to_string(number / 50), {}};
  item.values.resize(kind.fields.size());
  item.values[kind.find("name")] = fmt::format("{} {}", name, number);
  item.values[kind.find("ownerId")] = static_cast<std::int64_t>(number / 50);
  return item;
}

/// Reports a phase since the last report: time on the clock, and of the processor, in which other load shows less.
class Phases {
 public:
  void report(std::string_view phase, std::uint64_t items) {
    struct rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    const double processor = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    const auto now = std::chrono::steady_clock::now();
    fmt::print("{:<8} {} items: {:6.2f} s, processor {:6.2f} s, peak {:.1f} MiB\n", phase, items,
               std::chrono::duration<double>(now - since_).count(), processor - processor_,
               static_cast<double>(usage.ru_maxrss) / 1024);
    since_ = now;
    processor_ = processor;
  }

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  double processor_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "join_bench ITEMS sorted|random unique|free FOLDER\n");
    return 2;
  }
  const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
  const bool random = std::string_view(argv[2]) == "random";
  const auto names = std::string_view(argv[3]) == "unique" ? plan::Names::unique : plan::Names::free;
  const auto join = must(plan::ItemJoin::create(argv[4], koodrive::service_resources(), names));
  Phases phases;
  for (std::uint64_t i = 0; i < count; ++i) must(join->add_present(folder(place(i, count, random), "Plans")));
  phases.report("present", count);
  state::Entry entry;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = place(random ? count - 1 - i : i, count, random);
    entry.item = folder(number, number % 10 == 0 ? "Plans 2026" : "Plans");
    must(join->add_desired(entry));
  }
  phases.report("desired", count);
  must(join->finish());
  phases.report("finish", count);
  std::uint64_t lines = 0;
  std::vector<plan::ItemJoin::Pair> group;
  std::vector<plan::Wish> wishes;
  while (must(join->next_group(group))) {
    const auto bystanders = must(join->bystanders(group));
    wishes.clear();
    for (auto& pair : group) wishes.push_back({std::move(pair.desired), std::move(*pair.present)});
    lines += plan_group(wishes, bystanders, {.plan_id = "1a2b3c4d", .names = names}, lines + 1).lines.size();
  }
  phases.report("plan", count);
  fmt::print("{} lines\n", lines);
  return lines == (count + 9) / 10 ? 0 : 1;
}
