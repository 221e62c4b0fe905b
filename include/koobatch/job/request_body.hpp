#pragma once
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Reads a request body, one flat JSON object, as strictly as a job line, without checking the rules (see check()). For
/// the simulator. Fills `fields`, except for the value of the path field, which the caller sets; the views point into
/// `storage` and are valid until the next call with it. Appends what is wrong to `out`, and returns whether nothing
/// was. Precondition: fields.row is set.
bool read_body(std::string_view body, koodrive::Fields& fields, std::string& storage,
               std::vector<koodrive::Violation>& out);

}  // namespace koobatch::job
