#include "koobatch/koodrive/operations_file.hpp"
#include "koobatch/sim/operations.hpp"
#include "sim_requests.hpp"

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  Service service{""};
  Judgement judgement;
  Request request = rename_request();
  WallTime now = example_now();

  std::string answer() {
    service.judge(request, now, judgement);
    std::string body;
    append_answer_body(body, judgement);
    return body;
  }
  bool accepted() {
    service.judge(request, now, judgement);
    return judgement.accepted();
  }
  /// Whether the request was refused with this status, and a message that begins with the name of what is wrong.
  bool refused(int status, std::string_view what) {
    service.judge(request, now, judgement);
    BOOST_TEST_CONTEXT("status " << judgement.status << ", message: " << judgement.msg) {
      BOOST_TEST(judgement.status == status);
      BOOST_TEST(judgement.code != 0);
      BOOST_TEST(std::string_view(judgement.msg).starts_with(what));
    }
    return judgement.status == status;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sim_service, Fixture)

BOOST_AUTO_TEST_CASE(the_example_of_renaming_a_folder_gets_the_documented_answer) {
  BOOST_TEST(answer() == R"({"id":"1757156480072657793","code":0,"msg":"success"})");
  BOOST_TEST(judgement.status == 200);
  BOOST_TEST(judgement.key == "folder:1757156480072657793");
}

BOOST_AUTO_TEST_CASE(the_example_of_updating_an_album_gets_the_documented_answer) {
  request = update_album_request();
  BOOST_TEST(answer() == R"({"code":0,"msg":"Success."})");
  BOOST_TEST(judgement.status == 200);
  BOOST_TEST(judgement.key == "album:1795607640592646273");
}

BOOST_AUTO_TEST_CASE(with_user_tokens_each_user_needs_their_own) {
  auto tokens = std::make_shared<auth::UserTokens>("tokens", auth::FileStamp{}, 100);
  tokens->add("user-1", "example-token", 2);
  tokens->add("user-2", "other-token", 3);
  service.set_user_tokens(tokens);
  BOOST_TEST(accepted());
  request.user_id = "user-2";
  BOOST_TEST(refused(401, "Authorization: the token is not valid"));
  request.authorization = "AT other-token";
  BOOST_TEST(accepted());
  request.user_id = "nobody";
  BOOST_TEST(refused(401, "Authorization: the token is not valid"));
  request.user_id.reset();
  BOOST_TEST(refused(400, "X-User-Id: missing"));
}

BOOST_AUTO_TEST_CASE(an_unknown_path_or_method_is_not_found) {
  request.method = "PUT";
  BOOST_TEST(refused(404, "there is no operation PUT"));
  request.method = "POST";
  request.target = "/koodrive/ose/v2/sharefolder/rename";
  BOOST_TEST(refused(404, "there is no operation POST /koodrive/ose/v2"));
  BOOST_TEST((judgement.row == nullptr));
}

BOOST_AUTO_TEST_CASE(a_request_without_host_is_refused) {
  request.host.reset();
  BOOST_TEST(refused(400, "Host: missing"));
}

BOOST_AUTO_TEST_CASE(a_header_given_twice_is_refused) {
  request.repeated = "X-User-Id";
  BOOST_TEST(refused(400, "X-User-Id: given more than once"));
}

BOOST_AUTO_TEST_CASE(the_three_documented_forms_of_authorization_are_accepted) {
  for (const char* form : {"Bearer+abc", "Bearer abc", "AT abc"}) {
    request.authorization = form;
    BOOST_TEST(accepted());
  }
}

BOOST_AUTO_TEST_CASE(without_a_token_in_a_documented_form_a_request_is_not_authorised) {
  request.authorization.reset();
  BOOST_TEST(refused(401, "Authorization: missing"));
  for (const char* form : {"abc", "Basic abc", "bearer abc", "BearerX", "ATabc", ""}) {
    request.authorization = form;
    BOOST_TEST(refused(401, "Authorization: has none of the forms"));
  }
  for (const char* form : {"Bearer+", "Bearer ", "AT ", "Bearer+a b", "Bearer+a\x7f"}) {
    request.authorization = form;
    BOOST_TEST(refused(401, "Authorization: the token is empty or not visible"));
  }
}

