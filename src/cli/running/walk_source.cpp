#include "cli/running/walk_source.hpp"

#include "koobatch/job/generated_text.hpp"
#include "koobatch/report/record.hpp"

#include <utility>

namespace koobatch::cli {
namespace {

using Users = std::shared_ptr<const std::vector<std::string>>;

/// The text of the job, made while it is read.
class WalkText final : public job::GeneratedText {
 public:
  WalkText(std::shared_ptr<const reading::Walks> walks, Users users)
      : walks_(std::move(walks)), users_(std::move(users)) {}

 private:
  bool append_more(std::string& text) override {
    if (next_ == users_->size()) return false;
    walks_->append_records(text, (*users_)[next_++]);
    return true;
  }

  const std::shared_ptr<const reading::Walks> walks_;
  const Users users_;
  std::size_t next_ = 0;
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
  return {
      .path = std::string(report::export_path), .format = job::Format::ndjson, .digest = digest_, .verified = false};
}

Result<std::unique_ptr<job::Reader>> WalkSource::open() const {
  return job::open_ndjson(std::make_unique<WalkText>(walks_, users_), settings_, name());
}

}  // namespace koobatch::cli
