// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A rate limiter: each client has a bucket of tokens, each request takes one, the bucket fills with time.
//
//   allow(client, now) ─► compute(client): refill for the time that passed ─► take one, or refuse
//
// 1. Refilling and taking are one step of compute: two requests never take the same token.
// 2. A client that was never seen has a full bucket. So a bucket that is full again may leave the map: forgetting it
//    changes no answer, and the map holds only who came lately.
// 3. Tokens are counted in thousandths, times in milliseconds: all of it is exact.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <latch>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <portolan/map/concurrent_map.hpp>

namespace {

class rate_limiter {
 public:
  rate_limiter(std::int64_t per_second, std::int64_t burst) : per_second_(per_second), full_(burst * token) {}

  /// Whether `client` may have one more request at `now_ms`.
  bool allow(std::string_view client, std::int64_t now_ms) {
    bool allowed = false;
    buckets_.compute(client, [&](const bucket* seen) {
      bucket next = seen == nullptr ? bucket{full_, now_ms} : refilled(*seen, now_ms);
      allowed = next.thousandths >= token;  // said anew by each run: compute may call this again
      if (allowed) next.thousandths -= token;
      return next;
    });
    return allowed;
  }

  /// Removes the buckets that are full again; run it now and then. Returns how many it removed.
  std::size_t forget_idle(std::int64_t now_ms) {
    return buckets_.erase_if(
        [&](const std::string&, const bucket& each) { return refilled(each, now_ms).thousandths == full_; });
  }

  [[nodiscard]] std::size_t clients() const { return buckets_.size(); }

 private:
  static constexpr std::int64_t token = 1000;

  struct bucket {
    std::int64_t thousandths = 0;
    std::int64_t at_ms = 0;
  };

  /// One token a second is one thousandth a millisecond. A request that read the clock late takes nothing back.
  [[nodiscard]] bucket refilled(const bucket& seen, std::int64_t now_ms) const {
    const std::int64_t passed_ms = std::max<std::int64_t>(0, now_ms - seen.at_ms);
    return {std::min(full_, seen.thousandths + passed_ms * per_second_), std::max(seen.at_ms, now_ms)};
  }

  std::int64_t per_second_;
  std::int64_t full_;
  portolan::concurrent_map<std::string, bucket> buckets_{{.name = "buckets"}};
};

constexpr std::int64_t per_second = 50, burst = 3'000;
constexpr int threads = 4, clients = 3, requests = 2'000;

/// All threads ask for all clients at one instant; returns how many requests of each client were allowed.
std::vector<std::int64_t> storm(rate_limiter& limiter, std::int64_t now_ms) {
  std::vector<std::atomic<std::int64_t>> allowed(clients);
  std::latch start(threads);
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      start.arrive_and_wait();
      for (int request = 0; request < requests; ++request) {
        for (std::size_t client = 0; client < clients; ++client) {
          if (limiter.allow("client " + std::to_string(client), now_ms)) ++allowed[client];
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  return {allowed.begin(), allowed.end()};
}

bool all_are(const std::vector<std::int64_t>& allowed, std::int64_t expected) {
  return std::all_of(allowed.begin(), allowed.end(), [&](std::int64_t each) { return each == expected; });
}

}  // namespace

int main() {
  rate_limiter limiter(per_second, burst);
  struct wave {
    std::int64_t at_ms, expected;
    const char* why;
  };
  const wave waves[] = {{1'000, burst, "a full bucket"},
                        {1'100, 5, "a tenth of a second later: 5 tokens"},
                        {1'119, 0, "19 ms later: not yet a whole one"},
                        {1'120, 1, "1 ms later: the 19 ms were not forgotten"},
                        {1'000, 0, "a thread whose clock is late gets nothing"},
                        {1'140, 1, "and takes back no time that was paid out"},
                        {99'000, burst, "long after: a full bucket and no more"}};
  bool good = true;
  for (const auto& [at_ms, expected, why] : waves) {
    const auto allowed = storm(limiter, at_ms);
    std::printf("at %5lld ms %4lld of %d requests a client: %s\n", static_cast<long long>(at_ms),
                static_cast<long long>(allowed[0]), threads * requests, why);
    good = good && all_are(allowed, expected);
  }
  good = good && limiter.forget_idle(99'001) == 0 && limiter.clients() == clients;
  good = good && limiter.forget_idle(159'000) == clients && limiter.clients() == 0;
  std::printf("%s\n",
              good ? "each token was spent once, idle clients are forgotten" : "tokens were lost or spent twice");
  return good ? 0 : 1;
}
