#include "auth/token_command.hpp"

#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/token.hpp"
#include "koobatch/auth/wipe.hpp"
#include "koobatch/core/child_process.hpp"
#include "koobatch/core/spelling.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace koobatch::auth {
namespace {

using namespace std::chrono_literals;

/// Intervals for checking time limit and stop request, and for polling a program that has closed its output.
constexpr auto look_interval = 100ms;
constexpr auto end_interval = 5ms;
/// How much of its standard error is kept.
constexpr std::size_t max_words = 8 * 1024;

/// Where the token comes from, for messages.
std::string source() {
  return spell(SettingName::token_command);
}

/// A pipe; the child inherits one end.
class Pipe {
 public:
  Pipe() { failure_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0 ? 0 : errno; }
  ~Pipe() {
    close_writing();
    if (ends_[0] >= 0) ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int failure() const { return failure_; }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_writing() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_ = {-1, -1};
  int failure_ = 0;
};

/// A running program and its output.
class Child {
 public:
  Child(ChildProcess process, const Pipe& output, const Pipe& errors)
      : process_(std::move(process)), streams_{{{output.reading(), POLLIN, 0}, {errors.reading(), POLLIN, 0}}} {}
  ~Child() { wipe(err); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Reads available output, or waits briefly for some.
  void follow() {
    const bool silent = streams_[0].fd < 0 && streams_[1].fd < 0;
    ::poll(streams_.data(), streams_.size(), static_cast<int>((silent ? end_interval : look_interval).count()));
    take();
  }
  /// Its wait status, as waitpid() returns it; nothing while it runs.
  std::optional<int> ended() {
    const auto status = process_.ended();
    if (!status) return status;
    // A process that it left running may hold the pipes open for ever, so only the output available now counts.
    for (bool more = true; more;) {
      more = ::poll(streams_.data(), streams_.size(), 0) > 0;
      take();
    }
    return status;
  }

  std::string_view out() const { return out_.view().substr(0, out_size_); }
  std::string err;

 private:
  void take() {
    const auto out = read_from(streams_[0]).substr(0, max_out - out_size_);
    out.copy(out_.data() + out_size_, out.size());
    out_size_ += out.size();
    err.append(read_from(streams_[1]).substr(0, max_words - err.size()));
  }

  /// Reads what is available now; more may follow.
  std::string_view read_from(pollfd& stream) {
    if (stream.fd < 0 || std::exchange(stream.revents, short{0}) == 0) return {};
    const ssize_t got = ::read(stream.fd, piece_.data(), piece_size);
    if (got < 0 && errno == EINTR) return {};
    if (got <= 0) stream.fd = -1;
    return {piece_.data(), static_cast<std::size_t>(std::max(got, ssize_t{0}))};
  }

  /// Long enough to detect an oversized token with its line break.
  static constexpr std::size_t max_out = max_secret + 2;
  static constexpr std::size_t piece_size = 4096;

  Secret out_{max_out};
  std::size_t out_size_ = 0;
  Secret piece_{piece_size};
  ChildProcess process_;
  std::array<pollfd, 2> streams_;  ///< standard output and error; -1 at their end
};

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

/// Logs what it wrote to standard error. A failed one, too, may have obtained a token and printed it there.
void log_words(Child& child, const CommandLimits& limits, bool failed) {
  std::string& text = child.err;
  if (limits.mask) limits.mask(text);
  const auto line = first_line(child.out());
  for (const auto secret : {line, secret_in(token_placeholder, line)}) {
    if (!secret.empty()) boost::algorithm::replace_all(text, secret, "***");
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (end != 0)
      spdlog::log(failed ? spdlog::level::err : spdlog::level::warn, "{}: {}", source(), rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

Error failure(int status, const std::string& program) {
  return usage_error(fmt::format("{}: '{}' {}, so there is no token; run it by hand to see why", source(), program,
                                 describe_end(status)));
}

Result<Secret> token_of(Child& child, int status, const std::string& program) {
  if (status != 0) return failure(status, program);
  if (child.out().empty()) {
    return usage_error(fmt::format("{}: '{}' wrote nothing; it must write the token as the first line of its output",
                                   source(), program));
  }
  return check_token(Secret(child.out().substr(0, child.out().find('\n'))), source());
}

}  // namespace

Result<Secret> run_token_command(const std::vector<std::string>& words, const CommandLimits& limits) {
  // The arguments may be confidential.
  const std::string& program = words.front();
  Pipe out, err;
  if (const int code = out.failure() != 0 ? out.failure() : err.failure(); code != 0) {
    return system_error(ErrorKind::usage, fmt::format("{} '{}'", source(), program), "cannot be started", code);
  }
  auto process = ChildProcess::start({source(), words, out.writing(), err.writing(), environ});
  if (!process) return process.error();
  out.close_writing();
  err.close_writing();
  Child child(std::move(*process), out, err);
  const TimePoint end = Steady::now() + limits.timeout;
  for (;;) {
    child.follow();
    if (const auto status = child.ended()) {
      auto token = token_of(child, *status, program);
      log_words(child, limits, !token);
      return token;
    }
    const bool stopped = limits.stop && limits.stop();
    if (!stopped && Steady::now() < end) continue;
    log_words(child, limits, true);
    if (stopped) return usage_error(fmt::format("{}: '{}' was stopped with the run", source(), program));
    return usage_error(fmt::format(
        "{}: '{}' did not end within {:g} s and was killed; run it by hand to see why, or give it longer with "
        "{}",
        source(), program, seconds(limits.timeout), spell(SettingName::token_command_timeout)));
  }
}

}  // namespace koobatch::auth
