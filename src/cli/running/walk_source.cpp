#include "cli/running/walk_source.hpp"

#include "koobatch/job/byte_source.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

using Users = std::shared_ptr<const std::vector<std::string>>;

/// The text of the job, made while it is read.
class WalkText final : public job::ByteSource {
 public:
  WalkText(std::shared_ptr<const reading::Walks> walks, Users users)
      : walks_(std::move(walks)), users_(std::move(users)) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    if (rest_.empty()) fill(size);
    const std::size_t taken = std::min(size, rest_.size());
    std::memcpy(out, rest_.data(), taken);
    rest_.remove_prefix(taken);
    return taken;
  }
  job::Digest digest() const override { return {}; }

 private:
  void fill(std::size_t size) {
    text_.clear();
    for (; text_.size() < size && next_ < users_->size(); ++next_) walks_->append_records(text_, (*users_)[next_]);
    rest_ = text_;
  }

  const std::shared_ptr<const reading::Walks> walks_;
  const Users users_;
  std::size_t next_ = 0;
  std::string text_;
  std::string_view rest_;  ///< of text_, not yet read
};

job::Digest digest_of(const reading::Walks& walks, const std::vector<std::string>& users) {
  job::RunningDigest digest;
  std::string records;
  for (const auto& user : users) {
    records.clear();
    walks.append_records(records, user);
    digest.add(records);
  }
  return digest.value();
}

}  // namespace

WalkSource::WalkSource(std::shared_ptr<const reading::Walks> walks, Users users, job::ReaderSettings settings)
    : walks_(std::move(walks)),
      users_(std::move(users)),
      settings_(std::move(settings)),
      digest_(digest_of(*walks_, *users_)) {
  settings_.catalogue = &walks_->operations();
}

job::Source::Identity WalkSource::identity() const {
  return {.path = std::string(path), .format = job::Format::ndjson, .digest = digest_, .verified = false};
}

Result<std::unique_ptr<job::Reader>> WalkSource::open() const {
  return job::open_ndjson(std::make_unique<WalkText>(walks_, users_), settings_, name());
}

}  // namespace koobatch::cli
