#include "http_get.hpp"

#include "koobatch/http/endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace koobatch::test {

std::string http_get(const std::string& url, const std::string& path) {
  namespace asio = boost::asio;
  namespace http = boost::beast::http;
  const auto endpoint = koobatch::http::parse_endpoint(url).value();
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::make_address(endpoint.host), static_cast<std::uint16_t>(std::stoi(endpoint.port))});
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, endpoint.authority);
  http::write(socket, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(boost::none);
  http::read(socket, buffer, answer);
  return answer.get().body();
}

}  // namespace koobatch::test