BOOST_AUTO_TEST_CASE(with_an_expected_token_any_other_is_refused) {
  service = Service("right");
  request.authorization = "Bearer+right";
  BOOST_TEST(accepted());
  request.authorization = "AT right";
  BOOST_TEST(accepted());
  request.authorization = "Bearer+wrong";
  BOOST_TEST(refused(401, "Authorization: the token is not valid"));
}

BOOST_AUTO_TEST_CASE(the_user_is_1_to_128_visible_ascii_characters) {
  const std::string longest(128, 'u'), too_long(129, 'u');
  request.user_id = longest;
  BOOST_TEST(accepted());
  request.user_id = too_long;
  BOOST_TEST(refused(400, "X-User-Id: has 129 characters"));
  request.user_id = "";
  BOOST_TEST(refused(400, "X-User-Id: has 0 characters"));
  request.user_id.reset();
  BOOST_TEST(refused(400, "X-User-Id: missing"));
  for (const char* bad : {"a b", "\xc3\xa4", "a\tb"}) {
    request.user_id = bad;
    BOOST_TEST(refused(400, "X-User-Id: contains"));
  }
}

BOOST_AUTO_TEST_CASE(the_date_has_the_documented_form) {
  request.date.reset();
  BOOST_TEST(refused(400, "X-Date: missing"));
  for (const char* bad : {"", "2025-11-03T07:01:40Z", "20251103T070140", "20251103T070140z", "20251303T070140Z"}) {
    request.date = bad;
    BOOST_TEST(refused(400, "X-Date: is not of the form"));
  }
}

BOOST_AUTO_TEST_CASE(a_date_may_be_15_minutes_old_but_no_older) {
  now = example_now() + 15min;
  BOOST_TEST(accepted());
  now += 1ms;
  BOOST_TEST(refused(400, "X-Date: 20251103T070140Z is 900 s old"));
}

BOOST_AUTO_TEST_CASE(a_date_may_be_as_old_as_was_set_and_no_older) {
  service.set_x_date_window(10s);
  now = example_now() + 10s;
  BOOST_TEST(accepted());
  now += 1ms;
  BOOST_TEST(refused(400, "X-Date: 20251103T070140Z is 10 s old, more than 10s"));
}

BOOST_AUTO_TEST_CASE(a_date_is_never_later_than_the_servers_now) {
  now = example_now();
  BOOST_TEST(accepted());
  now -= 1ms;
  BOOST_TEST(refused(400, "X-Date: 20251103T070140Z is 0.001 s later"));
}

BOOST_AUTO_TEST_CASE(a_trace_id_is_58_zeros_and_ones_or_absent) {
  const std::string good(58, '1'), shorter(57, '1'), longer(59, '1');
  std::string other = good;
  other[30] = '2';
  request.trace_id = good;
  BOOST_TEST(accepted());
  for (const std::string& bad : {shorter, longer, other, std::string()}) {
    request.trace_id = bad;
    BOOST_TEST(refused(400, "X-Traceid: is not 58 characters"));
  }
}

BOOST_AUTO_TEST_CASE(the_body_is_declared_as_json) {
  for (const char* good : {"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8",
                           "Application/JSON ; charset=\"utf-8\""}) {
    request.content_type = good;
    BOOST_TEST(accepted());
  }
  request.content_type.reset();
  BOOST_TEST(refused(400, "Content-Type: missing"));
  for (const char* bad :
       {"", "text/plain", "application/jsonp", "application/json; charset=latin1", "application/json;"}) {
    request.content_type = bad;
    BOOST_TEST(refused(400, "Content-Type: must be application/json"));
  }
}

