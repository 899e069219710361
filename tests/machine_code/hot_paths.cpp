// The operations whose machine code the house looks at (tests/house/checks/machine_code.py): what users wait for must
// hold no fence and no locked instruction where they read, and the compare-and-swap it is built on where they write.
#include <cstdint>
#include <string>
#include <string_view>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/lock_free_map.hpp>

using numbers = portolan::concurrent_map<std::uint64_t, std::uint64_t>;
using texts = portolan::concurrent_map<std::string, std::uint64_t>;
using chains = portolan::lock_free_map<std::uint64_t, std::uint64_t>;

extern "C" {

// branches: 9, answer_unforeseen 1
// reader
std::uint64_t find_number(const numbers& map, std::uint64_t key) { return map.find(key).value_or(0); }

// branches: 9, answer_unforeseen 1
// reader
bool contains_number(const numbers& map, std::uint64_t key) { return map.contains(key); }

// reader
std::uint64_t find_text(const texts& map, const std::string& key) { return map.find(key).value_or(0); }

// reader
bool contains_text(const texts& map, std::string_view key) { return map.contains(key); }

// reader
std::uint64_t find_in_lists(const chains& map, std::uint64_t key) { return map.find(key).value_or(0); }

// writer: cmpxchg
bool insert_number(numbers& map, std::uint64_t key, std::uint64_t value) { return map.insert(key, value); }

// writer: cmpxchg16b alone
bool erase_number(numbers& map, std::uint64_t key) { return map.erase(key); }

// writer: cmpxchg16b alone
void add_to_number(numbers& map, std::uint64_t key) {
  map.compute(key, [](const std::uint64_t* now) { return portolan::assign(now == nullptr ? 1 : *now + 1); });
}

// writer: cmpxchg16b alone
bool replace_number(numbers& map, std::uint64_t key, std::uint64_t old) {
  return map.compare_exchange(key, old, old + 1) == portolan::comparison::matched;
}

// writer: cmpxchg
bool insert_in_lists(chains& map, std::uint64_t key, std::uint64_t value) { return map.insert(key, value); }

}  // extern "C"
