// The only suite of the unit tests that uses sockets: the simulator is a server, and this is where that is tested.
#include "koobatch/core/clock.hpp"
#include "koobatch/http/date.hpp"
#include "koobatch/koodrive/x_date.hpp"
#include "koobatch/sim/simulator.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <fstream>
#include <iterator>
#include <random>

namespace koobatch::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;
using Answer = http::response<http::string_body>;

/// A temporary folder for this test, removed at its end.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("koobatch-sim-" + std::to_string(std::random_device()()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<Simulator> start(const SimulatorSettings& settings = {}) {
  auto started = Simulator::start(settings);
  BOOST_TEST_REQUIRE(started.has_value(), (started ? std::string() : started.error().message));
  return std::move(*started);
}

SimulatorSettings with_fault(std::string_view text) {
  SimulatorSettings settings;
  settings.faults.push_back(parse_fault(text).value());
  return settings;
}

std::uint16_t port_of(const Simulator& simulator) {
  return static_cast<std::uint16_t>(std::stoi(simulator.url().substr(simulator.url().rfind(':') + 1)));
}

http::request<http::string_body> rename(std::string_view id = "1757156480072657793",
                                        std::string_view name = "newName123456") {
  std::string date(koodrive::x_date_length, '\0');
  koodrive::write_x_date(WallClock::now(), date.data());
  http::request<http::string_body> request(http::verb::post, "/koodrive/ose/v1/sharefolder/rename", 11);
  request.set(http::field::host, "127.0.0.1");
  request.set(http::field::authorization, "Bearer+token");
  request.set("X-User-Id", "user-1");
  request.set("X-Date", date);
  request.set(http::field::content_type, "application/json");
  request.body() = std::string("{\"id\":\"").append(id).append("\",\"fileName\":\"").append(name).append("\"}");
  request.prepare_payload();
  return request;
}

/// A blocking client with one connection.
class Client {
 public:
  explicit Client(const Simulator& simulator) : socket_(io_) {
    socket_.connect({asio::ip::address_v4::loopback(), port_of(simulator)});
  }

  void send(const http::request<http::string_body>& request) { http::write(socket_, request); }
  void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }
  Answer receive() {
    Answer answer;
    http::read(socket_, buffer_, answer);
    return answer;
  }
  Answer exchange(const http::request<http::string_body>& request) {
    send(request);
    return receive();
  }
  Answer get(const std::string& target) { return exchange({http::verb::get, target, 11}); }
  /// The error with which reading an answer fails.
  boost::system::error_code failure() {
    boost::system::error_code error;
    Answer answer;
    http::read(socket_, buffer_, answer, error);
    return error;
  }
  bool has_answer() { return socket_.available() > 0; }
  void close() { socket_.close(); }

 private:
  asio::io_context io_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

std::string state_of(const Simulator& simulator) {
  return Client(simulator).get("/_sim/state").body();
}
std::string stats_of(const Simulator& simulator) {
  return Client(simulator).get("/_sim/stats").body();
}

bool has(const std::string& text, std::string_view part) {
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(text.find(part) != std::string::npos);
  }
  return true;
}

