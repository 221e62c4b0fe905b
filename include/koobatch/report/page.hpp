#pragma once
#include "koobatch/report/details.hpp"
#include "koobatch/report/summary.hpp"

#include <string>

namespace koobatch::report {

/// The report as one self-contained HTML page: no network, and no script except for its charts. Everything from the
/// service or the job is plain text in it, and its content security policy permits only the built-in scripts and
/// styles.
std::string page_html(const Summary& summary, const Details& details);

/// The data of the page's charts, as JSON that is safe within a script element.
std::string chart_data(const Details& details);

}  // namespace koobatch::report
