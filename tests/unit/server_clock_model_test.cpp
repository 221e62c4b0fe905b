// Random services against the ServerClock: whatever their nodes' clocks show and whoever judges, no operation is
// rejected that is all right, and hardly any request is sent for nothing.
#include "koobatch/http/date.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace koobatch;
using namespace std::chrono_literals;
using koodrive::ClockProof;
using koodrive::ClockRepeats;
using koodrive::Dated;
using koodrive::NodeClock;
using koodrive::ServerClock;
using Refusal = koodrive::ServerClock::Refusal;

namespace {

struct WorldSettings {
  std::vector<Duration> skews;  ///< of the clocks that the wrong nodes show
  double wrong = 0;             ///< share of wrong nodes
  bool per_answer = false;      ///< each answer is another node's; else each connection's are one node's
  bool node_judges = false;     ///< each node by the clock it shows; else one right clock all
  Duration our_error{};
  double dateless = 0;    ///< share of answers without a Date, or with an invalid one
  double parameters = 0;  ///< share of operations that are refused whatever their X-Date
};

struct Counts {
  unsigned requests = 0;
  unsigned wrongly_rejected = 0;
  unsigned connections = 0;
  unsigned most_repeats = 0;  ///< of one operation
};

/// Threads with connections each, which send operations in turns; what is to be repeated is, by any of them.
class World {
 public:
  World(WorldSettings settings, unsigned threads, unsigned connections, std::uint64_t seed)
      : settings_(std::move(settings)), random_(seed) {
    for (unsigned i = 0; i < threads; ++i) clocks_.emplace_back(proof_);
    for (unsigned i = 0; i < connections; ++i) {
      lines_.push_back({.clock = &clocks_[i % threads]});
      connect(lines_.back());
    }
  }

  Counts run(unsigned operations) {
    for (unsigned i = 0; i < operations; ++i) {
      pass(Duration(std::uniform_int_distribution<std::int64_t>(0, 500'000'000)(random_)));
      send(chance(settings_.parameters));
    }
    return counts_;
  }

 private:
  struct Line {
    ServerClock* clock;
    NodeClock known{};
    Duration skew{};
  };

  bool chance(double share) { return std::uniform_real_distribution<double>(0, 1)(random_) < share; }
  void pass(Duration time) {
    steady_ += time;
    server_ += time;
  }
  WallTime wall() const { return server_ + settings_.our_error; }
  Duration draw_skew() {
    if (!chance(settings_.wrong)) return {};
    return settings_.skews[std::uniform_int_distribution<std::size_t>(0, settings_.skews.size() - 1)(random_)];
  }
  void connect(Line& line) {
    ++counts_.connections;
    line.known = {};
    line.skew = draw_skew();
  }
  Line& any_line() { return lines_[std::uniform_int_distribution<std::size_t>(0, lines_.size() - 1)(random_)]; }

  void send(bool bad) {
    ClockRepeats repeats;
    Line* line = &any_line();
    for (;;) {
      // Now and then a server closes a connection.
      if (chance(0.01)) connect(*line);
      const bool settled = attempt(*line, bad, repeats);
      if (settled) break;
      // Mostly the same connection repeats it.
      if (chance(0.3)) {
        line = &any_line();
      }
    }
    counts_.most_repeats = std::max(counts_.most_repeats, repeats.count);
  }

  bool attempt(Line& line, bool bad, ClockRepeats& repeats) {
    ++counts_.requests;
    const Dated sent = line.clock->date(steady_, wall(), line.known, repeats.count != 0 ? &repeats : nullptr);
    const Duration skew = settings_.per_answer ? draw_skew() : line.skew;
    pass(travel());
    const WallTime judge = server_ + (settings_.node_judges ? skew : Duration());
    const bool inside = sent.x_date <= judge && judge - sent.x_date <= 15min;
    const std::string date = !chance(settings_.dateless) ? http::format_date(server_ + skew)
                             : chance(0.5)               ? std::string()
                                                         : "in the afternoon";
    pass(travel());
    line.clock->observe(date, steady_);
    if (inside && !bad) {
      line.clock->accepted(sent, steady_, line.known);
      return true;
    }
    const auto refusal =
        line.clock->refused(sent, date, steady_, wall(), koodrive::Cause::parameters, line.known, repeats);
    if (refusal == Refusal::believe) {
      counts_.wrongly_rejected += !bad;
      return true;
    }
    if (refusal == Refusal::repeat_elsewhere) connect(line);
    return false;
  }

  Duration travel() { return Duration(std::uniform_int_distribution<std::int64_t>(0, 40'000'000)(random_)); }

