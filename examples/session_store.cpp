// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Sessions of a web service: who logs in gets an id, who comes back with it gets the session, who stays away loses it.
//
//   open(user) ─► id          find(id) ─► handle ─► session { user, expires }
//   renew(id)                             survives close, renewal and expiry, for as long as the request holds it
//   close(id)   sweep()
//
// 1. A session never changes: renewing puts a new one in its place. A request sees one whole session from its beginning
//    to its end.
// 2. Expired is absent: find looks at the time itself, so nothing depends on when sweep runs.
// 3. sweep removes an entry only if it is still the one that was judged: a session renewed meanwhile stays.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/map/concurrent_map.hpp>

namespace {

using instant = std::int64_t;  // seconds; a service takes them from its steady clock

struct session {
  std::string user;
  instant expires = 0;
};

class session_store {
 public:
  using handle = portolan::pinned<session>;

  explicit session_store(instant lifetime) : lifetime_(lifetime) {}

  /// The id of a new session. (A service draws ids that nobody can guess.)
  std::string open(std::string user, instant now) {
    std::string id = "session-" + std::to_string(next_.fetch_add(1));
    sessions_.insert(id, session{std::move(user), now + lifetime_});
    return id;
  }

  /// A handle on the session, empty if there is none or it has expired.
  [[nodiscard]] handle find(std::string_view id, instant now) const {
    handle found = sessions_.pin(id);
    return found && found->expires > now ? std::move(found) : handle();
  }

  /// Lets the session live on; false if there is none or it has expired.
  bool renew(std::string_view id, instant now) {
    const auto outcome = sessions_.compute(id, [&](const session* held) -> portolan::decision<session> {
      if (held == nullptr || held->expires <= now) return portolan::keep;
      return portolan::assign(session{held->user, now + lifetime_});
    });
    return outcome == portolan::computed::assigned;
  }

  /// False if somebody else closed or swept it before.
  bool close(std::string_view id) { return sessions_.erase(id); }

  /// Removes what has expired; run it now and then. Returns how many it removed.
  std::size_t sweep(instant now) {
    return sessions_.erase_if([now](const std::string&, const session& each) { return each.expires <= now; });
  }

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  instant lifetime_;
  std::atomic<std::uint64_t> next_{1};
  portolan::concurrent_map<std::string, session> sessions_{{.name = "sessions"}};
};

/// What all threads together found.
struct tally {
  std::atomic<std::size_t> opened{0}, served{0}, closed{0}, foreign{0}, cut_off{0};
};

/// One user's requests: logs in, comes back some times, logs out or just stays away.
void be_a_user(session_store& store, const std::atomic<instant>& clock, const std::string& name, int visits,
               tally& seen) {
  const std::string id = store.open(name, clock.load());
  ++seen.opened;
  for (int visit = 0; visit < visits; ++visit) {
    const auto held = store.find(id, clock.load());
    if (!held) return;  // expired between two visits: the user would log in again
    ++seen.served;
    store.renew(id, clock.load());
    if (visit % 5 == 4 && store.close(id)) ++seen.closed;
    if (held->user != name) ++seen.foreign;  // the handle shows the session that this request began with
  }
}

/// One thread's share of the traffic; each moves the clock on now and then, and sweeps.
void serve(session_store& store, std::atomic<instant>& clock, int thread, std::atomic<std::size_t>& swept,
           tally& seen) {
  for (int user = 0; user < 300; ++user) {
    be_a_user(store, clock, "user " + std::to_string(thread) + "/" + std::to_string(user), user % 8, seen);
    if (user % 20 == 19) swept += store.sweep(++clock);
  }
}

/// A handle that a request holds shows the same session after it was closed and swept.
bool a_handle_outlives_its_session() {
  session_store store(10);
  const std::string id = store.open("ada", 0);
  const auto held = store.find(id, 9);
  const bool renewed = store.renew(id, 9) && store.find(id, 18) && !store.find(id, 19);
  const bool gone = !store.renew(id, 19) && store.sweep(19) == 1 && !store.close(id) && store.size() == 0;
  return renewed && gone && held && held->user == "ada" && held->expires == 10;
}

}  // namespace

int main() {
  session_store store(30);
  std::atomic<instant> clock{0};
  std::atomic<std::size_t> swept{0};
  tally seen;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] { serve(store, clock, thread, swept, seen); });
  for (std::thread& each : threads) each.join();
  const std::size_t open = store.size();
  swept += store.sweep(clock.load() + 30);

  std::printf("opened %zu, served %zu requests, closed %zu, expired %zu (%zu of them at the end)\n", seen.opened.load(),
              seen.served.load(), seen.closed.load(), swept.load(), open);
  const bool good = seen.foreign == 0 && store.size() == 0 && seen.opened == seen.closed + swept && seen.served > 0;
  std::printf("%s\n", good ? "every session was opened once and ended once" : "sessions were lost or mixed up");
  return good && a_handle_outlives_its_session() ? 0 : 1;
}
