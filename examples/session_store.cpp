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

/// What all threads together found; `cut_off`: a session that was gone before its time.
struct tally {
  std::atomic<std::size_t> opened{0}, served{0}, renewed{0}, closed{0}, swept{0}, foreign{0}, cut_off{0};
};

constexpr instant lifetime = 5;

struct user {
  std::string name, id;
  instant good_until = 0;

  /// One request: is shown the session, works a little, renews it or logs out.
  void visit(session_store& store, const std::atomic<instant>& clock, int number, tally& seen) {
    const instant now = clock.load();
    if (id.empty()) {
      id = store.open(name, now);
      good_until = now + lifetime;
      ++seen.opened;
    }
    const auto held = store.find(id, now);
    if (!held) {
      if (clock.load() < good_until) ++seen.cut_off;
      return id.clear();  // expired: logs in again next time
    }
    ++seen.served;
    std::this_thread::yield();  // here others sweep, and the clock goes on
    if (number % 3 != 0 && store.renew(id, now)) {
      good_until = now + lifetime;
      ++seen.renewed;
    }
    if (held->user != name) ++seen.foreign;  // the handle shows the session that this request began with
    if (number % 41 == 0) {
      if (store.close(id)) ++seen.closed;
      id.clear();
    }
  }
};

void serve(session_store& store, std::atomic<instant>& clock, int thread, tally& seen) {
  std::vector<user> users(40);
  for (std::size_t i = 0; i < users.size(); ++i) users[i].name = std::to_string(thread) + "/" + std::to_string(i);
  for (int number = 0; number < 10'000; ++number) {
    users[static_cast<std::size_t>(number * 7) % users.size()].visit(store, clock, number, seen);
    if (number % 25 == 24) seen.swept += store.sweep(++clock);
  }
}

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
  session_store store(lifetime);
  std::atomic<instant> clock{0};
  tally seen;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) threads.emplace_back([&, thread] { serve(store, clock, thread, seen); });
  for (std::thread& each : threads) each.join();
  seen.swept += store.sweep(clock.load() + lifetime);

  std::printf("opened %zu, served %zu requests, renewed %zu, closed %zu, expired %zu\n", seen.opened.load(),
              seen.served.load(), seen.renewed.load(), seen.closed.load(), seen.swept.load());
  std::printf("cut off before their time %zu, shown to a foreign user %zu, left %zu\n", seen.cut_off.load(),
              seen.foreign.load(), store.size());
  const bool good = seen.foreign + seen.cut_off + store.size() == 0 && seen.opened == seen.closed + seen.swept;
  return good && a_handle_outlives_its_session() ? 0 : 1;
}
