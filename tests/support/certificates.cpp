#include "certificates.hpp"

#include "process.hpp"

#include <boost/test/unit_test.hpp>

namespace koobatch::test {

void make_certificate(const Workspace& workspace, const std::string& name, const std::string& subject) {
  const auto finished =
      Process({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + subject, "-keyout",
               workspace.path(name + ".key"), "-out", workspace.path(name + ".pem")})
          .wait();
  BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
}

}  // namespace koobatch::test
