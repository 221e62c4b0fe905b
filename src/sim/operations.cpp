#include "koobatch/sim/operations.hpp"

#include <vector>

namespace koobatch::sim {
namespace {

using koodrive::FieldRow;
using koodrive::OperationRow;

constexpr FieldRow post_event_fields[] = {
    {.name = "id", .required = true, .rule = {.kind = koodrive::FieldKind::identifier, .min = 1}},
    {.name = "text", .required = true},
};

constexpr OperationRow post_event = {.name = "post_event",
                                     .method = "POST",
                                     .target = "/koodrive/simulator/v1/event",
                                     .fields = post_event_fields,
                                     .key_field = 0,
                                     .key_prefix = "events:",
                                     .idempotent = false,
                                     .answers_id = true,
                                     .summary = "Record an event, as often as it is sent"};

std::vector<OperationRow> rows() {
  const auto service = koodrive::service_catalogue().rows();
  std::vector<OperationRow> all(service.begin(), service.end());
  all.push_back(post_event);
  return all;
}

}  // namespace

const koodrive::OperationCatalogue& operations() {
  static const koodrive::OperationCatalogue catalogue(rows());
  return catalogue;
}

}  // namespace koobatch::sim
