#pragma once
#include <filesystem>

namespace koobatch::net {

struct TlsSettings {
  std::filesystem::path cacert;  ///< PEM bundle to trust instead of the system's; empty: the system's
  std::filesystem::path cert;    ///< PEM client certificate chain; empty: none
  std::filesystem::path key;     ///< PEM key of `cert`; empty: in the same file
  bool insecure = false;         ///< accept any certificate
};

}  // namespace koobatch::net
