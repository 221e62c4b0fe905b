#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

/// Members of JSON objects in one text, each as a four-byte length and `"name":value`: one allocation for an object,
/// since there may be millions.
namespace koobatch::sim {

/// The bytes of a member's length.
inline constexpr std::size_t member_head = sizeof(std::uint32_t);

/// Appends a member; `append_value()` appends its value, which is JSON. `name` needs no escapes, or has them.
template <class AppendValue>
void append_member(std::string& out, std::string_view name, AppendValue append_value) {
  const std::size_t start = out.size();
  out.append(member_head, '\0');
  out.push_back('"');
  out.append(name);
  out.append("\":", 2);
  append_value();
  const auto size = static_cast<std::uint32_t>(out.size() - start - member_head);
  std::memcpy(out.data() + start, &size, sizeof size);
}

/// Removes the first member from `members` and returns it without its length. Precondition: there is one.
inline std::string_view take_member(std::string_view& members) {
  std::uint32_t size = 0;
  std::memcpy(&size, members.data(), sizeof size);
  const std::string_view member = members.substr(member_head, size);
  members.remove_prefix(member_head + size);
  return member;
}

/// The name of a member; with its escapes, if it has any.
inline std::string_view member_name(std::string_view member) {
  std::size_t end = 1;
  while (member[end] != '"') end += member[end] == '\\' ? 2U : 1U;
  return member.substr(1, end - 1);
}

/// The value of a member, which is JSON.
inline std::string_view member_value(std::string_view member) {
  return member.substr(member_name(member).size() + 3);
}

/// The value of the member of this name; nothing if there is none.
inline std::optional<std::string_view> find_member(std::string_view members, std::string_view name) {
  while (!members.empty()) {
    const std::string_view member = take_member(members);
    if (member_name(member) == name) return member_value(member);
  }
  return std::nullopt;
}

}  // namespace koobatch::sim