  WorldSettings settings_;
  std::mt19937_64 random_;
  TimePoint steady_{std::chrono::hours(100)};
  WallTime server_ = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h;
  ClockProof proof_;
  std::vector<ServerClock> clocks_;
  std::vector<Line> lines_;
  Counts counts_;
};

constexpr unsigned operations = 400;

std::string describe(const WorldSettings& s, std::uint64_t seed, unsigned threads, unsigned connections) {
  std::string text = "skews";
  for (const Duration skew : s.skews) text += " " + std::to_string(skew / 1s) + " s";
  return text + ", of " + std::to_string(s.wrong) + (s.per_answer ? " of answers" : " of connections") +
         (s.node_judges ? ", nodes judge" : ", one judge") + ", ours off by " + std::to_string(s.our_error / 1s) +
         " s, dateless " + std::to_string(s.dateless) + ", bad " + std::to_string(s.parameters) + ", seed " +
         std::to_string(seed) + ", " + std::to_string(threads) + " threads, " + std::to_string(connections) +
         " connections";
}

template <class Check>
void for_each_world(Check check) {
  std::uint64_t seed = 1;
  const std::vector<std::vector<Duration>> all_skews = {
      {2s}, {-2s}, {5min}, {-5min}, {20min}, {-20min}, {2h}, {-2h}, {2h, -2h, 20min, -5min}};
  for (const auto& skews : all_skews) {
    for (const double wrong : {0.1, 0.5}) {
      for (const bool per_answer : {false, true}) {
        for (const bool node_judges : {false, true}) {
          for (const Duration our_error : {Duration(), Duration(24h), Duration(-24h)}) {
            for (const double dateless : {0.0, 0.3}) {
              for (const unsigned connections : {1U, 16U}) {
                check(WorldSettings{skews, wrong, per_answer, node_judges, our_error, dateless, 0}, ++seed,
                      connections);
              }
            }
          }
        }
      }
    }
  }
}

/// Do two nodes differ by so much that no X-Date does for both?
bool wider_than_window(const WorldSettings& s) {
  const auto [low, high] = std::minmax_element(s.skews.begin(), s.skews.end());
  return std::max(*high, Duration()) - std::min(*low, Duration()) > 14min;
}

/// Where no answer shows a Date at first and our clock is wrong, or a node judges by a clock that it does not show, a
/// refusal because of the clock cannot be told from a final one; mostly the next answers help.
unsigned beyond_knowledge(const WorldSettings& s) {
  return s.dateless > 0 && (s.node_judges || s.our_error != Duration::zero()) ? 2 : 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_clock_model)

BOOST_AUTO_TEST_CASE(no_valid_operation_is_rejected_and_few_requests_are_sent_for_nothing) {
  for_each_world([](const WorldSettings& settings, std::uint64_t seed, unsigned connections) {
    for (const unsigned threads : {1U, 2U}) {
      if (threads > connections) continue;
      World world(settings, threads, connections, seed);
      const Counts counts = world.run(operations);
      BOOST_TEST_CONTEXT(describe(settings, seed, threads, connections)) {
        BOOST_TEST(counts.wrongly_rejected <= beyond_knowledge(settings));
        const unsigned extra = counts.requests - operations;
        if (!settings.node_judges) {
          BOOST_TEST(extra <= 25U, "only until something is accepted");
        } else if (!wider_than_window(settings)) {
          BOOST_TEST(extra <= 25U + counts.connections);
        } else if (!settings.per_answer) {
          BOOST_TEST(extra <= 25U + 3 * counts.connections);
        } else {
          BOOST_TEST(extra <= 3 * operations, "as often as a node is met that cannot take what the last one did");
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(operations_that_are_wrong_are_rejected_after_few_requests) {
  for_each_world([](WorldSettings settings, std::uint64_t seed, unsigned connections) {
    settings.parameters = 0.2;
    World world(settings, 1, connections, seed);
    const Counts counts = world.run(operations);
    BOOST_TEST_CONTEXT(describe(settings, seed, 1, connections)) {
      BOOST_TEST(counts.wrongly_rejected <= beyond_knowledge(settings));
      BOOST_TEST(counts.requests <= operations * 4);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_judge_whose_clock_no_single_date_shows_is_found_between_the_dates) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Duration> skews;
    for (int i = 0; i < 1000; ++i) {
      skews.push_back(std::chrono::seconds(std::uniform_int_distribution<int>(-7200, 7200)(random)));
    }
    World world({skews, 1, seed % 2 == 0, false, seed % 3 == 0 ? Duration(24h) : Duration(-24h), 0, 0}, 1, 4, seed);
    const Counts counts = world.run(operations);
    BOOST_TEST(counts.wrongly_rejected == 0U, "seed " << seed);
    BOOST_TEST(counts.requests <= operations + 60, "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()
