#include "koobatch/sim/operations.hpp"

#include <vector>

namespace koobatch::sim {
namespace {

using koodrive::FieldPlace;
using koodrive::FieldRow;
using koodrive::FieldRule;
using koodrive::FieldType;
using koodrive::OperationRow;

constexpr FieldRow post_event_fields[] = {
    {"id", FieldType::text, FieldPlace::body, true, FieldRule::not_empty},
    {"text", FieldType::text, FieldPlace::body, true, FieldRule::none},
};

constexpr OperationRow post_event = {.name = "post_event",
                                     .method = "POST",
                                     .target = "/koodrive/simulator/v1/event",
                                     .fields = post_event_fields,
                                     .key_field = 0,
                                     .key_prefix = "events:",
                                     .idempotent = false,
                                     .needs_optional = false,
                                     .answers_id = true};

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
