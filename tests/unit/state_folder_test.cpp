#include "koobatch/fleet/state_folder.hpp"
#include "contains.hpp"
#include "fleet/worker_memory.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

using namespace koobatch;
using namespace koobatch::fleet;
using koobatch::test::contains;
namespace fs = std::filesystem;

namespace {

struct Machine {
  test::TemporaryFolder root;
  MachineFiles files{root.write("machine-id", "0123456789abcdef0123456789abcdef\n"),
                     root.write("boot-id", "7f2c1c1e-0000-4000-8000-000000000001\n")};
  fs::path folder = root.path / "worker";

  std::unique_ptr<StateFolder> open() const { return open(folder); }
  std::unique_ptr<StateFolder> open(const fs::path& path) const {
    auto state = StateFolder::try_open(path, files);
    BOOST_REQUIRE_MESSAGE(state.has_value(), (state.has_error() ? state.error().message : std::string()));
    BOOST_REQUIRE(*state != nullptr);
    return std::move(*state);
  }
  std::string refused(const fs::path& path) const {
    const auto state = StateFolder::try_open(path, files);
    BOOST_REQUIRE(state.has_error());
    BOOST_TEST((state.error().kind == ErrorKind::usage));
    return state.error().message;
  }
  std::string refused() const { return refused(folder); }
};

WorkerMemory memory_of(GroupNumber group) {
  return {.run_id = "89abcdef01234567",
          .run = 7,
          .enrolment = {.number = 41, .nonce = 0xfedcba9876543210, .trace_prefix = 0x0badcafe},
          .group = group};
}

/// What a killed process leaves: its lock is free, and nothing else has changed.
void leave_enrolment(const Machine& machine, GroupNumber group) {
  BOOST_REQUIRE(machine.open()->remember(memory_of(group)).has_value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(state_folder)

BOOST_AUTO_TEST_CASE(a_new_folder_is_created_and_remembers_nothing) {
  const Machine machine;
  BOOST_TEST(!machine.open()->earlier());
  BOOST_TEST(!machine.open()->earlier());
}

BOOST_AUTO_TEST_CASE(an_enrolment_that_was_not_forgotten_is_found_by_the_next_process) {
  const Machine machine;
  leave_enrolment(machine, 3);
  const auto next = machine.open();
  BOOST_REQUIRE(next->earlier().has_value());
  BOOST_TEST((*next->earlier() == memory_of(3)));
}

BOOST_AUTO_TEST_CASE(an_enrolment_that_was_forgotten_is_not_found) {
  const Machine machine;
  {
    const auto state = machine.open();
    BOOST_REQUIRE(state->remember(memory_of(3)).has_value());
    BOOST_REQUIRE(state->forget().has_value());
  }
  BOOST_TEST(!machine.open()->earlier());
}

BOOST_AUTO_TEST_CASE(the_last_group_acknowledged_is_remembered) {
  const Machine machine;
  {
    const auto state = machine.open();
    BOOST_REQUIRE(state->remember(memory_of(0)).has_value());
    for (GroupNumber group = 1; group <= 5; ++group) BOOST_REQUIRE(state->acknowledged(group).has_value());
    // Acknowledged later, although it was sent earlier.
    BOOST_REQUIRE(state->acknowledged(4).has_value());
  }
  BOOST_TEST((*machine.open()->earlier() == memory_of(5)));
}

BOOST_AUTO_TEST_CASE(without_an_enrolment_no_group_is_remembered) {
  const Machine machine;
  BOOST_REQUIRE(machine.open()->acknowledged(5).has_value());
  BOOST_TEST(!machine.open()->earlier());
}

BOOST_AUTO_TEST_CASE(one_process_at_a_time_has_the_folder) {
  const Machine machine;
  auto first = machine.open();
  const auto second = StateFolder::try_open(machine.folder, machine.files);
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(*second == nullptr);
  first.reset();
  machine.open();
}

BOOST_AUTO_TEST_CASE(a_write_that_was_cut_off_leaves_the_one_before_it) {
  const Machine machine;
  {
    const auto state = machine.open();
    BOOST_REQUIRE(state->remember(memory_of(1)).has_value());
    BOOST_REQUIRE(state->acknowledged(2).has_value());
    BOOST_REQUIRE(state->acknowledged(3).has_value());
  }
  auto bytes = machine.root.read("worker/state");
  BOOST_REQUIRE(bytes.size() == 2 * slot_bytes);
  const auto newest = newest_slot(bytes);
  BOOST_REQUIRE((newest && newest->memory == memory_of(3)));
  const std::size_t at = decode(std::string_view(bytes).substr(0, slot_bytes))->memory->group == 3 ? 0 : slot_bytes;
  bytes[at + 20] ^= 1;
  machine.root.write("worker/state", bytes);
  BOOST_TEST((*machine.open()->earlier() == memory_of(2)));
}

BOOST_AUTO_TEST_CASE(a_first_write_that_was_cut_off_is_none) {
  const Machine machine;
  fs::create_directory(machine.folder);
  machine.root.write("worker/state", std::string(slot_bytes, '\0') + "koobatch-worker 1 1 0123");
  BOOST_TEST(!machine.open()->earlier());
}

BOOST_AUTO_TEST_CASE(a_copied_folder_is_refused) {
  const Machine machine;
  leave_enrolment(machine, 3);
  const auto copy = machine.root.path / "copy";
  fs::copy(machine.folder, copy, fs::copy_options::recursive);
  BOOST_TEST(contains(machine.refused(copy), "another folder, where its worker may still be running"));
  BOOST_TEST(machine.open()->earlier().has_value());
}

BOOST_AUTO_TEST_CASE(a_folder_that_was_moved_is_still_the_same) {
  const Machine machine;
  leave_enrolment(machine, 3);
  fs::rename(machine.folder, machine.root.path / "moved");
  BOOST_TEST(machine.open(machine.root.path / "moved")->earlier().has_value());
}

BOOST_AUTO_TEST_CASE(a_folder_of_another_machine_is_refused) {
  const Machine machine;
  leave_enrolment(machine, 3);
  machine.root.write("machine-id", "ffffffffffffffffffffffffffffffff\n");
  BOOST_TEST(contains(machine.refused(), "another machine"));
}

BOOST_AUTO_TEST_CASE(a_machine_that_was_restarted_is_still_the_same) {
  const Machine machine;
  leave_enrolment(machine, 3);
  machine.root.write("boot-id", "7f2c1c1e-0000-4000-8000-000000000002\n");
  BOOST_TEST(machine.open()->earlier().has_value());
}

BOOST_AUTO_TEST_CASE(without_a_machine_id_nothing_is_proven_after_a_restart) {
  const Machine machine;
  fs::remove(machine.files.machine_id);
  leave_enrolment(machine, 3);
  BOOST_TEST(machine.open()->earlier().has_value());
  machine.root.write("boot-id", "7f2c1c1e-0000-4000-8000-000000000002\n");
  BOOST_TEST(!machine.open()->earlier());
  leave_enrolment(machine, 4);
  fs::remove(machine.files.boot_id);
  BOOST_TEST(!machine.open()->earlier());
  leave_enrolment(machine, 5);
  BOOST_TEST(!machine.open()->earlier());
}

BOOST_AUTO_TEST_CASE(a_file_of_somebody_else_is_refused_and_left_as_it_is) {
  const Machine machine;
  fs::create_directory(machine.folder);
  machine.root.write("worker/state", "precious");
  BOOST_TEST(contains(machine.refused(), "not written by a worker"));
  BOOST_TEST(machine.root.read("worker/state") == "precious");
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_file_is_not_followed) {
  const Machine machine;
  fs::create_directory(machine.folder);
  fs::create_symlink(machine.root.write("precious", ""), machine.folder / "state");
  machine.refused();
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_on_a_disk_is_refused) {
  const Machine machine;
  BOOST_TEST(contains(machine.refused("/proc/self"), "not on a local disk"));
}

BOOST_AUTO_TEST_CASE(folders_that_are_named_by_themselves_are_numbered) {
  const test::TemporaryFolder root;
  const auto first = StateFolder::open_free(root.path / "worker");
  const auto second = StateFolder::open_free(root.path / "worker");
  BOOST_REQUIRE((first.has_value() && second.has_value()));
  BOOST_TEST((*first)->path().filename() == "worker");
  BOOST_TEST((*second)->path().filename() == "worker-2");
  BOOST_TEST(StateFolder::open(root.path / "worker").has_error());
}

BOOST_AUTO_TEST_CASE(a_slot_is_read_as_it_was_written) {
  const Slot slot{.sequence = 12,
                  .place = {.machine = "0123", .boot = "-", .inode = 7, .birth = -1},
                  .memory = memory_of(18446744073709551615U)};
  const auto read = decode(encode(slot));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->sequence == 12U);
  BOOST_TEST(read->place.machine == "0123");
  BOOST_TEST(read->place.inode == 7U);
  BOOST_TEST(read->place.birth == -1);
  BOOST_TEST((read->memory == slot.memory));
}

BOOST_AUTO_TEST_CASE(any_changed_byte_of_a_slot_is_noticed) {
  const auto bytes = encode({.sequence = 1, .place = {"0123", "4567", 8, 9}, .memory = memory_of(3)});
  const auto end = bytes.find_last_not_of(" \n") + 1;
  for (std::size_t i = 0; i < end; ++i) {
    auto changed = bytes;
    changed[i] ^= 1;
    BOOST_TEST(!decode(changed));
  }
}

BOOST_AUTO_TEST_SUITE_END()
