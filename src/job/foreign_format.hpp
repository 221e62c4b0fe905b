#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::job {

/// The number of first bytes needed to recognise any of the formats.
constexpr std::size_t foreign_magic_size = 512;

/// What a text is if its first bytes show that it is certainly not a job, and what to do about it: "is an xz archive;
/// …". Nothing if it may be a job.
std::optional<std::string> find_foreign_format(std::string_view first_bytes);

}  // namespace koobatch::job
