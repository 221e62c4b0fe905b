#pragma once
#include "koobatch/job/source.hpp"
#include "koobatch/reading/walks.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// The walks through the lists of users, as a job. Its digest is that of the users and lists, so that an export is only
/// continued as what it was.
class WalkSource final : public job::Source {
 public:
  /// `settings`: their catalogue is that of the walks.
  WalkSource(std::shared_ptr<const reading::Walks> walks, std::shared_ptr<const std::vector<std::string>> users,
             job::ReaderSettings settings);

  std::string name() const override { return "the export"; }
  Identity identity() const override;
  std::optional<std::uint64_t> operations() const override { return users_->size() * walks_->lists(); }
  Result<std::unique_ptr<job::Reader>> open() const override;
  std::optional<std::string> find_change() const override { return std::nullopt; }

 private:
  std::shared_ptr<const reading::Walks> walks_;
  std::shared_ptr<const std::vector<std::string>> users_;
  job::ReaderSettings settings_;
  job::Digest digest_;
};

}  // namespace koobatch::cli
