// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A program with the component history: records a map of its own and has the history checked.
#include <cstdio>
#include <map>
#include <optional>

#include <portolan/prove/history_recorder.hpp>
#include <portolan/prove/linearize.hpp>

namespace {

struct own_map {
  bool insert(int key, int value) { return entries.emplace(key, value).second; }
  bool erase(int key) { return entries.erase(key) == 1; }
  [[nodiscard]] std::optional<int> find(int key) const {
    const auto at = entries.find(key);
    return at == entries.end() ? std::nullopt : std::optional(at->second);
  }
  std::map<int, int> entries;
};

}  // namespace

int main() {
  using namespace portolan::prove;
  own_map map;
  recorder notes(1);
  notes.of(0).insert(map, 7, 49);
  notes.of(0).find(map, 7);
  notes.of(0).erase(map, 7);
  const verdict seen = check_linearizable(notes.take());
  std::fputs(seen.text().c_str(), stdout);
  return seen.ok() ? 0 : 1;
}
