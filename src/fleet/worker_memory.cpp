#include "fleet/worker_memory.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <cassert>
#include <charconv>
#include <system_error>

namespace koobatch::fleet {
namespace {

constexpr unsigned version = 1;
/// In the place of an empty text.
constexpr std::string_view none = "-";

std::uint64_t checksum(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

/// Reads fields that are separated by single spaces.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::string_view text() {
    const auto end = rest_.find(' ');
    const auto field = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    valid_ = valid_ && !field.empty();
    return field;
  }
  template <class Number>
  void read(Number& number, int base = 10) {
    const auto field = text();
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number, base);
    valid_ = valid_ && error == std::errc() && end == field.data() + field.size();
  }
  /// Whether all fields were there, and nothing is left.
  bool valid() const { return valid_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool valid_ = true;
};

std::optional<Slot> decode_fields(std::string_view text) {
  Fields fields(text);
  if (fields.text() != slot_magic) return std::nullopt;
  unsigned found = 0;
  fields.read(found);
  if (found != version) return std::nullopt;
  Slot slot;
  WorkerMemory memory;
  fields.read(slot.sequence);
  slot.place.machine = fields.text();
  slot.place.boot = fields.text();
  fields.read(slot.place.inode);
  fields.read(slot.place.birth);
  memory.run_id = fields.text();
  fields.read(memory.run);
  fields.read(memory.enrolment.number);
  fields.read(memory.enrolment.nonce, 16);
  fields.read(memory.enrolment.trace_prefix, 16);
  fields.read(memory.group);
  if (!fields.valid()) return std::nullopt;
  if (memory.run_id != none) slot.memory = std::move(memory);
  return slot;
}

}  // namespace

std::string encode(const Slot& slot) {
  WorkerMemory nothing;
  nothing.run_id = none;
  const WorkerMemory& memory = slot.memory ? *slot.memory : nothing;
  auto line =
      fmt::format("{} {} {} {} {} {} {} {} {} {} {:x} {:08x} {}", slot_magic, version, slot.sequence,
                  slot.place.machine, slot.place.boot, slot.place.inode, slot.place.birth, memory.run_id, memory.run,
                  memory.enrolment.number, memory.enrolment.nonce, memory.enrolment.trace_prefix, memory.group);
  line += fmt::format(" {:016x}", checksum(line));
  assert(line.size() < slot_bytes);
  line.resize(slot_bytes - 1, ' ');
  line += '\n';
  return line;
}

std::optional<Slot> decode(std::string_view bytes) {
  if (bytes.size() != slot_bytes || bytes.back() != '\n') return std::nullopt;
  bytes.remove_suffix(1);
  bytes = bytes.substr(0, bytes.find_last_not_of(' ') + 1);
  const auto end = bytes.rfind(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const auto text = bytes.substr(0, end);
  if (bytes.substr(end + 1) != fmt::format("{:016x}", checksum(text))) return std::nullopt;
  return decode_fields(text);
}

std::optional<Slot> newest_slot(std::string_view file) {
  std::optional<Slot> newest;
  for (; file.size() >= slot_bytes; file.remove_prefix(slot_bytes)) {
    auto slot = decode(file.substr(0, slot_bytes));
    if (slot && (!newest || slot->sequence > newest->sequence)) newest = std::move(slot);
  }
  return newest;
}

}  // namespace koobatch::fleet
