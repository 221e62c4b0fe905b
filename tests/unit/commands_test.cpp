#include "cli/exit_status.hpp"
#include "cli/running/dry_run.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/validation.hpp"
#include "cli/settings/recorded.hpp"
#include "contains.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace koobatch;
using namespace koobatch::cli;
using koobatch::test::contains;

namespace {

koodrive::Operation rename_operation() {
  koodrive::Fields fields;
  fields.row = koodrive::service_catalogue().find("rename_shared_folder");
  BOOST_REQUIRE(fields.row != nullptr);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    fields.values[i].present = true;
    fields.values[i].text = fields.row->fields[i].name == "id" ? "17" : "newName";
  }
  koodrive::Operation operation;
  koodrive::OperationBuilder::build(fields, 3, "42", "en-US", operation);
  return operation;
}

WallTime some_time() {
  return *parse_timestamp("2026-11-21T17:00:00.900Z");
}

std::string preview(const engine::RunSettings& settings) {
  std::string out;
  RequestPreview(settings).append(out, rename_operation(), some_time(), 5);
  return out;
}

engine::RunSettings to_service() {
  engine::RunSettings settings;
  settings.endpoint = http::parse_endpoint("https://drive.example:8443").value();
  settings.credentials.token_env = "TOKEN";
  return settings;
}

