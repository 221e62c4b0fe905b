#include "koobatch/job/source.hpp"

#include "koobatch/job/byte_source.hpp"

#include <utility>

namespace koobatch::job {
namespace {

std::string absolute_text(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

FileSource::FileSource(std::filesystem::path path, ReaderSettings settings, const Validation& validation)
    : path_(std::move(path)),
      settings_(std::move(settings)),
      operations_(validation.operations),
      digest_(validation.digest) {
  settings_.expected = validation.fingerprint;
  settings_.found_valid = settings_.expected && validation.invalid == 0 && !validation.wrong_as_a_whole;
}

Source::Identity FileSource::identity() const {
  return {absolute_text(path_), settings_.format, digest_, settings_.expected != nullptr};
}

Result<std::unique_ptr<Reader>> FileSource::open() const {
  return open_job(path_, settings_);
}

std::optional<std::string> FileSource::find_change() const {
  return settings_.expected ? job::find_change(path_, settings_.expected) : std::nullopt;
}

Source::Identity SyntheticSource::identity() const {
  return {.path = absolute_text("bench"), .format = Format::ndjson, .digest = {}, .verified = false};
}

std::optional<std::uint64_t> SyntheticSource::operations() const {
  return job_.endless() ? std::nullopt : std::optional(job_.operations);
}

}  // namespace koobatch::job
