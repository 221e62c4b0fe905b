// A library to be preloaded into the binary under test: makes chosen system calls on the report or on sockets go wrong,
// as disks and crashes do. KOOBATCH_IO_FAULT="ACTION:CALL:N" with
//   ACTION  kill: the process dies by SIGKILL just before the Nth CALL
//           tear: of the Nth CALL (a write) half is done, then the process dies
//           fail=ERRNO: the Nth CALL and all after it fail with this error number
//           once=ERRNO: only the Nth CALL fails
//           short: the Nth CALL (a write) does only half
//           stop: the process stops just before the Nth CALL (a send), as SIGSTOP or a lack of memory would do it
//   CALL    write, sync: on a report (a file named *report*); folder: fsync() of a folder named tokens; send: a
//   request;
//           socket, connect: for TCP over IPv4; thread: the start of one
// KOOBATCH_LOCALHOST="ADDRESS ADDRESS": what the name localhost resolves to, in this order; "@FILE": the file holds the
// addresses, and is read each time.
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

namespace {

struct Fault {
  std::string action;
  std::string call;
  long at = 0;
  int error = 0;
};

Fault parse() {
  Fault fault;
  const char* text = std::getenv("KOOBATCH_IO_FAULT");
  if (text == nullptr) return fault;
  const std::string all = text;
  const auto first = all.find(':');
  const auto second = all.find(':', first + 1);
  fault.action = all.substr(0, first);
  fault.call = all.substr(first + 1, second - first - 1);
  fault.at = std::atol(all.c_str() + second + 1);
  if (const auto equals = fault.action.find('='); equals != std::string::npos) {
    fault.error = std::atoi(fault.action.c_str() + equals + 1);
    fault.action.resize(equals);
  }
  return fault;
}

const Fault& fault() {
  static const Fault parsed = parse();
  return parsed;
}

/// Empty if it has none.
std::string name_of(int fd) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size <= 0 ? std::string() : std::string(path, static_cast<std::size_t>(size));
}

bool is_report(int fd) {
  const auto name = name_of(fd);
  // A new report is written under a temporary name first.
  return name.find("report") != std::string::npos || name.find("/.koobatch-") != std::string::npos;
}

/// Counts the call. True if it is one that is to go wrong.
bool strikes(const char* call) {
  static std::atomic<long> count{0};
  if (fault().call != call) return false;
  const long n = ++count;
  if (fault().action == "fail") return n >= fault().at;
  return n == fault().at;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// Other than what a database is asked.
bool is_http_request(const void* bytes, size_t size) {
  const std::string_view text(static_cast<const char*>(bytes), size);
  return text.substr(0, text.find('\r')).ends_with(" HTTP/1.1");
}

void die() {
  ::kill(::getpid(), SIGKILL);
  ::pause();
}

}  // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (fault().call != "write" || !is_report(fd) || !strikes("write")) return real(fd, bytes, size);
  if (fault().action == "kill") die();
  if (fault().action == "short") return real(fd, bytes, size / 2);
  if (fault().action == "tear") {
    real(fd, bytes, size / 2);
    die();
  }
  errno = fault().error;
  return -1;
}

extern "C" int fdatasync(int fd) {
  static const auto real = next<int (*)(int)>("fdatasync");
  if (fault().call != "sync" || !is_report(fd) || !strikes("sync")) return real(fd);
  if (fault().action == "kill") die();
  errno = fault().error;
  return -1;
}

extern "C" int fsync(int fd) {
  static const auto real = next<int (*)(int)>("fsync");
  if (fault().call != "folder" || !name_of(fd).ends_with("/tokens") || !strikes("folder")) return real(fd);
  errno = fault().error;
  return -1;
}

extern "C" ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, int)>("send");
  if (fault().action == "stop") {
    if (is_http_request(bytes, size) && strikes("send")) ::raise(SIGSTOP);
    return real(fd, bytes, size, flags);
  }
  if (!strikes("send")) return real(fd, bytes, size, flags);
  // The request is out, its result is not recorded.
  real(fd, bytes, size, flags);
  die();
  return -1;
}

extern "C" int socket(int family, int type, int protocol) {
  static const auto real = next<int (*)(int, int, int)>("socket");
  if (family != AF_INET || (type & SOCK_STREAM) == 0 || !strikes("socket")) return real(family, type, protocol);
  errno = fault().error;
  return -1;
}

extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  static const auto real = next<int (*)(int, const sockaddr*, socklen_t)>("connect");
  if (address->sa_family != AF_INET || !strikes("connect")) return real(fd, address, size);
  errno = fault().error;
  return -1;
}

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) {
  static const auto real = next<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return strikes("thread") ? fault().error : real(thread, attributes, start, argument);
}

extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto real = next<int (*)(const char*, const char*, const addrinfo*, addrinfo**)>("getaddrinfo");
  const char* addresses = std::getenv("KOOBATCH_LOCALHOST");
  if (addresses == nullptr || host == nullptr || std::strcmp(host, "localhost") != 0) {
    return real(host, service, hints, found);
  }
  std::string all = addresses;
  if (all.starts_with('@')) {
    std::ifstream file(all.substr(1));
    all.assign(std::istreambuf_iterator<char>(file), {});
  }
  // The C library frees such a list link by link, so several may be hung together.
  std::istringstream words(all);
  *found = nullptr;
  addrinfo** end = found;
  for (std::string address; words >> address;) {
    if (const int error = real(address.c_str(), service, hints, end); error != 0) return error;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  if (*found == nullptr) return EAI_NONAME;
  return 0;
}