/// A separate folder, removed with everything in it.
class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "koobatch-commands-XXXXXX").string()) {
    BOOST_REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path(const char* name) const { return std::filesystem::path(path_) / name; }
  /// A file that holds a token and that its owner alone can read.
  std::filesystem::path token(const char* name) const {
    std::ofstream(path(name)) << "s3cret";
    BOOST_REQUIRE(::chmod(path(name).c_str(), 0600) == 0);
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE(a_dry_run_shows_the_request_as_it_would_be_sent) {
  const auto shown = preview(to_service());
  BOOST_TEST(
      contains(shown, "# line 3\nPOST https://drive.example:8443/koodrive/ose/v1/sharefolder/rename HTTP/1.1\n"));
  BOOST_TEST(contains(shown, "\nHost: drive.example:8443\n"));
  BOOST_TEST(contains(shown, "\nX-User-Id: 42\n"));
  BOOST_TEST(contains(shown, "\nX-Date: 20261121T165900Z\n"));
  BOOST_TEST(contains(shown, "\nX-Traceid: " + to_string(TraceId{5, 3, 1}) + "\n"));
  BOOST_TEST(contains(shown, "\nlanguage: en-US\n"));
  BOOST_TEST(shown.ends_with("\n\n{\"id\":\"17\",\"fileName\":\"newName\"}\n\n"));
  BOOST_TEST(!contains(shown, "\r"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_shows_the_form_of_the_token_and_never_the_token) {
  auto settings = to_service();
  BOOST_TEST(contains(preview(settings), "\nAuthorization: Bearer+***\n"));
  settings.credentials.authorization = "AT {token}";
  BOOST_TEST(contains(preview(settings), "\nAuthorization: AT ***\n"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_shows_which_app_would_sign_but_no_signature) {
  auto settings = to_service();
  settings.credentials = {};
  settings.app = {"app-1", "secret"};
  BOOST_TEST(contains(preview(settings),
                      "\nAuthorization: HMAC-SHA256 AppId=app-1,SignedHeaders=host;x-date;x-user-id,Signature=***\n"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_asks_for_the_quotas_in_the_first_request_like_a_run) {
  auto settings = to_service();
  BOOST_TEST(!contains(preview(settings), "X-Apig-Mode"));
  settings.ask_quota = true;
  RequestPreview requests(settings);
  std::string first;
  requests.append(first, rename_operation(), some_time(), 5);
  BOOST_TEST(contains(first, "\nX-Apig-Mode: debug\n"));
  std::string second;
  requests.append(second, rename_operation(), some_time(), 5);
  BOOST_TEST(!contains(second, "X-Apig-Mode"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_for_the_embedded_service_admits_that_its_port_is_not_known_yet) {
  engine::RunSettings settings;
  settings.simulated = true;
  BOOST_TEST(contains(preview(settings), "POST http://127.0.0.1:PORT/koodrive/ose/v1/sharefolder/rename HTTP/1.1\n"));
}

BOOST_AUTO_TEST_CASE(errors_lead_to_the_documented_exit_statuses) {
  BOOST_TEST(exit_status(ErrorKind::usage) == 2);
  BOOST_TEST(exit_status(ErrorKind::job) == 3);
  BOOST_TEST(exit_status(ErrorKind::fatal) == 5);
}

BOOST_AUTO_TEST_CASE(the_refresh_token_does_not_overwrite_the_access_token) {
  const Folder folder;
  auto settings = to_service();
  settings.endpoint.tls = false;
  settings.credentials.token_env.clear();
  settings.credentials.token_file = folder.token("token");
  std::filesystem::create_symlink(folder.path("token"), folder.path("link"));
  std::filesystem::create_hard_link(folder.path("token"), folder.path("hard"));
  for (const char* same : {"token", "link", "hard"}) {
    settings.credentials.refresh_token_file = folder.path(same);
    const auto checked = check_files(settings);
    BOOST_REQUIRE(checked.has_error());
    BOOST_TEST(checked.error().kind == ErrorKind::usage);
    BOOST_TEST(contains(checked.error().message, "must be two different files"), checked.error().message);
  }
  settings.credentials.refresh_token_file = folder.token("refresh");
  BOOST_TEST(check_files(settings).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_report_is_described_as_what_it_is) {
  const Folder folder;
  const auto said = [&](const std::filesystem::path& path) {
    const auto read = read_recorded(path);
    BOOST_REQUIRE(read.has_error());
    BOOST_TEST(read.error().kind == ErrorKind::usage);
    return read.error().message.substr(path.string().size());
  };
  BOOST_TEST(said(folder.path(".")) == ": is a folder; name the report file in it");
  BOOST_TEST(said(folder.path("none")) ==
             ": cannot open the report: No such file or directory; name it where it is now, "
             "or put a copy in its place");
  std::ofstream(folder.path("empty")).flush();
  BOOST_TEST(
      said(folder.path("empty")) ==
      ": this is not a koobatch report: it is empty; if something emptied it, as log rotation does, put the copy "
      "in its place");
  BOOST_TEST(said(folder.token("foreign")) == ":1: this is not a koobatch report: it does not begin with a 'run' line");
  std::ofstream(folder.path("converted")) << "{\"type\":\"run\",\"sum\":\"0\"}\r\n";
  BOOST_TEST(said(folder.path("converted")).starts_with(":1: its lines end in CR LF, which another program has done"));
}

BOOST_AUTO_TEST_CASE(a_job_that_was_moved_must_be_named_again) {
  const Folder folder;
  BOOST_TEST(check_job_is_there(folder.token("job")).has_value());
  const auto checked = check_job_is_there(folder.path("none"));
  BOOST_REQUIRE(checked.has_error());
  BOOST_TEST(contains(checked.error().message, "none: the job is no longer there; say where it is now with --job"));
}

BOOST_AUTO_TEST_CASE(violations_are_summed_up_with_how_many_were_listed) {
  job::Validation validation;
  validation.operations = 1000;
  validation.invalid = 1;
  validation.violations = 2;
  validation.first_errors = {"a", "b"};
  BOOST_TEST(describe_violations("a.csv", validation) == "a.csv: 2 errors in 1 of 1,000 operations");
  validation.violations = 57;
  BOOST_TEST(describe_violations("a.csv", validation) ==
             "a.csv: 57 errors in 1 of 1,000 operations (the first 2 are listed)");
  BOOST_TEST(describe_violations("a.csv", validation, "; -v lists all") ==
             "a.csv: 57 errors in 1 of 1,000 operations (the first 2 are listed; -v lists all)");
  BOOST_TEST(count_of(1, "operation") == "1 operation");
  BOOST_TEST(count_of(0, "operation") == "0 operations");
}

BOOST_AUTO_TEST_SUITE_END()