constexpr std::string_view renamed = "{\"key\":\"folder:1757156480072657793\",\"fileName\":\"newName123456\"}\n";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes a self-signed certificate for 127.0.0.1, and its key.
void write_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), pair.get());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  X509_EXTENSION* const alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(cert.get(), alternative, -1);
  X509_EXTENSION_free(alternative);
  X509_sign(cert.get(), pair.get(), EVP_sha256());

  const auto write = [](const std::filesystem::path& path, auto put) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "w"), BIO_free);
    BOOST_TEST_REQUIRE(put(file.get()) == 1);
  };
  write(certificate, [&](BIO* out) { return PEM_write_bio_X509(out, cert.get()); });
  write(key,
        [&](BIO* out) { return PEM_write_bio_PrivateKey(out, pair.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_server)

BOOST_AUTO_TEST_CASE(the_documented_examples_get_the_documented_answers) {
  const auto simulator = start();
  Client client(*simulator);
  const Answer folder = client.exchange(rename());
  BOOST_TEST(folder.result_int() == 200U);
  BOOST_TEST(folder.body() == R"({"id":"1757156480072657793","code":0,"msg":"success"})");
  BOOST_TEST(folder[http::field::content_type] == "application/json");
  const auto date = koobatch::http::parse_date(std::string_view(folder[http::field::date]));
  BOOST_TEST_REQUIRE(date.has_value());
  BOOST_TEST((WallClock::now() - *date < 10s));

  auto album = rename();
  album.target("/koodrive/ose/v1/1795607640592646273/update");
  album.body() = R"({"name":"albumName22"})";
  album.prepare_payload();
  const Answer answer = client.exchange(album);
  BOOST_TEST(answer.result_int() == 200U);
  BOOST_TEST(answer.body() == R"({"code":0,"msg":"Success."})");
  BOOST_TEST(state_of(*simulator) ==
             std::string(renamed) + "{\"key\":\"album:1795607640592646273\",\"name\":\"albumName22\"}\n");
}

BOOST_AUTO_TEST_CASE(one_connection_serves_many_requests) {
  const auto simulator = start();
  Client client(*simulator);
  for (int i = 0; i < 200; ++i) BOOST_TEST_REQUIRE(client.exchange(rename(std::to_string(i))).result_int() == 200U);
  const std::string stats = client.get("/_sim/stats").body();
  BOOST_TEST(has(stats, "\"requests\":200,\"applied\":200,\"keys\":200,\"status\":{\"200\":200}"));
  BOOST_TEST(has(stats, "\"connections\":1}"));
}

BOOST_AUTO_TEST_CASE(a_request_that_arrives_in_pieces_is_served) {
  const auto simulator = start();
  Client client(*simulator);
  std::ostringstream text;
  text << rename();
  for (const char c : text.str()) client.send(std::string_view(&c, 1));
  BOOST_TEST(client.receive().result_int() == 200U);
}

BOOST_AUTO_TEST_CASE(a_refused_request_leaves_the_connection_usable) {
  const auto simulator = start();
  Client client(*simulator);
  auto request = rename();
  request.erase("X-User-Id");
  const Answer refused = client.exchange(request);
  BOOST_TEST(refused.result_int() == 400U);
  BOOST_TEST(refused.body() == R"({"code":13000102,"msg":"X-User-Id: missing"})");
  BOOST_TEST(client.exchange(rename()).result_int() == 200U);
}

BOOST_AUTO_TEST_CASE(input_that_is_not_http_is_answered_400_and_the_connection_closed) {
  const auto simulator = start();
  Client client(*simulator);
  client.send("this is no HTTP\r\n\r\n");
  const Answer answer = client.receive();
  BOOST_TEST(answer.result_int() == 400U);
  BOOST_TEST(!answer.keep_alive());
  BOOST_TEST((client.failure() == http::error::end_of_stream));
  BOOST_TEST(has(stats_of(*simulator), "\"malformed\":1"));
}

BOOST_AUTO_TEST_CASE(heads_and_bodies_over_their_limits_get_specific_statuses) {
  const auto simulator = start();
  Client head(*simulator), body(*simulator);
  head.send("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x'));
  BOOST_TEST(head.receive().result_int() == 431U);
  body.send("POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + std::string(100'000, 'x'));
  BOOST_TEST(body.receive().result_int() == 413U);
}

BOOST_AUTO_TEST_CASE(a_pipelined_request_is_refused_after_the_first_was_answered) {
  const auto simulator = start();
  Client client(*simulator);
  std::ostringstream text;
  text << rename("1") << rename("2");
  client.send(text.str());
  BOOST_TEST(client.receive().result_int() == 200U);
  BOOST_TEST(client.receive().result_int() == 400U);
  BOOST_TEST((client.failure() == http::error::end_of_stream));
  BOOST_TEST(has(stats_of(*simulator), "\"pipelined\":1"));
  BOOST_TEST(state_of(*simulator) == "{\"key\":\"folder:1\",\"fileName\":\"newName123456\"}\n");
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_before_sending_its_body_is_told_to_continue) {
  const auto simulator = start();
  Client client(*simulator);
  auto request = rename();
  request.set(http::field::expect, "100-continue");
  std::ostringstream text;
  text << request;
  const std::string bytes = text.str();
  const std::size_t head = bytes.find("\r\n\r\n") + 4;
  client.send(std::string_view(bytes).substr(0, head));
  BOOST_TEST(client.receive().result_int() == 100U);
  client.send(std::string_view(bytes).substr(head));
  BOOST_TEST(client.receive().result_int() == 200U);
}

BOOST_AUTO_TEST_CASE(a_large_state_is_streamed_whole) {
  const auto simulator = start();
  Client client(*simulator);
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    (void)client.exchange(rename(std::to_string(i)));
    expected += "{\"key\":\"folder:" + std::to_string(i) + "\",\"fileName\":\"newName123456\"}\n";
  }
  const Answer answer = client.get("/_sim/state");
  BOOST_TEST(answer.chunked());
  BOOST_TEST((answer.body() == expected));
  http::request<http::string_body> old(http::verb::get, "/_sim/state", 10);
  BOOST_TEST((client.exchange(old).body() == expected));
}

BOOST_AUTO_TEST_CASE(the_simulator_reveals_only_state_and_stats) {
  const auto simulator = start();
  Client client(*simulator);
  BOOST_TEST(client.get("/_sim/other").result_int() == 404U);
  BOOST_TEST(client.get("/_sim/state").body().empty());
  BOOST_TEST(has(client.get("/_sim/stats").body(), "\"requests\":0,\"applied\":0,\"keys\":0,\"status\":{}"));
}

BOOST_AUTO_TEST_CASE(a_status_fault_is_answered_and_the_connection_stays_open) {
  const auto simulator = start(with_fault("status=503,rate=1,retry-after=3"));
  Client client(*simulator);
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.exchange(rename());
    BOOST_TEST(answer.result_int() == 503U);
    BOOST_TEST(answer[http::field::retry_after] == "3");
  }
  BOOST_TEST(client.get("/_sim/state").body().empty());
}

BOOST_AUTO_TEST_CASE(a_reset_looks_like_a_reset) {
  const auto simulator = start(with_fault("reset,rate=1"));
  Client client(*simulator);
  client.send(rename());
  BOOST_TEST((client.failure() == boost::system::errc::connection_reset));
}

BOOST_AUTO_TEST_CASE(a_drop_looks_like_an_end_before_any_answer) {
  const auto simulator = start(with_fault("drop,rate=1"));
  Client client(*simulator);
  client.send(rename());
  BOOST_TEST((client.failure() == http::error::end_of_stream));
  BOOST_TEST(state_of(*simulator).empty());
}

BOOST_AUTO_TEST_CASE(a_truncated_answer_ends_in_the_middle_of_its_body) {
  const auto simulator = start(with_fault("truncate,rate=1"));
  Client client(*simulator);
  client.send(rename());
  BOOST_TEST((client.failure() == http::error::partial_message));
  BOOST_TEST(state_of(*simulator) == renamed);
}

BOOST_AUTO_TEST_CASE(garbage_is_a_complete_answer_that_is_not_json) {
  const auto simulator = start(with_fault("garbage,rate=1"));
  Client client(*simulator);
  const Answer answer = client.exchange(rename());
  BOOST_TEST(answer.result_int() == 200U);
  BOOST_TEST(answer.body().starts_with("<html>"));
  BOOST_TEST(state_of(*simulator) == renamed);
}

BOOST_AUTO_TEST_CASE(a_stalled_request_is_applied_never_answered_and_may_be_sent_again) {
  const auto simulator = start(with_fault("stall,rate=1"));
  Client first(*simulator), second(*simulator), third(*simulator);
  first.send(rename());
  while (state_of(*simulator).empty()) continue;
  BOOST_TEST(!first.has_answer());
  first.close();
  second.send(rename());
  while (stats_of(*simulator).find("\"stall\":2") == std::string::npos) continue;
  BOOST_TEST(has(stats_of(*simulator), "\"overlapping_keys\":0"));
  third.send(rename());
  while (stats_of(*simulator).find("\"stall\":3") == std::string::npos) continue;
  BOOST_TEST(has(stats_of(*simulator), "\"overlapping_keys\":1"));
}

BOOST_AUTO_TEST_CASE(answers_are_delayed_by_the_latency) {
  SimulatorSettings settings;
  settings.latency = 30ms;
  settings.jitter = 5ms;
  const auto simulator = start(settings);
  Client client(*simulator);
  const TimePoint before = Steady::now();
  BOOST_TEST(client.exchange(rename()).result_int() == 200U);
  BOOST_TEST((Steady::now() - before >= 30ms));
}

BOOST_AUTO_TEST_CASE(a_request_whose_client_disconnects_during_the_latency_is_not_applied) {
  SimulatorSettings settings;
  settings.latency = 30ms;
  const auto simulator = start(settings);
  Client client(*simulator);
  client.send(rename());
  client.close();
  while (stats_of(*simulator).find("\"abandoned\":1") == std::string::npos) continue;
  BOOST_TEST(state_of(*simulator).empty());
}

BOOST_AUTO_TEST_CASE(a_second_request_sent_during_the_latency_is_refused) {
  SimulatorSettings settings;
  settings.latency = 30ms;
  const auto simulator = start(settings);
  Client client(*simulator);
  client.send(rename("1"));
  while (stats_of(*simulator).find("\"requests\":1") == std::string::npos) continue;
  client.send(rename("2"));
  BOOST_TEST(client.receive().result_int() == 200U);
  BOOST_TEST(client.receive().result_int() == 400U);
  BOOST_TEST(has(stats_of(*simulator), "\"pipelined\":1"));
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_as_its_answer_is_due_has_not_sent_a_second_request) {
  SimulatorSettings settings;
  settings.latency = 1ms;
  const auto simulator = start(settings);
  for (int i = 0; i < 300; ++i) {
    Client client(*simulator);
    client.send(rename());
    const auto due = Steady::now() + settings.latency + std::chrono::microseconds(i % 100);
    while (Steady::now() < due) continue;
    client.close();
  }
  BOOST_TEST(has(stats_of(*simulator), "\"pipelined\":0"));
}

BOOST_AUTO_TEST_CASE(more_requests_than_the_throttle_allows_get_429) {
  SimulatorSettings settings;
  settings.throttle.rates = {{.rate = 1}};
  const auto simulator = start(settings);
  Client client(*simulator);
  BOOST_TEST(client.exchange(rename()).result_int() == 200U);
  const Answer answer = client.exchange(rename());
  BOOST_TEST(answer.result_int() == 429U);
  BOOST_TEST(has(answer.body(), "\"APIG.0308\""));
}

BOOST_AUTO_TEST_CASE(every_operation_request_is_in_the_log_once_the_simulator_has_ended) {
  const Folder folder;
  SimulatorSettings settings = with_fault("drop,rate=0.2");
  settings.seed = 3;
  settings.log = folder / "requests.ndjson";
  {
    const auto simulator = start(settings);
    for (int i = 0; i < 50; ++i) {
      Client client(*simulator);
      client.send(rename(std::to_string(i)));
      (void)client.failure();
    }
  }
  const std::string log = read_file(settings.log);
  BOOST_TEST(std::count(log.begin(), log.end(), '\n') == 50);
  BOOST_TEST(has(
      log,
      R"("connection":1,"key":"folder:0","value":{"id":"0","fileName":"newName123456"},"user":"user-1","trace_id":null,"status":200,"applied":true})"));
  BOOST_TEST(has(log, R"("status":0,"applied":false,"fault":"drop"})"));
}

BOOST_AUTO_TEST_CASE(pending_log_lines_are_written_soon_without_further_requests) {
  const Folder folder;
  SimulatorSettings settings;
  settings.log = folder / "requests.ndjson";
  const auto simulator = start(settings);
  (void)Client(*simulator).exchange(rename());
  const TimePoint before = Steady::now();
  while (read_file(settings.log).empty() && Steady::now() - before < 10s) continue;
  BOOST_TEST(has(read_file(settings.log), "\"key\":\"folder:1757156480072657793\""));
}

BOOST_AUTO_TEST_CASE(tls_serves_1_2_and_1_3_and_nothing_older) {
  const Folder folder;
  SimulatorSettings settings;
  settings.certificate = folder / "cert.pem";
  settings.key = folder / "key.pem";
  write_certificate(settings.certificate, settings.key);
  const auto simulator = start(settings);
  BOOST_TEST(simulator->url().starts_with("https://127.0.0.1:"));

  const auto exchange = [&](int version, Answer& answer) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_verify_mode(asio::ssl::verify_peer);
    context.load_verify_file(settings.certificate.string());
    // Allows a modern client library to offer the older versions at all.
    SSL_CTX_set_security_level(context.native_handle(), 0);
    SSL_CTX_set_min_proto_version(context.native_handle(), version);
    SSL_CTX_set_max_proto_version(context.native_handle(), version);
    asio::ssl::stream<tcp::socket> stream(io, context);
    stream.set_verify_callback(asio::ssl::host_name_verification("127.0.0.1"));
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port_of(*simulator)});
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return error;
    auto request = rename();
    request.keep_alive(false);
    http::write(stream, request);
    boost::beast::flat_buffer buffer;
    http::read(stream, buffer, answer);
    stream.shutdown(error);
    return error;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Answer answer;
    const auto error = exchange(version, answer);
    BOOST_TEST(!error, error.message());
    BOOST_TEST(answer.result_int() == 200U);
  }
  Answer none;
  BOOST_TEST(exchange(TLS1_1_VERSION, none).failed());
}

