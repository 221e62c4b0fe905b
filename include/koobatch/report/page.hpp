#pragma once
#include "koobatch/report/details.hpp"
#include "koobatch/report/summary.hpp"

#include <string>

namespace koobatch::report {

/// The report as one HTML page for people, which needs nothing but itself: no network, and no script but for its
/// charts. All that came from the service or the job is text in it, and its own content security policy lets nothing
/// run or load but what was built in.
std::string page_html(const Summary& summary, const Details& details);

/// What the page's charts show, as JSON that may stand in a script element.
std::string chart_data(const Details& details);

}  // namespace koobatch::report
