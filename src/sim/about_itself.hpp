#pragma once
#include "sim/request.hpp"
#include "sim/simulation.hpp"

#include <string>

/// Answers to requests under /_sim/, for tests and users. They are the same over either version of HTTP.
namespace koobatch::sim {

/// Whether it is GET /_sim/state, whose answer is made by Simulation::dump().
bool asks_for_state(const Request& request);
/// Appends the body of the answer to any other one. Returns its status.
int append_about_itself(std::string& body, const Request& request, Simulation& simulation);

}  // namespace koobatch::sim
