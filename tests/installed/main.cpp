// Counts words from two threads, reads the counts back and prints them: what a first program with Portolan does.
#include <cstdio>
#include <string>
#include <thread>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

int main() {
  portolan::concurrent_map<std::string, int> counts;
  auto count = [&] {
    for (const char* word : {"sea", "chart", "sea"}) {
      counts.compute(std::string(word), [](const int* now) { return now == nullptr ? 1 : *now + 1; });
    }
  };
  std::thread other(count);
  count();
  other.join();

  portolan::sync_map<int, int> squares;
  squares.insert(7, 49);
  portolan::snapshot_map<int, int> settings;
  settings.insert(1, 2);

  const auto sea = counts.find("sea");
  const auto square = squares.find(7);
  const auto setting = settings.find(1);
  std::printf("sea %d, 7 * 7 = %d, setting %d\n", sea ? *sea : -1, square ? *square : -1, setting ? *setting : -1);
  return sea && *sea == 4 && square && *square == 49 && setting && *setting == 2 ? 0 : 1;
}
