// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A configuration that is replaced while requests are served.
//
//   a file, a watch ─► load(version, entries)   refused if the version is not newer
//   an operator     ─► change(f)                several settings at once
//                         │ one store
//   requests ◄─ view() ◄─ snapshot_map          one whole state, for as long as the request holds it
//
// 1. A request takes one view and reads all its settings from it: they belong together.
// 2. load and change happen as a whole or not at all; a refused version is said to be refused, with the one that stands.
// 3. No update is lost: change begins with what the writer before it published.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <latch>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/map/snapshot_map.hpp>

namespace {

using settings = std::map<std::string, std::string>;

int number(const std::optional<std::string>& text) {
  int value = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

class configuration {
 public:
  using state = portolan::snapshot_map<std::string, std::string>::view_type;

  struct outcome {
    bool accepted;
    int standing;  // the version that stands after the call
  };

  /// Replaces everything by `entries`, if `version` is newer than the one that stands.
  outcome load(int version, const settings& entries) {
    return entries_.update([&](auto& next) -> outcome {
      const int standing = number(next.find("version"));
      if (version <= standing) return {false, standing};
      next.clear();
      for (const auto& [key, value] : entries) next.insert_or_assign(key, value);
      next.insert_or_assign("version", std::to_string(version));
      return {true, version};
    });
  }

  /// Lets `f` change a draft; readers see all its changes at once, or none if it throws.
  template <class F>
  void change(F&& f) {
    entries_.update(std::forward<F>(f));
  }

  [[nodiscard]] state view() const { return entries_.view(); }

 private:
  portolan::snapshot_map<std::string, std::string> entries_{{.name = "configuration"}};
};

/// The settings of one version: any two of them tell which.
settings of_version(int version) {
  const std::string number = std::to_string(version);
  return {{"primary", "db-" + number}, {"replica", "db-" + number + "-replica"}, {"changes", "0"}};
}

/// A request: takes one view and checks that its settings belong together.
bool is_whole(const configuration::state& now) {
  const auto primary = now.find("primary"), replica = now.find("replica"), version = now.find("version");
  if (!primary && !replica && !version) return true;  // before the first load
  return primary && replica && version && *primary == "db-" + *version && *replica == *primary + "-replica";
}

}  // namespace

int main() {
  constexpr int loaders = 2, versions = 10'000, operators = 2, changes = 5'000;
  configuration live;
  std::atomic<bool> over{false};
  std::atomic<int> torn{0}, accepted{0}, refused{0}, served{0};

  std::latch loaders_ready(loaders), operators_ready(operators);
  std::vector<std::thread> readers, writers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      do {
        torn += is_whole(live.view()) ? 0 : 1;
        ++served;
      } while (!over);
    });
  }
  for (int i = 0; i < loaders; ++i) {  // two sources deliver the same versions
    writers.emplace_back([&] {
      loaders_ready.arrive_and_wait();
      for (int version = 1; version <= versions; ++version)
        ++(live.load(version, of_version(version)).accepted ? accepted : refused);
    });
  }
  for (std::thread& writer : writers) writer.join();
  const configuration::state before = live.view();  // held while the next changes are made

  std::vector<std::thread> people;
  for (int i = 0; i < operators; ++i) {
    people.emplace_back([&] {
      operators_ready.arrive_and_wait();
      for (int change = 0; change < changes; ++change) {
        live.change(
            [](auto& next) { next.insert_or_assign("changes", std::to_string(number(next.find("changes")) + 1)); });
      }
    });
  }
  for (std::thread& person : people) person.join();
  over = true;
  for (std::thread& reader : readers) reader.join();

  const auto late = live.load(versions - 1, of_version(versions - 1));
  std::printf("%d requests, %d saw a torn state; %d versions accepted, %d refused\n", served.load(), torn.load(),
              accepted.load(), refused.load());
  std::printf("version %d came late: %s, %d stands; %d changes by hand, none lost\n", versions - 1,
              late.accepted ? "accepted" : "refused", late.standing, number(live.view().find("changes")));
  const bool good = torn == 0 && accepted == versions && accepted + refused == loaders * versions && !late.accepted &&
                    late.standing == versions && number(live.view().find("changes")) == operators * changes &&
                    number(before.find("changes")) == 0;
  return good ? 0 : 1;
}