BOOST_AUTO_TEST_CASE(the_simulator_stops_at_once_whatever_its_connections_do) {
  const Folder folder;
  SimulatorSettings settings = with_fault("stall,rate=0.5");
  settings.latency = 1h;
  auto simulator = start(settings);
  auto stalling = start(with_fault("stall,rate=1"));
  Client idle(*simulator), half(*simulator), waiting(*simulator), stalled(*stalling);
  half.send("POST /koodrive");
  waiting.send(rename());
  stalled.send(rename());
  while (stats_of(*simulator).find("\"requests\":1") == std::string::npos) continue;
  while (state_of(*stalling).empty()) continue;
  const TimePoint before = Steady::now();
  simulator.reset();
  stalling.reset();
  BOOST_TEST((Steady::now() - before < 2s));
  BOOST_TEST(idle.failure().failed());
  BOOST_TEST(stalled.failure().failed());
}

BOOST_AUTO_TEST_CASE(a_simulator_that_cannot_start_says_why) {
  const auto error = [](const SimulatorSettings& settings) {
    const auto started = Simulator::start(settings);
    BOOST_TEST_REQUIRE(!started.has_value());
    BOOST_TEST(started.error().kind == ErrorKind::usage);
    return started.error().message;
  };
  const Folder folder;
  const auto running = start();
  SimulatorSettings taken, half_tls, no_tls, no_log, faults, negative;
  taken.port = port_of(*running);
  half_tls.certificate = folder / "cert.pem";
  no_tls.certificate = folder / "cert.pem";
  no_tls.key = folder / "key.pem";
  no_log.log = folder / "missing" / "log";
  faults.faults = {{FaultKind::drop, 0.7, 0, {}}, {FaultKind::stall, 0.7, 0, {}}};
  negative.throttle_per_user = -1;
  BOOST_TEST(has(error(taken), "Address already in use; choose another port"));
  BOOST_TEST(has(error(half_tls), "needs both a certificate and its key"));
  BOOST_TEST(has(error(no_tls), "cert.pem: cannot be used as the simulator's certificate"));
  BOOST_TEST(has(error(no_log), "cannot be written as the simulator's log"));
  BOOST_TEST(has(error(faults), "add up to 1.4"));
  BOOST_TEST(has(error(negative), "throttle must be"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
