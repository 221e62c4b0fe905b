#include "certificates.hpp"

#include "process.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

namespace koobatch::test {
namespace {

void run(std::vector<std::string> command) {
  const auto finished = Process(std::move(command)).wait();
  BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
}

/// The distribution's own configuration makes every self-signed certificate an authority.
std::string bare_configuration(const Workspace& workspace) {
  return workspace.write("openssl.cnf", "[req]\ndistinguished_name=name\n[name]\n");
}

}  // namespace

void make_certificate(const Workspace& workspace, const std::string& name, const std::string& subject) {
  run({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
       "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + subject, "-keyout",
       workspace.path(name + ".key"), "-out", workspace.path(name + ".pem")});
}

void issue_certificate(const Workspace& workspace, const std::string& name, const Certificate& certificate) {
  // This openssl has no option for a certificate's dates: they begin at the current time, which is faked.
  std::vector<std::string> command{"/usr/bin/faketime", "-f", fmt::format("{:+}d", certificate.valid_from_day)};
  const auto add = [&](std::initializer_list<std::string> words) {
    command.insert(command.end(), words.begin(), words.end());
  };
  add({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"});
  add({"-config", bare_configuration(workspace), "-days", std::to_string(certificate.days), "-subj", "/CN=" + name});
  add({"-keyout", workspace.path(name + ".key"), "-out", workspace.path(name + ".pem")});
  if (certificate.hosts.empty()) {
    add({"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"});
  } else {
    add({"-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=" + certificate.hosts});
  }
  if (!certificate.issuer.empty()) {
    add({"-CA", workspace.path(certificate.issuer + ".pem"), "-CAkey", workspace.path(certificate.issuer + ".key")});
  }
  run(std::move(command));
  const std::string above = certificate.issuer.empty() ? "" : workspace.read(certificate.issuer + ".chain.pem");
  workspace.write(name + ".chain.pem", certificate.issuer.empty() ? "" : workspace.read(name + ".pem") + above);
}

}  // namespace koobatch::test
