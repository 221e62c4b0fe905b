#include "koobatch/job/job_text.hpp"
#include "koobatch/state/reader.hpp"

#include <utility>

namespace koobatch::state {

Result<std::unique_ptr<ItemReader>> open_items(const std::filesystem::path& path, job::Format format,
                                               const koodrive::ResourceCatalogue& kinds, Role role) {
  job::ReaderSettings settings;
  settings.format = format;
  auto text = job::open_text(path, settings, nullptr);
  if (!text) return text.error();
  if (format == job::Format::csv) return read_csv(std::move(text->lines), kinds, role, text->name);
  return read_ndjson(std::move(text->lines), kinds, role);
}

}  // namespace koobatch::state
