#include "koobatch/engine/settings.hpp"

#include "koobatch/core/json.hpp"

namespace koobatch::engine {

std::string describe(const RunSettings& s) {
  std::string text;
  JsonWriter json(text);
  json.add("connections", s.connections).add("threads", s.threads);
  json.add("rate", s.pace.rate, 3).add("burst", s.pace.burst);
  json.add("max_attempts", s.scheduler.max_attempts);
  json.add("retry_base_s", seconds(s.scheduler.retry.base)).add("retry_cap_s", seconds(s.scheduler.retry.cap));
  json.add("connect_timeout_s", seconds(s.connect_timeout)).add("timeout_s", seconds(s.timeout));
  json.add("deadline_s", seconds(s.scheduler.deadline)).add("max_outage_s", seconds(s.pace.max_outage));
  json.add("skip_invalid", s.skip_invalid).add("simulate", s.simulated);
  json.add("user_id", s.reader.default_user).add("language", s.reader.default_language);
  if (!s.credentials.token_file.empty()) json.add("token_file", s.credentials.token_file.string());
  if (!s.credentials.token_env.empty()) json.add("token_env", s.credentials.token_env);
  json.add("authorization", s.credentials.authorization);
  if (!s.tls.cacert.empty()) json.add("cacert", s.tls.cacert.string());
  if (!s.tls.cert.empty()) json.add("cert", s.tls.cert.string());
  if (!s.tls.key.empty()) json.add("key", s.tls.key.string());
  if (s.tls.insecure) json.add("insecure", true);
  json.end();
  return text;
}

}  // namespace koobatch::engine
