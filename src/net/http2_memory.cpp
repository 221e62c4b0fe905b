#include "net/http2_memory.hpp"

#include <malloc.h>
#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace koobatch::net {
namespace {

void* allocate(std::size_t size, void* /*unused*/) {
  return std::malloc(size);
}

void* allocate_zeroed(std::size_t count, std::size_t size, void* /*unused*/) {
  return std::calloc(count, size);
}

void wipe_and_free(void* memory, void* /*unused*/) {
  if (memory == nullptr) return;
  // With wide stores: OPENSSL_cleanse() would take a fortieth of what a request costs.
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

/// Not by realloc(), which leaves a copy behind.
void* move_to_new_size(void* memory, std::size_t size, void* /*unused*/) {
  if (memory == nullptr) return std::malloc(size);
  const std::size_t before = ::malloc_usable_size(memory);
  if (before >= size && size > before / 2) return memory;
  void* const moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, std::min(before, size));
  wipe_and_free(memory, nullptr);
  return moved;
}

}  // namespace

nghttp2_mem& http2_memory() {
  static nghttp2_mem memory{nullptr, &allocate, &wipe_and_free, &allocate_zeroed, &move_to_new_size};
  return memory;
}

}  // namespace koobatch::net
