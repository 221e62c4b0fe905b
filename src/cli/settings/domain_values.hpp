#pragma once
#include "cli/settings/value_type.hpp"
#include "koobatch/flow/error_limit.hpp"
#include "koobatch/observe/metrics.hpp"
#include "koobatch/sim/simulator.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Value types with rules of their own, each taken from the folder that defines them.
namespace koobatch::cli {

/// The default X-User-Id or language, with the rules of the job's fields of that name.
ValueType<std::string> user_id();
ValueType<std::string> language();
/// The identifier of a resource that `operation` changes.
ValueType<std::string> resource_id(std::string_view operation);
ValueType<std::string> app_id();
/// How a job file is read, see job::Reading.
ValueType<std::string> encoding();
ValueType<char> delimiter();
/// The template of the Authorization header.
ValueType<std::string> authorization();
ValueType<flow::ErrorLimit> error_limit();
/// A fault of the embedded service, of whatever kind.
using AnyFault = std::variant<sim::Fault, sim::ClockFault, sim::ListFault>;
ValueType<AnyFault> fault();
/// Made-up items of the embedded service.
ValueType<std::optional<sim::MadeUpItems>> made_up_items();
/// A limit of the embedded service.
ValueType<sim::ThrottleSettings> throttle();
ValueType<std::string> metrics_address();
ValueType<observe::Metrics::Label> metrics_label();

}  // namespace koobatch::cli
