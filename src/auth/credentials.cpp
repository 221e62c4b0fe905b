#include "koobatch/auth/credentials.hpp"

#include "auth/token_command.hpp"
#include "koobatch/auth/refresh_token_file.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/words.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace koobatch::auth {
namespace {

/// How many former secrets are remembered: an answer that echoes an older one would have to be very late.
constexpr std::size_t former_kept = 16;

Result<void> check_form(const std::string& authorization) {
  if (authorization.find(token_placeholder) == std::string::npos) {
    return usage_error(
        fmt::format("{} '{}': must contain {{token}}", spell(SettingName::authorization), authorization));
  }
  if (fits_a_header(authorization)) return {};
  return usage_error(
      fmt::format("{}: holds a line break or another character that no header can carry; write it as '{}'",
                  spell(SettingName::authorization), default_authorization));
}

/// A pipe yields its token only once, and reading it may block for ever.
Result<void> check_repeatable(const std::filesystem::path& file, const std::string& source) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (error || std::filesystem::is_regular_file(status) || std::filesystem::is_directory(status)) return {};
  return usage_error(
      fmt::format("{}: is not a regular file, and it is read more than once; let {} run what writes the token", source,
                  spell(SettingName::token_command)));
}

void mask_secret(std::string& text, std::string_view secret) {
  if (!secret.empty()) boost::algorithm::replace_all(text, secret, "***");
}

Result<Secret> read_variable(const std::string& name, const std::string& source) {
  const char* value = std::getenv(name.c_str());
  // The name is not repeated: it may be the token itself.
  if (value == nullptr) {
    return usage_error(spell(SettingName::token_env) +
                       ": there is no such environment variable; give its NAME, not the token");
  }
  return check_token(Secret(std::string_view(value)), source);
}

}  // namespace

std::string CredentialSettings::source() const {
  if (!token_file.empty()) return spell(SettingName::token_file, token_file.string());
  if (!token_env.empty()) return spell(SettingName::token_env, token_env);
  if (!token_command.empty()) return spell(SettingName::token_command);
  return spell(SettingName::simulate);
}

Result<void> Credentials::check(const CredentialSettings& settings) {
  if (auto form = check_form(settings.authorization); !form) return form;
  if (!settings.refresh_token_file.empty()) {
    if (const auto file = RefreshTokenFile::open(settings.refresh_token_file); !file) return file.error();
  }
  if (!settings.token_command.empty()) {
    if (const auto words = split_words(settings.token_command, settings.source()); !words) return words.error();
    return {};
  }
  if (const auto token = Credentials(settings).ask_source({}); !token) return token.error();
  return {};
}

Result<std::unique_ptr<Credentials>> Credentials::load(const CredentialSettings& settings, const Stop& stop) {
  if (auto form = check_form(settings.authorization); !form) return form.error();
  auto credentials = std::unique_ptr<Credentials>(new Credentials(settings));
  if (auto read = credentials->reread(stop); !read) return read.error();
  return credentials;
}

std::unique_ptr<Credentials> Credentials::simulated() {
  auto credentials = std::unique_ptr<Credentials>(new Credentials({}));
  const MutexLock lock(credentials->mutex_);
  credentials->header_ = render_header(default_authorization, "simulated");
  return credentials;
}

Credentials::Header Credentials::header() const {
  const MutexLock guard(mutex_);
  return header_;
}

Credentials::Secrets Credentials::former_secrets() const {
  const MutexLock guard(mutex_);
  return former_;
}

Result<Secret> Credentials::ask_source(const Stop& stop) {
  const std::string source = settings_.source();
  if (!settings_.token_file.empty()) {
    // Taken before the file is read: a change in between is then noticed later.
    const auto stamp = FileStamp::of(settings_.token_file);
    {
      const MutexLock guard(mutex_);
      stamp_ = stamp;
    }
    if (auto repeatable = check_repeatable(settings_.token_file, source); !repeatable) return repeatable.error();
    return read_token_file(settings_.token_file, source);
  }
  if (!settings_.token_env.empty()) return read_variable(settings_.token_env, source);
  const auto words = split_words(settings_.token_command, source);
  if (!words) return words.error();
  // The command may print the present token or a former one, from wherever it keeps them.
  const auto mask = [this](std::string& text) {
    const auto header = this->header();
    if (header) mask_secret(text, secret_in(*header));
    const auto former = former_secrets();
    for (const Secret& secret : *former) mask_secret(text, secret.view());
  };
  return run_token_command(*words, {settings_.token_command_timeout, stop, mask});
}

Result<bool> Credentials::reread(const Stop& stop) {
  const auto token = ask_source(stop);
  if (!token) return token.error();
  return adopt(*token);
}

bool Credentials::file_changed() const {
  if (!has_file()) return false;
  const auto stamp = FileStamp::of(settings_.token_file);
  const MutexLock guard(mutex_);
  return stamp != stamp_;
}

bool Credentials::adopt(const Secret& token) {
  Header header = render_header(settings_.authorization, token.view());
  const MutexLock guard(mutex_);
  if (header_ && *header_ == *header) return false;
  if (header_) keep_hidden(secret_in(*header_));
  header_ = std::move(header);
  ++version_;
  return true;
}

void Credentials::hide(std::string_view secret) {
  const MutexLock guard(mutex_);
  keep_hidden(secret);
  ++version_;
}

void Credentials::keep_hidden(std::string_view secret) {
  const auto same = [&](const Secret& known) { return known.view() == secret; };
  if (secret.empty() || std::any_of(former_->begin(), former_->end(), same)) return;
  std::vector<Secret> secrets;
  const std::size_t dropped = former_->size() == former_kept ? 1 : 0;
  for (std::size_t i = dropped; i < former_->size(); ++i) secrets.emplace_back((*former_)[i].view());
  secrets.emplace_back(secret);
  former_ = std::make_shared<const std::vector<Secret>>(std::move(secrets));
}

std::string Credentials::form_of(std::string_view header) const {
  const std::string_view secret = secret_in(header);
  if (secret.empty()) return settings_.authorization;
  const auto place = static_cast<std::size_t>(secret.data() - header.data());
  return fmt::format("{}{}{}", header.substr(0, place), token_placeholder, header.substr(place + secret.size()));
}

std::string_view Credentials::secret_in(std::string_view header) const {
  return settings_.any() ? auth::secret_in(settings_.authorization, header) : std::string_view();
}

}  // namespace koobatch::auth
