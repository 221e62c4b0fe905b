#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

/// Operations in a file: TOML, a table for each operation. docs/operations.md describes the format.
namespace koobatch::koodrive {

/// The most bytes that such a file may have.
constexpr std::size_t max_operations_file = std::size_t{1} << 20U;

/// What a file describes, and what is known besides.
struct OperationsFile {
  OperationCatalogue operations;
  ResourceCatalogue resources;  ///< points into `operations`
};

/// Reads the text of such a file. The operations hold the `known` ones, too, which the file must not redefine, and the
/// resources those of the service that the file does not describe anew. An error (usage) names the place as
/// "NAME:LINE:COLUMN".
Result<OperationsFile> parse_operations_file(std::string_view text, const std::string& name,
                                             std::span<const OperationRow> known);
/// Reads such a file for its operations alone.
Result<OperationCatalogue> parse_operations(std::string_view text, const std::string& name,
                                            std::span<const OperationRow> known);

/// Appends operations as such a file, which reads back as the same.
void append_operations_toml(std::string& out, std::span<const OperationRow> rows);

/// Appends a description of the operations in OpenAPI 3.1, as JSON.
void append_openapi(std::string& out, std::span<const OperationRow> rows);

}  // namespace koobatch::koodrive
