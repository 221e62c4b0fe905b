#pragma once
#include "koobatch/fleet/ledger.hpp"
#include "postgres/server_facts.hpp"
#include "postgres/session.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::postgres {

/// Each call that changes something is one statement, or several in one transaction where one has to see what others
/// have committed while it waited for a lock. All of them lock in this order: run, worker, parts. A worker's statement
/// updates its row first, and so waits for whatever the worker sent earlier, and for anybody who is fencing it.
///
/// The bodies are in ledger.cpp (server and tables), submission.cpp, runs.cpp, work.cpp, results.cpp.
class PostgresLedger final : public fleet::Ledger {
 public:
  /// `set_up`: see fleet::LedgerAddress.
  PostgresLedger(const Library& library, Address address, std::string set_up)
      : set_up_(std::move(set_up)), session_(library, std::move(address)) {}

  void set_patience(Duration patience) override { session_.set_patience(patience); }
  void interrupt() override { session_.interrupt(); }
  std::uint64_t connection() const override { return session_.connections(); }

  fleet::Answer<fleet::LedgerProperties> check(std::optional<unsigned> copies_known) override;
  fleet::Answer<void> confirm() override;
  fleet::Answer<void> create_tables() override;
  std::string table_script() const override;

  fleet::Answer<fleet::RunNumber> begin_run(const fleet::RunDescription& run) override;
  fleet::Answer<void> load(fleet::RunNumber run, fleet::PartNumber part, std::span<const fleet::Chunk> chunks) override;
  fleet::Answer<void> finish_loading(fleet::RunNumber run, std::uint64_t operations) override;
  fleet::Answer<void> forget(fleet::RunNumber run) override;

  fleet::Answer<std::vector<fleet::RunRow>> runs() override;
  fleet::Answer<fleet::RunRow> run(fleet::RunNumber run) override;
  fleet::Answer<std::optional<fleet::RunNumber>> find_run(std::string_view run_id) override;
  fleet::Answer<fleet::Survey> survey(fleet::RunNumber run) override;
  fleet::Answer<std::vector<fleet::PartRow>> parts(fleet::RunNumber run) override;
  fleet::Answer<void> change_rate(fleet::RunNumber run, double rate) override;
  fleet::Answer<void> pause(fleet::RunNumber run, bool paused) override;
  fleet::Answer<void> stop_run(fleet::RunNumber run, fleet::RunState state, std::string_view reason) override;
  fleet::Answer<void> record_fence_proof(fleet::RunNumber run, fleet::FenceProof proof) override;
  fleet::Answer<void> pause_for(fleet::RunNumber run, Duration wait) override;
  fleet::Answer<bool> complete(fleet::RunNumber run) override;
  fleet::Answer<bool> wait_for_news(fleet::RunNumber run, Duration patience) override;

  fleet::Answer<fleet::Enrolment> enrol(fleet::RunNumber run, std::string_view name, std::uint64_t nonce) override;
  fleet::Answer<std::vector<fleet::ClaimedPart>> claim(const fleet::Enrolment& me, std::uint32_t count,
                                                       std::span<const fleet::PartNumber> known) override;
  fleet::Answer<std::vector<fleet::Chunk>> chunks(fleet::RunNumber run, fleet::PartNumber part,
                                                  fleet::ChunkNumber first, std::uint32_t most,
                                                  std::size_t bytes) override;
  fleet::Answer<std::vector<fleet::EarlierOwner>> earlier_owners(const fleet::Enrolment& me, fleet::RunNumber run,
                                                                 fleet::PartNumber part,
                                                                 fleet::ChunkNumber from) override;
  fleet::Answer<void> commit(const fleet::Enrolment& me, const fleet::Group& group,
                             std::span<const fleet::PartProgress> progress, const fleet::Vitals& vitals) override;
  fleet::Answer<fleet::GroupNumber> settle(const fleet::Enrolment& me) override;
  fleet::Answer<void> beat(const fleet::Enrolment& me, const fleet::Vitals& vitals) override;
  fleet::Answer<bool> fence(fleet::WorkerNumber worker, std::uint64_t seen, Duration hold) override;
  fleet::Answer<std::uint32_t> end_holds(fleet::RunNumber run, fleet::WorkerNumber worker) override;
  fleet::Answer<void> leave(const fleet::Enrolment& me, std::span<const fleet::PartNumber> in_doubt) override;
  fleet::Answer<std::optional<double>> take_share(const fleet::Enrolment& me, std::uint64_t known, double share,
                                                  std::uint32_t burst) override;

  fleet::Answer<std::vector<fleet::JournalRow>> groups(fleet::RunNumber run, fleet::WorkerNumber worker,
                                                       fleet::GroupNumber cursor, std::size_t bytes) override;

 private:
  fleet::Answer<ServerFacts> facts();
  /// A statement that changes a run, and returns a row if it did. Otherwise the run is known and stays as it is, or
  /// unknown: forgotten.
  fleet::Answer<void> change(fleet::RunNumber run, const char* statement, const Parameters& parameters);
  fleet::Answer<fleet::Enrolment> find_enrolment(fleet::RunNumber run, std::uint64_t nonce);
  /// A synchronous write after what was read over this connection: an old primary, whose word no longer counts, cannot
  /// acknowledge it. `connection`: unanswered if there is another one by now.
  fleet::Answer<void> prove(std::uint64_t connection);
  /// The run is not there, or no longer.
  fleet::Failure unknown_run(fleet::RunNumber run);
  /// The state of a run, in the words of the database; forgotten if it is not there.
  fleet::Answer<std::string> find_state(fleet::RunNumber run);
  /// Why a statement of this enrolment has done nothing. `group`: the one that it should have committed.
  fleet::Failure explain(const fleet::Enrolment& me, std::optional<fleet::GroupNumber> group);

  const std::string set_up_;
  Session session_;
};

}  // namespace koobatch::postgres
