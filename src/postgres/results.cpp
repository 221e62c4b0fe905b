#include "postgres/ledger.hpp"

#include <fmt/format.h>

namespace koobatch::postgres {
namespace {

using fleet::Answer;

// Of this many groups, those that fit.
constexpr const char* select_groups = R"(
SELECT grp, n, lines FROM (
  SELECT *, sum(octet_length(lines)) OVER (ORDER BY grp) AS total FROM (
    SELECT grp, n, lines FROM koobatch.journal WHERE run = $1 AND worker = $2 AND grp > $3
    ORDER BY grp LIMIT 1000) AS first_ones) AS summed
WHERE total <= $4 OR total = octet_length(lines) ORDER BY grp)";

fleet::Failure lost(fleet::WorkerNumber worker, fleet::GroupNumber last, fleet::GroupNumber next) {
  return {fleet::Fault::forgotten,
          fatal_error(fmt::format("the engine has lost results that it had acknowledged: group {} of worker {} is"
                                  " followed by group {}",
                                  last, worker, next))};
}

}  // namespace

Answer<std::vector<fleet::JournalRow>> PostgresLedger::groups(fleet::RunNumber run, fleet::WorkerNumber worker,
                                                              fleet::GroupNumber cursor, std::size_t bytes) {
  session_.begin();
  const auto reply = session_.execute(select_groups, Parameters().number(run).number(worker).bits(cursor).bits(bytes));
  if (!reply) return reply.error();
  std::vector<fleet::JournalRow> rows;
  if (reply->is_empty()) {
    const auto last = session_.execute("SELECT grp FROM koobatch.worker WHERE run = $1 AND id = $2",
                                       Parameters().number(run).number(worker));
    if (!last) return last.error();
    if (last->is_empty()) return unknown_run(run);
    const auto known = last->number<fleet::GroupNumber>(0, 0);
    if (known >= cursor) return rows;
    if (const auto proved = prove(session_.connections()); !proved) return proved.error();
    return lost(worker, cursor, known);
  }
  if (const auto proved = prove(session_.connections()); !proved) return proved.error();
  for (int row = 0; row < reply->rows(); ++row) {
    const auto number = reply->number<fleet::GroupNumber>(row, 0);
    if (number != ++cursor) return lost(worker, cursor - 1, number);
    rows.push_back({worker,
                    {.number = number,
                     .results = reply->number<std::uint32_t>(row, 1),
                     .packed = std::string(reply->text(row, 2))}});
  }
  return rows;
}

}  // namespace koobatch::postgres
