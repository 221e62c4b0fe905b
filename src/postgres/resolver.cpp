#include "postgres/resolver.hpp"

#include "koobatch/core/mutex.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace koobatch::postgres {
namespace {

/// How long to wait for names that are still being looked up, once others have been found.
constexpr auto grace = std::chrono::seconds(1);

struct Found {
  std::vector<std::string> addresses;
  std::string failure;
};

std::string numeric(const addrinfo& info) {
  char text[NI_MAXHOST];
  const int code =
      ::getnameinfo(info.ai_addr, info.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST | NI_NUMERICSERV);
  return code == 0 ? text : "";
}

Found look_up(const std::string& name, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  Found found;
  if (const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &first); code != 0) {
    found.failure = ::gai_strerror(code);
    return found;
  }
  for (const addrinfo* info = first; info != nullptr; info = info->ai_next) {
    std::string address = numeric(*info);
    if (!address.empty()) found.addresses.push_back(std::move(address));
  }
  ::freeaddrinfo(first);
  return found;
}

/// What the looking threads and the waiting one share. Lives as long as the last of them.
class LookUps {
 public:
  explicit LookUps(std::size_t count) : found_(count), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void put(std::size_t index, Found found) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      found_[index] = std::move(found);
    }
    ::eventfd_write(event_.get(), 1);
  }
  std::vector<std::optional<Found>> found() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return found_;
  }
  /// Becomes readable when something is put after this was last called.
  int event() const {
    eventfd_t ignored = 0;
    ::eventfd_read(event_.get(), &ignored);
    return event_.get();
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::optional<Found>> found_ GUARDED_BY(mutex_);
  const Descriptor event_;
};

void start(const std::shared_ptr<LookUps>& look_ups, std::size_t index, const std::string& name) {
  try {
    // Nothing ends a look-up early: it is left alone, and what it finds too late is dropped.
    std::thread([look_ups, index, name] { look_ups->put(index, look_up(name, 0)); }).detach();
  } catch (const std::system_error&) {
    look_ups->put(index, {.addresses = {}, .failure = "no thread can be started to look it up"});
  }
}

std::vector<std::optional<Found>> wait_for(const LookUps& look_ups, TimePoint until, const Interrupt& interrupt) {
  for (;;) {
    const int event = look_ups.event();
    auto found = look_ups.found();
    const auto has_addresses = [](const auto& one) { return one && !one->addresses.empty(); };
    if (std::ranges::all_of(found, [](const auto& one) { return one.has_value(); })) return found;
    if (std::ranges::any_of(found, has_addresses)) until = std::min(until, Steady::now() + grace);
    if (interrupt.wait(event, POLLIN, until) != Woken::ready) return look_ups.found();
  }
}

}  // namespace

std::vector<Candidate> Resolver::resolve(const std::vector<Host>& hosts, TimePoint until, const Interrupt& interrupt,
                                         std::vector<FailedDial>& failed) {
  const auto look_ups = std::make_shared<LookUps>(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    Found known;
    if (is_socket(hosts[i])) {
      known.addresses.emplace_back();
    } else {
      known = look_up(hosts[i].name, AI_NUMERICHOST);
    }
    if (known.addresses.empty()) {
      start(look_ups, i, hosts[i].name);
    } else {
      look_ups->put(i, std::move(known));
    }
  }
  const auto found = wait_for(*look_ups, until, interrupt);
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    auto& addresses = found_earlier_[hosts[i].name];
    if (found[i] && !found[i]->addresses.empty()) addresses = found[i]->addresses;
    for (const auto& address : addresses) candidates.push_back({hosts[i], address});
    if (!addresses.empty()) continue;
    const std::string why = found[i] ? found[i]->failure : "its name is still being looked up";
    failed.push_back({.error = {.code = {}, .message = fmt::format("host {}: {}", hosts[i].name, why)}});
  }
  return candidates;
}

}  // namespace koobatch::postgres
