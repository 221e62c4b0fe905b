// Requests from the documentation's examples, for the tests of the simulator's parts.
#pragma once
#include "sim/service.hpp"

namespace koobatch::sim {

/// 2025-11-03T07:01:40Z, the time in the documentation's X-Date example.
inline WallTime example_now() {
  return *parse_timestamp("2025-11-03T07:01:40.000Z");
}

/// The example of "Renaming a Shared Folder".
inline Request rename_request() {
  Request r;
  r.method = "POST";
  r.target = "/koodrive/ose/v1/sharefolder/rename";
  r.host = "127.0.0.1";
  r.authorization = "Bearer+example-token";
  r.user_id = "user-1";
  r.date = "20251103T070140Z";
  r.content_type = "application/json";
  r.body = R"({"id":"1757156480072657793","fileName":"newName123456"})";
  return r;
}

/// The example of "Updating an Album".
inline Request update_album_request() {
  Request r = rename_request();
  r.target = "/koodrive/ose/v1/1795607640592646273/update";
  r.body = R"({"name":"albumName22"})";
  return r;
}

}  // namespace koobatch::sim
