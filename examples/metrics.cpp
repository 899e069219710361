// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Metrics of a service: every request adds to a few totals, a reporter prints and takes them now and then.
//
//   request ─► requests.record("GET /chart")          ┐ into a shard of the thread's own
//   request ─► latency.record("GET /chart", 130)      ┘
//   reporter ─ drain() ─► each total once, to be added up where the reports go
//   dashboard ─ find("GET /chart") ─► what was added since the last report
//
// 1. Additions add: nothing is overwritten, and no thread waits for another to count.
// 2. drain takes and begins anew in one step: each addition is in exactly one report.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/monoid.hpp>

namespace {

using portolan::aggregate_map;
namespace aggregate = portolan::aggregate;

using latency_histogram = aggregate::histogram_at<50, 100, 200, 500, 1000>;  // microseconds

class metrics {
 public:
  using latencies = latency_histogram::value_type;

  void served(std::string_view route, std::uint64_t microseconds) {
    requests_.record(route);
    latency_.record(route, microseconds);
  }

  /// What was served since the last report.
  [[nodiscard]] std::uint64_t requests(std::string_view route) const { return requests_.find(route).value_or(0); }

  struct report {
    std::vector<std::pair<std::string, std::uint64_t>> requests;
    std::vector<std::pair<std::string, latencies>> latency;
  };

  /// Takes all totals; what is served from now on is in the next report.
  [[nodiscard]] report take_report() { return {requests_.drain(), latency_.drain()}; }

 private:
  aggregate_map<std::string, aggregate::count> requests_{{.name = "requests"}};
  aggregate_map<std::string, latency_histogram> latency_{{.name = "latency"}};
};

/// Where reports go: adds them up, as a database of metrics does.
struct archive {
  std::map<std::string, std::uint64_t> requests;
  std::map<std::string, metrics::latencies> latency;

  void add(const metrics::report& each) {
    for (const auto& [route, count] : each.requests) requests[route] += count;
    for (const auto& [route, counts] : each.latency) latency_histogram::combine(latency[route], counts);
  }
};

constexpr std::string_view routes[] = {"GET /chart", "GET /tile", "POST /position"};
constexpr int threads = 4, requests_each = 20'000;

/// Some requests are slow; the same ones in every run.
constexpr std::uint64_t microseconds_of(int request) {
  return request % 100 == 99 ? 900 : 40 + static_cast<std::uint64_t>(request % 50);
}
constexpr std::size_t route_of(int request) { return request % 10 < 7 ? 0 : request % 10 < 9 ? 1 : 2; }

/// What one thread alone would have counted.
archive expected() {
  archive sums;
  for (int request = 0; request < requests_each; ++request) {
    const std::string route(routes[route_of(request)]);
    sums.requests[route] += threads;
    for (int thread = 0; thread < threads; ++thread) {
      latency_histogram::record(sums.latency[route], microseconds_of(request));
    }
  }
  return sums;
}

}  // namespace

int main() {
  metrics live;
  std::atomic<bool> over{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (int request = 0; request < requests_each; ++request) {
        live.served(routes[route_of(request)], microseconds_of(request));
      }
    });
  }
  archive reported;
  std::thread reporter([&] {
    while (!over) {
      reported.add(live.take_report());
      std::this_thread::yield();
    }
  });
  for (std::thread& worker : workers) worker.join();
  over = true;
  reporter.join();
  reported.add(live.take_report());

  std::printf("%-15s %9s %14s %14s\n", "route", "requests", "p50 up to us", "p99 up to us");
  for (const auto& [route, count] : reported.requests) {
    const auto& counts = reported.latency[route];
    std::printf("%-15s %9llu %14llu %14llu\n", route.c_str(), static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(latency_histogram::quantile_bound(counts, 0.5)),
                static_cast<unsigned long long>(latency_histogram::quantile_bound(counts, 0.99)));
  }
  const archive sums = expected();
  const bool good =
      reported.requests == sums.requests && reported.latency == sums.latency && live.requests(routes[0]) == 0;
  std::printf("%s\n", good ? "every request is in exactly one report" : "requests were lost or counted twice");
  return good ? 0 : 1;
}
