#pragma once
#include <nghttp2/nghttp2.h>

namespace koobatch::net {

/// An allocator for nghttp2 that wipes memory before it is freed: header fields with secrets pass through it.
nghttp2_mem& http2_memory();

}  // namespace koobatch::net
