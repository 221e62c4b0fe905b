#pragma once
#include "workspace.hpp"

#include <string>

namespace koobatch::test {

/// Writes a self-signed certificate as NAME.pem and its key as NAME.key. `subject`: e.g. "DNS:localhost,IP:127.0.0.1".
void make_certificate(const Workspace& workspace, const std::string& name, const std::string& subject);

}  // namespace koobatch::test
