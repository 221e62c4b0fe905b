#pragma once
#include "workspace.hpp"

#include <string>

namespace koobatch::test {

/// Writes a self-signed certificate as NAME.pem and its key as NAME.key. `subject`: e.g. "DNS:localhost,IP:127.0.0.1".
void make_certificate(const Workspace& workspace, const std::string& name, const std::string& subject);

/// A certificate as a certification authority would issue it. Its subject is CN=NAME.
struct Certificate {
  std::string issuer;      ///< an earlier certificate's name; empty: self-signed
  std::string hosts{};     ///< e.g. "DNS:localhost,IP:127.0.0.1"; empty: it is an authority, which signs others
  int valid_from_day = 0;  ///< relative to today
  int days = 2;            ///< how long it is valid
};
/// Writes NAME.pem, NAME.key, and NAME.chain.pem, which holds the certificate and its issuers, except the root.
void issue_certificate(const Workspace& workspace, const std::string& name, const Certificate& certificate);

}  // namespace koobatch::test