BOOST_AUTO_TEST_CASE(a_language_is_a_language_code_or_absent) {
  for (const char* good : {"en", "en-US", "en_us", "zh-Hans-CN", "es-419"}) {
    request.language = good;
    BOOST_TEST(accepted());
  }
  for (const char* bad : {"", "e", "en-", "-US", "en--US", "en US", "12", "englishlanguage", "en-US;q=1"}) {
    request.language = bad;
    BOOST_TEST(refused(400, "language: is not a language code"));
  }
}

BOOST_AUTO_TEST_CASE(a_field_that_breaks_its_rule_is_refused_by_name) {
  request.body = R"({"id":"1","fileName":"a*b"})";
  BOOST_TEST(refused(400, "fileName: "));
  BOOST_TEST(judgement.code == koodrive::code::parameter_check_failed);
  BOOST_TEST(judgement.key == "folder:1");
  request.body = R"({"id":"1"})";
  BOOST_TEST(refused(400, "fileName: "));
  request.body = R"({"fileName":"a"})";
  BOOST_TEST(refused(400, "id: "));
  BOOST_TEST(judgement.key.empty());

  request = update_album_request();
  request.body = R"({"name":"123456789012345678901"})";
  BOOST_TEST(refused(400, "name: "));
  request.body = R"({"scopeKind":3})";
  BOOST_TEST(refused(400, "scopeKind: "));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_one_flat_object_of_known_fields_is_refused) {
  for (const char* bad : {"", "[]", "{", R"({"id":"1","fileName":"a"} x)", R"({"id":"1","id":"1","fileName":"a"})",
                          R"({"id":"1","fileName":"a","other":1})", R"({"id":1,"fileName":"a"})", "\xff"}) {
    request.body = bad;
    BOOST_TEST(refused(400, ""));
    BOOST_TEST(!judgement.msg.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_album_is_identified_by_its_path_alone) {
  request = update_album_request();
  request.body = R"({"albumId":"1795607640592646273","name":"a"})";
  BOOST_TEST(refused(400, ""));
  request.body = "{}";
  BOOST_TEST(refused(400, ""));
}

BOOST_AUTO_TEST_CASE(a_judgement_is_reset_for_the_next_request) {
  request.body = R"({"id":"1","fileName":"a*b"})";
  BOOST_TEST(!accepted());
  request = rename_request();
  BOOST_TEST(accepted());
  request.target = "/";
  BOOST_TEST(!accepted());
  BOOST_TEST(judgement.key.empty());
  request = update_album_request();
  BOOST_TEST(accepted());
  BOOST_TEST(judgement.violations.empty());
}

BOOST_AUTO_TEST_CASE(operations_of_a_file_are_judged_by_their_own_rules) {
  constexpr std::string_view text = R"(format = 1
[operation.update_note]
request = "PUT /groups/{groupId}/notes/{noteId}"
key = "note:{noteId}"
repeatable = true
answers_id = "/note"
success = { http = [202], code = 7 }
fields.groupId = { in = "path", type = "text", required = true }
fields.noteId = { in = "path", type = "text", required = true, max = 3 }
fields.agent = { in = "header", as = "x-hw-agentname", type = "text", required = true }
fields.text = { type = "text", required = true }
)";
  const auto catalogue = koodrive::parse_operations(text, "ops.toml", operations().rows());
  BOOST_REQUIRE_MESSAGE(catalogue, catalogue.error().message);
  service.set_operations(*catalogue);
  request.method = "PUT";
  request.target = "/groups/g%201/notes/n";
  request.body = R"({"text":"hello"})";
  BOOST_TEST(refused(400, "agent: is missing"));
  request.keep_other("X-Hw-AgentName", "me");
  BOOST_TEST(answer() == R"({"note":"n","code":7,"msg":"success"})");
  BOOST_TEST(judgement.status == 202);
  BOOST_TEST(judgement.key == "note:n");
  BOOST_TEST(judgement.fields.values[0].text == "g 1");
  request.target = "/groups/g/notes/long";
  BOOST_TEST(refused(400, "noteId: is 4 characters long, at most 3 are allowed"));
  request.target = "/groups/g/notes";
  BOOST_TEST(refused(404, "there is no operation"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
