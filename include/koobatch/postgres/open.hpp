#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <memory>

namespace koobatch::postgres {

/// A ledger in a PostgreSQL database. Loads libpq and checks the address; connects with the first call. Errors (usage)
/// never repeat a part of the URL that may be secret.
Result<std::unique_ptr<fleet::Ledger>> open(const fleet::LedgerAddress& address);

}  // namespace koobatch::postgres
