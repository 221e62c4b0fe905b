#pragma once
#include "koobatch/fleet/state_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The file in a worker's state folder, as bytes. It has two slots that are written in turn, so that a write that is
// cut off leaves the one before it intact. A slot is a line of fields, a checksum, and spaces up to its length.

namespace koobatch::fleet {

constexpr std::size_t slot_bytes = 512;  ///< no more than what disks write at once

constexpr std::string_view slot_magic = "koobatch-worker";  ///< how each begins

struct Slot {
  std::uint64_t sequence = 0;  ///< the higher one is the newer
  Place place;
  std::optional<WorkerMemory> memory;  ///< nothing: there is no enrolment to remember
};

/// Exactly slot_bytes. Precondition: the place's texts are no longer than those that read_place() returns.
std::string encode(const Slot& slot);
/// Nothing if the bytes are not what encode() makes.
std::optional<Slot> decode(std::string_view bytes);
/// The newer one of the slots in a file; nothing if it has none.
std::optional<Slot> newest_slot(std::string_view file);

}  // namespace koobatch::fleet
