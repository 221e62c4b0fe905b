#pragma once
#include "koobatch/job/long_ids.hpp"
#include "koobatch/job/oddity.hpp"
#include "koobatch/job/value_treatment.hpp"
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Checks the values of each record by the rules of the service, and looks for what no rule forbids and nobody means:
/// what spreadsheets, web pages and programs leave behind. What is certainly wrong is a violation, anything else a
/// warning.
class ValueCheck {
 public:
  explicit ValueCheck(ValueTreatment treatment) : treatment_(treatment) {}

  /// Examines a record that has a row. First changes the fields as the treatment asks for; they stay valid until the
  /// next call. A user or language that a program has damaged is taken out.
  void examine(koodrive::Fields& fields, std::uint32_t line, std::vector<koodrive::Violation>& out);
  /// What examine() found odd in that record.
  const std::vector<Warning>& warnings() const { return warnings_; }
  /// Ends the checks of a record, with all that is wrong with it. If the treatment is strict, its warnings become
  /// violations. Only a valid record keeps its warnings.
  void conclude(std::vector<koodrive::Violation>& violations) {
    if (!warnings_.empty()) conclude_odd(violations);
  }

  const LongIds& long_ids() const { return long_ids_; }

 private:
  using Violations = std::vector<koodrive::Violation>;

  void conclude_odd(Violations& violations);
  void look_closer(koodrive::Fields& fields, std::uint64_t suspects, Violations& out);
  void examine_field(koodrive::Fields& fields, std::size_t index, Violations& out);
  void examine_common(std::string_view name, std::optional<std::string_view>& value, Violations& out);
  void examine_identifier(std::string_view field, std::string_view& text, Violations& out);
  void examine_integer(std::string_view field, std::string_view& text, Violations& out);
  void examine_text(const koodrive::FieldRow& field, std::string_view& text, Violations& out);
  void trim(std::string_view field, std::string_view& text, std::string_view (*trimmed)(std::string_view));
  void compose(std::string_view field, std::string_view& text);
  void count_key(const koodrive::Fields& fields, std::uint32_t line);

  const ValueTreatment treatment_;
  std::vector<Warning> warnings_;
  std::deque<std::string> composed_;  ///< the texts of this record that were changed
  LongIds long_ids_;
};

}  // namespace koobatch::job
