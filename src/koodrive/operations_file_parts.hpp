#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koodrive/operation_texts.hpp"
#include "koodrive/toml_members.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

constexpr std::size_t max_operation_name = 64;

/// Whether it can name an operation or a field: in a job, in a column's header, in messages.
bool is_operation_name(std::string_view text);
constexpr std::string_view name_rule =
    "a name has 1 to 64 letters, digits, '_' and '-', and begins with a letter or '_'";

/// Whether a member of an answer can be named like this: "/id". `nested`: also "/data/id".
bool is_pointer(std::string_view text, bool nested);

/// How the names of fields are written. Columns of a spreadsheet are recognised however they are written, so two names
/// must differ in more.
class FieldSpellings {
 public:
  /// `known`: operations whose fields keep their spelling, besides those of the service.
  explicit FieldSpellings(std::span<const OperationRow> known);
  /// Another spelling of `name` that is in use; empty if there is none, and `name` is in use from now on. It must
  /// outlive this.
  std::string_view find_other(std::string_view name);

 private:
  std::map<std::string, std::vector<std::string_view>> spellings_;  ///< by what does not vary in them
};

/// Reads the table `fields` of an operation.
void read_fields(const toml::table& described, FieldSpellings& spellings, OperationTexts& texts, TomlProblems& problems,
                 std::vector<FieldRow>& fields);

/// Reads the descriptions of resources, in place of those in `kinds` that have the same name, or in addition. `rows`:
/// the operations that may set their fields.
void read_resources(const toml::table& resources, std::span<const OperationRow> rows, OperationTexts& texts,
                    TomlProblems& problems, std::vector<ResourceKind>& kinds);

}  // namespace koobatch::koodrive
