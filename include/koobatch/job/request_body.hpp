#pragma once
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Reads one flat JSON object of a request body into `fields` (whose row is set; the value of the path field is the
/// caller's and stays as it is) as strictly as a job line is read. For the simulator. `storage` holds what the views
/// point to, until the next call with it. False if anything was appended to `out`. Does not check the rules: see
/// check().
bool read_body(std::string_view body, koodrive::Fields& fields, std::string& storage,
               std::vector<koodrive::Violation>& out);

}  // namespace koobatch::job
