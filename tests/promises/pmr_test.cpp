// Promise: a map of portolan::pmr takes tables, nodes and entries from its resource, and gives all of it back; values that
// take an allocator get the resource, too. From elsewhere comes what does not grow with the entries.
//
// Method: a resource that counts; the default resource fails every allocation, and operator new is counted, so that
// memory from elsewhere shows.
#include <atomic>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string>

#include <portolan/map/pmr.hpp>

#include "family.hpp"

namespace {
std::atomic<long> bytes_of_new{0};
}

// The sanitizers have an operator new of their own.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define PORTOLAN_TEST_SANITIZED 1
#endif
#endif
#if !defined(PORTOLAN_TEST_SANITIZED) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  bytes_of_new += static_cast<long>(size);
  return block;
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  void* block = nullptr;
  const auto wanted = static_cast<std::size_t>(alignment);
  if (posix_memalign(&block, wanted < sizeof(void*) ? sizeof(void*) : wanted, size) != 0) throw std::bad_alloc();
  bytes_of_new += static_cast<long>(size);
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
#endif

namespace promises {
namespace {

/// Takes memory from malloc, so that operator new counts only what goes past the resource. The timer's thread, which
/// frees what readers have left, uses it too.
class counting : public std::pmr::memory_resource {
 public:
  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> most{0};

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* block = nullptr;
    if (posix_memalign(&block, alignment < sizeof(void*) ? sizeof(void*) : alignment, bytes) != 0)
      throw std::bad_alloc();
    const std::size_t now = held += bytes;
    for (std::size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
    return block;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t) override {
    held -= bytes;
    std::free(block);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

template <class Map>
class memory_of : public testing::Test {};
template <class K, class V>
using all_maps = testing::Types<portolan::pmr::concurrent_map<K, V>, portolan::pmr::sync_map<K, V>,
                                portolan::pmr::snapshot_map<K, V>, portolan::pmr::plain_map<K, V>,
                                portolan::pmr::guarded_map<K, V>, portolan::pmr::sharded_map<K, V>>;
using pmr_maps = join<all_maps<int, int>, all_maps<std::pmr::string, std::pmr::string>>;
TYPED_TEST_SUITE(memory_of, pmr_maps);

template <class T>
T made(int number) {
  if constexpr (std::is_same_v<T, int>) {
    return number;
  } else {
    // From new_delete_resource by name: the default one fails here.
    return T("so long that it lies outside the string: " + std::to_string(number), std::pmr::new_delete_resource());
  }
}

TYPED_TEST(memory_of, entries_is_the_resource_of_the_map) {
  using key = typename TypeParam::key_type;
  using value = typename TypeParam::mapped_type;
  counting resource;
  {
    TypeParam map(&resource);
    constexpr int entries = 2'000;
    std::vector<std::pair<key, value>> wanted;
    for (int i = 0; i < entries; ++i) wanted.emplace_back(made<key>(i), made<value>(i));
    std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
    const long elsewhere = bytes_of_new;
    if constexpr (requires { typename TypeParam::draft; }) {
      map.update([&](auto& next) {
        for (const auto& entry : wanted) next.insert(entry.first, entry.second);
      });
    } else {
      for (const auto& entry : wanted) map.insert(entry.first, entry.second);
    }
    std::printf("%ld bytes from elsewhere, %zu from the resource\n", bytes_of_new - elsewhere, resource.held.load());
    EXPECT_LT(bytes_of_new - elsewhere, 24 * 1024) << "more than locks and bookkeeping";
    EXPECT_EQ(map.size(), static_cast<std::size_t>(entries));
    EXPECT_GE(resource.held.load(), entries * (sizeof(key) + sizeof(value)));
    std::pmr::set_default_resource(before);
    if constexpr (!std::is_same_v<value, int>) {
      EXPECT_GE(resource.held.load(), entries * (sizeof(key) + sizeof(value)) + 2 * entries * 40)
          << "the strings' characters";
    }
    for (int i = 0; i < entries; ++i) ASSERT_TRUE(map.contains(wanted[static_cast<std::size_t>(i)].first));
  }
  EXPECT_EQ(resource.held.load(), 0U);
}

}  // namespace
}  // namespace promises
