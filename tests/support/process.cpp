#include "process.hpp"

#include "exec_words.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace koobatch::test {
namespace {

void drain(int fd, std::string& text) {
  char bytes[4096];
  for (;;) {
    const ssize_t count = ::read(fd, bytes, sizeof bytes);
    if (count <= 0) return;
    text.append(bytes, static_cast<std::size_t>(count));
  }
}

}  // namespace

Process::Process(std::vector<std::string> command, const Environment& environment, const std::string& folder,
                 const std::string& input) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  auto arguments = pointers_to(command);
  auto inherited = environment_with(environment);
  auto variables = pointers_to(inherited);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    if (!input.empty()) {
      const int in = ::open(input.c_str(), O_RDONLY | O_CLOEXEC);
      if (in < 0 || ::dup2(in, STDIN_FILENO) < 0) ::_exit(125);
    }
    if (!folder.empty() && ::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
  err_reader_ = std::thread([this] { drain(err_, err_text_); });
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (err_reader_.joinable()) err_reader_.join();
  ::close(out_);
  ::close(err_);
}

void Process::signal(int number) const {
  if (const pid_t pid = pid_; pid > 0) ::kill(pid, number);
}

std::string Process::read_line() {
  for (;;) {
    if (const auto end = out_text_.find('\n'); end != std::string::npos) {
      std::string line = out_text_.substr(0, end);
      out_text_.erase(0, end + 1);
      return line;
    }
    char bytes[4096];
    const ssize_t count = ::read(out_, bytes, sizeof bytes);
    if (count <= 0) throw std::runtime_error("the process ended before it printed a line: " + out_text_);
    out_text_.append(bytes, static_cast<std::size_t>(count));
  }
}

Finished Process::wait(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool open = true;
  while (open) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{out_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      BOOST_ERROR("the process did not end in time and was killed");
      ::kill(pid_, SIGKILL);
    }
    char bytes[65536];
    const ssize_t count = ::read(out_, bytes, sizeof bytes);
    open = count > 0;
    if (open) out_text_.append(bytes, static_cast<std::size_t>(count));
  }
  int status = 0;
  rusage usage{};
  ::wait4(pid_, &status, 0, &usage);
  pid_ = -1;
  err_reader_.join();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out_text_, err_text_, usage.ru_maxrss};
}

Finished run_koobatch(const std::vector<std::string>& arguments, const Process::Environment& environment,
                      const std::string& folder, const std::string& input) {
  std::vector<std::string> command{KOOBATCH_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Process(std::move(command), environment, folder, input).wait();
}

Process start_run(const std::string& job, const std::string& url, const std::string& report,
                  const std::vector<std::string>& flags) {
  std::vector<std::string> command = {KOOBATCH_BINARY, "run", job, "--endpoint", url, "--report", report};
  command.insert(command.end(), {"--token-env", "TOKEN", "--user-id", "7", "--progress", "none"});
  command.insert(command.end(), flags.begin(), flags.end());
  return Process(std::move(command), {{"TOKEN", "secret"}});
}

}  // namespace koobatch::test
