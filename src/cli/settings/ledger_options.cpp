#include "cli/settings/option_groups.hpp"
#include "cli/settings/shared_settings.hpp"

namespace koobatch::cli {

std::vector<Option> ledger_options() {
  constexpr std::uint64_t most_copies = 99;
  return {
      {.name = "engine",
       .heading = heading::engine,
       .help = "The PostgreSQL that all machines share, as postgresql://USER@HOST,HOST/DATABASE",
       .store = into(&LedgerOptions::engine, url()),
       .recorded = true},
      {.name = "passfile",
       .heading = heading::engine,
       .help = "File with the engine's password, in the format of .pgpass",
       .otherwise = "~/.pgpass",
       .store = into(&LedgerOptions::passfile, file()),
       .recorded = true},
      {.name = "copies",
       .heading = heading::engine,
       .help = "Copies of each result that the engine keeps",
       .otherwise = "as the server says",
       .store = into(&LedgerOptions::copies, count<unsigned>(1, most_copies)),
       .recorded = true},
  };
}

}  // namespace koobatch::cli
