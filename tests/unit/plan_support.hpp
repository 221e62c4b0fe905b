#pragma once
#include "koobatch/plan/overview.hpp"
#include "koobatch/plan/plan_maker.hpp"
#include "koobatch/plan/readings.hpp"
#include "state_support.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the tests of plans share: a plan of two texts, made as the command makes it.
namespace plan_support {

using namespace koobatch;
using plan::PlanMaker;

inline const WallTime made_at = WallTime(std::chrono::seconds(1'796'000'000));

/// A maker, and what was wrong with what it was to read.
struct Made {
  std::unique_ptr<PlanMaker> maker;
  plan::Faults faults;
  std::string error;
};

/// `csv`: whether the desired state is CSV.
inline Made make(const std::string& desired, const std::string& present, PlanMaker::Settings settings = {},
                 bool csv = false, std::size_t listed = 20) {
  using namespace state_support;
  const auto& kinds = koodrive::service_resources();
  settings.folder = std::filesystem::temp_directory_path();
  if (settings.planner.plan_id.empty()) settings.planner.plan_id = "1a2b3c4d5e6f7081";
  auto maker = PlanMaker::create(kinds, std::move(settings));
  BOOST_REQUIRE(maker.has_value());
  Made made{std::move(*maker), {}, {}};
  plan::Readings readings(*made.maker, listed);
  auto desired_reader = csv ? std::move(*state::read_csv(lines_of(desired), kinds, state::Role::desired, "desired"))
                            : state::read_ndjson(lines_of(desired), kinds, state::Role::desired);
  const auto present_reader = state::read_ndjson(lines_of(present), kinds, state::Role::present);
  auto done = readings.read_desired(*desired_reader);
  if (done && readings.needs_present()) done = readings.read_present(*present_reader, "state");
  if (!done) {
    made.error = done.error().message;
    return made;
  }
  auto faults = readings.finish("desired");
  if (faults) {
    made.faults = std::move(*faults);
  } else {
    made.error = faults.error().message;
  }
  return made;
}

/// The overview of the plan, with a header that says nothing of the state but its completeness.
inline plan::Overview overview_of(PlanMaker& maker, std::size_t examples = 20) {
  plan::OverviewBuilder builder(examples);
  auto counts = maker.plan(builder);
  BOOST_REQUIRE(counts.has_value());
  plan::PlanHeader header{.id = "1a2b3c4d5e6f7081",
                          .made = made_at,
                          .version = "0.1.0",
                          .endpoint = "https://example.org",
                          .state = {.from = made_at, .to = made_at, .items = 4, .users = 1, .is_complete = true},
                          .desired = {"names.ndjson", 7},
                          .limits = {"30%"},
                          .counts = std::move(*counts),
                          .expires = made_at + std::chrono::hours(24)};
  return builder.build(std::move(header));
}
inline plan::Overview overview_of(const std::string& desired, const std::string& present) {
  const auto made = make(desired, present);
  BOOST_TEST(made.error == "");
  BOOST_TEST(!made.faults.any());
  return overview_of(*made.maker);
}

inline std::string folder_line(const std::string& id, const std::string& name) {
  return state_support::line_of(
             state_support::item("shared_folder", id, {{"name", name}, {"ownerId", std::string("42")}}, "7")) +
         "\n";
}

/// A plan as short texts: "1 id name was>wanted", and what it needs.
inline std::vector<std::string> lines_of_plan(PlanMaker& maker) {
  struct Lines final : plan::PlanVisitor {
    Result<void> on_line(const plan::PlanLine& line) override {
      std::string text = std::to_string(line.n) + " " + line.id;
      for (const auto& setting : line.settings) {
        text += " " + std::string(line.kind->fields[setting.field].name) + " " + state::describe(setting.was) + ">" +
                state::describe(setting.wanted);
      }
      if (line.needs) text += " needs " + std::to_string(*line.needs);
      texts.push_back(std::move(text));
      return {};
    }
    void on_finding(const plan::Finding&) override {}
    std::vector<std::string> texts;
  } lines;
  BOOST_REQUIRE(maker.plan(lines).has_value());
  return lines.texts;
}

}  // namespace plan_support
