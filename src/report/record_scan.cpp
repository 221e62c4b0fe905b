#include "koobatch/report/record_scan.hpp"

namespace koobatch::report {
namespace {

/// Decodes each line once, for all visitors.
class Distributor final : public Visitor {
 public:
  explicit Distributor(std::span<RecordVisitor* const> visitors) : visitors_(visitors) {}

  Result<void> on_run(const RunRecord& run) override {
    return to_all([&](RecordVisitor& visitor) { return visitor.on_run(run); });
  }
  Result<void> on_result(const ResultLine& result) override {
    const auto record = decoder_.result(result.text);
    if (!record) return usage_error("this line " + record.error().message);
    return to_all([&](RecordVisitor& visitor) { return visitor.on_result(*record); });
  }
  Result<void> on_end(const EndRecord& end) override {
    return to_all([&](RecordVisitor& visitor) { return visitor.on_end(end); });
  }

 private:
  template <class Show>
  Result<void> to_all(Show show) {
    for (auto* visitor : visitors_) {
      if (auto shown = show(*visitor); !shown) return shown;
    }
    return {};
  }

  std::span<RecordVisitor* const> visitors_;
  Decoder decoder_;
};

}  // namespace

Result<Scan> scan_records(const std::filesystem::path& report, std::span<RecordVisitor* const> visitors,
                          std::uint64_t most_bytes) {
  Distributor distributor(visitors);
  return scan(report, distributor, most_bytes);
}

}  // namespace koobatch::report
