#include "sim/about_itself.hpp"

#include "koobatch/koodrive/result_codes.hpp"
#include "sim/answer.hpp"

namespace koobatch::sim {

bool asks_for_state(const Request& request) {
  return request.method == "GET" && request.target == "/_sim/state";
}

int append_about_itself(std::string& body, const Request& request, Simulation& simulation) {
  if (request.method == "GET" && request.target == "/_sim/stats") {
    append_stats(body, simulation.stats(), simulation.keys());
    return 200;
  }
  append_code_body(body, koodrive::code::no_such_resource, "the simulator answers GET /_sim/state and GET /_sim/stats");
  return 404;
}

}  // namespace koobatch::sim
