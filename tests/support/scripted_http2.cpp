#include "scripted_http2.hpp"

namespace koobatch::test {

ScriptedHttp2::Request* ScriptedHttp2::next() {
  if (arrived_.empty()) return nullptr;
  Request* const first = arrived_.front();
  arrived_.erase(arrived_.begin());
  return first;
}

std::string ScriptedHttp2::output() {
  std::string bytes;
  requests_.append_output(bytes);
  return bytes;
}

}  // namespace koobatch::test
