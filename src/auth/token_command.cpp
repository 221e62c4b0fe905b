#include "koobatch/auth/token_command.hpp"

#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/token.hpp"
#include "koobatch/auth/wipe.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
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

/// How often time and stop are looked at, and a program that has closed its output is asked whether it has ended.
constexpr auto look_interval = 100ms;
constexpr auto end_interval = 5ms;
/// What is kept of what it says on standard error.
constexpr std::size_t max_words = 8 * 1024;

const std::string source = "--token-command";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/// A pipe of which the child gets one end.
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

/// How the child is to start: signals as if a shell had started it, and a process group of its own, so that it can be
/// ended together with whatever it starts.
class SpawnRules {
 public:
  SpawnRules(int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int ignored : {SIGPIPE, SIGXFSZ}) sigaddset(&signals, ignored);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~SpawnRules() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;

  int spawn(const std::vector<std::string>& words, pid_t& pid) const {
    std::vector<char*> arguments;
    // exec() takes them as not const, and does not change them.
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    return ::posix_spawnp(&pid, words.front().c_str(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// A running program and what it writes.
class Child {
 public:
  Child(pid_t pid, const Pipe& output, const Pipe& errors)
      : pid_(pid), streams_{{{output.reading(), POLLIN, 0}, {errors.reading(), POLLIN, 0}}} {}
  ~Child() {
    end();
    wipe(err);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Takes what there is, or waits for it a moment.
  void follow() {
    const bool silent = streams_[0].fd < 0 && streams_[1].fd < 0;
    ::poll(streams_.data(), streams_.size(), static_cast<int>((silent ? end_interval : look_interval).count()));
    take();
  }
  /// How it ended, as waitpid() says it; nothing while it runs.
  std::optional<int> ended() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    reaped_ = true;
    // Whatever it left running may hold the pipes open for ever: only what is there counts.
    for (bool more = true; more;) {
      more = ::poll(streams_.data(), streams_.size(), 0) > 0;
      take();
    }
    return status;
  }

  std::string_view out() const { return out_.view().substr(0, out_size_); }
  std::string err;

 private:
  void end() {
    if (reaped_) return;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  void take() {
    const auto out = read_from(streams_[0]).substr(0, max_out - out_size_);
    out.copy(out_.data() + out_size_, out.size());
    out_size_ += out.size();
    err.append(read_from(streams_[1]).substr(0, max_words - err.size()));
  }

  /// What there is just now; more may come.
  std::string_view read_from(pollfd& stream) {
    if (stream.fd < 0 || std::exchange(stream.revents, short{0}) == 0) return {};
    const ssize_t got = ::read(stream.fd, piece_.data(), piece_size);
    if (got < 0 && errno == EINTR) return {};
    if (got <= 0) stream.fd = -1;
    return {piece_.data(), static_cast<std::size_t>(std::max(got, ssize_t{0}))};
  }

  /// A token that is too long, too, with its line break.
  static constexpr std::size_t max_out = max_secret + 2;
  static constexpr std::size_t piece_size = 4096;

  Secret out_{max_out};
  std::size_t out_size_ = 0;
  Secret piece_{piece_size};
  const pid_t pid_;
  bool reaped_ = false;
  std::array<pollfd, 2> streams_;  ///< standard output and error; -1 at their end
};

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

/// Logs what it says on standard error. Also one that failed may have had a token at hand, and have shown it there.
void log_words(Child& child, const CommandLimits& limits, bool failed) {
  std::string& text = child.err;
  if (limits.mask) limits.mask(text);
  const auto line = first_line(child.out());
  for (const auto secret : {line, secret_in(token_placeholder, line)}) {
    if (!secret.empty()) boost::algorithm::replace_all(text, secret, "***");
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (end != 0) spdlog::log(failed ? spdlog::level::err : spdlog::level::warn, "{}: {}", source, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

Error failure(int status, const std::string& program) {
  const std::string how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                              : fmt::format("ended with status {}", WEXITSTATUS(status));
  return usage_error(fmt::format("{}: '{}' {}, so there is no token; run it by hand to see why", source, program, how));
}

Result<Secret> token_of(Child& child, int status, const std::string& program) {
  if (status != 0) return failure(status, program);
  if (child.out().empty()) {
    return usage_error(fmt::format("{}: '{}' wrote nothing; it must write the token as the first line of its output",
                                   source, program));
  }
  return check_token(Secret(child.out().substr(0, child.out().find('\n'))), source);
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view command) {
  std::vector<std::string> words;
  bool within = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    char c = command[i];
    if (quote == 0 && is_blank(c)) {
      within = false;
      continue;
    }
    if (!std::exchange(within, true)) words.emplace_back();
    if (c == quote || (quote == 0 && (c == '\'' || c == '"'))) {
      quote = quote == 0 ? c : '\0';
      continue;
    }
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      const char next = command[i + 1];
      if (quote == 0 || next == '"' || next == '\\') c = command[++i];
    }
    words.back().push_back(c);
  }
  if (quote != 0) return usage_error(fmt::format("{}: a {} is never closed", source, quote));
  if (words.empty() || words.front().empty()) {
    return usage_error(fmt::format("{}: names no program; write it as --token-command 'PROGRAM ARGUMENT…'", source));
  }
  return words;
}

Result<Secret> run_token_command(const std::vector<std::string>& words, const CommandLimits& limits) {
  // The arguments may be nobody's business.
  const std::string& program = words.front();
  Pipe out, err;
  pid_t pid = -1;
  int code = out.failure() != 0 ? out.failure() : err.failure();
  if (code == 0) code = SpawnRules(out.writing(), err.writing()).spawn(words, pid);
  if (code != 0) {
    return system_error(ErrorKind::usage, fmt::format("{} '{}'", source, program), "cannot be started", code);
  }
  out.close_writing();
  err.close_writing();
  Child child(pid, out, err);
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
    if (stopped) return usage_error(fmt::format("{}: '{}' was stopped with the run", source, program));
    return usage_error(fmt::format(
        "{}: '{}' did not end within {:g} s and was killed; run it by hand to see why, or give it longer with "
        "--token-command-timeout",
        source, program, seconds(limits.timeout)));
  }
}

}  // namespace koobatch::auth
