#pragma once
#include <nghttp2/nghttp2.h>

namespace koobatch::net {

/// The callbacks of sessions whose user data is an Http2Streams, and whose streams' user data are Http2Stream. They
/// note what happened and call nothing of nghttp2 that sends, receives or submits.
const nghttp2_session_callbacks* http2_callbacks();

}  // namespace koobatch::net
