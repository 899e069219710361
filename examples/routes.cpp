// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A routing table that is loaded anew, whole, while requests are routed.
//
//   loader ── make_map, fill, replace("routes") ──► registry ◄── follow("routes") ── requests
//                                                      │
//                         the old table lives until the last request that holds it is through
//
// 1. A table is filled before anybody sees it: a request finds all of its routes, or all of the next one's.
// 2. Several look-ups that must be about one table take one handle (hold).
// 3. Names and types are checked: "routes" asked for as another type is an error that names both.
#include <atomic>
#include <cstdio>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/map_registry.hpp>

namespace {

using route_table = portolan::concurrent_map<std::string, int>;  // path → the edition of the backend

constexpr int paths = 50, editions = 1'000;

std::string path(int number) { return "/service/" + std::to_string(number); }

/// All paths of one edition.
portolan::map_handle<route_table> table_of(int edition) {
  auto table = portolan::make_map<route_table>();
  for (int i = 0; i < paths; ++i) table->insert(path(i), edition);
  return table;
}

/// Routes until told to stop: two look-ups in one table must be of one edition, and no edition comes back.
void route(portolan::map_registry& registry, const std::atomic<bool>& over, std::atomic<int>& faults) {
  auto routes = registry.follow<route_table>("routes");
  for (int request = 0, newest = 0; !over; ++request) {
    const auto held = routes.hold();
    const int first = held->find(path(request % paths)).value_or(-1);
    const int second = held->find(path((request + 1) % paths)).value_or(-1);
    if (first != second || first < newest) ++faults;
    newest = first;
  }
}

bool another_type_is_refused(portolan::map_registry& registry) {
  try {
    static_cast<void>(registry.get<portolan::concurrent_map<int, int>>("routes"));
    return false;
  } catch (const portolan::registry_error& said) {
    std::printf("asked for another type: %s\n", said.what());
    return true;
  }
}

}  // namespace

int main() {
  portolan::map_registry registry;
  registry.replace("routes", table_of(0));
  const auto first_edition = registry.get<route_table>("routes");

  std::atomic<bool> over{false};
  std::atomic<int> faults{0};
  std::latch start(4);
  std::vector<std::thread> requests;
  for (int i = 0; i < 3; ++i) {
    requests.emplace_back([&] {
      start.arrive_and_wait();
      route(registry, over, faults);
    });
  }
  start.arrive_and_wait();
  for (int edition = 1; edition <= editions; ++edition) registry.replace("routes", table_of(edition));
  over = true;
  for (std::thread& each : requests) each.join();

  const int now = registry.get<route_table>("routes")->find(path(0)).value_or(-1);
  std::printf("edition %d after %d replacements, %d requests met a table that was not whole\n", now, editions,
              faults.load());
  const bool old_one_lives = first_edition->find(path(0)) == 0 && first_edition->size() == paths;
  return now == editions && faults == 0 && old_one_lives && another_type_is_refused(registry) ? 0 : 1;
}
