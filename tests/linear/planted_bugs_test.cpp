// Maps with a bug each, planted between a right map and its callers: the checker must find every one.
//
// Method: the bug strikes once in some hundreds of calls, or only when two calls meet; the run is a small one of a family.
#include <atomic>
#include <mutex>

#include <gtest/gtest.h>

#include "scenarios.hpp"
#include "tests/promises/threads.hpp"
#include "tests/support/scale.hpp"

namespace linear {
namespace {

using portolan::prove::check_limits;
using portolan::prove::violation;
using promises::answer;

/// A right map, of which each test overrides a word.
class faulty : public numbered_map {
 public:
  using number = std::uint64_t;
  [[nodiscard]] promises::lacking lacks() const override { return map_->lacks(); }
  answer find(number key) const override { return map_->find(key); }
  bool contains(number key) const override { return map_->contains(key); }
  answer visit(number key) const override { return map_->visit(key); }
  bool insert(number key, number value) override { return map_->insert(key, value); }
  bool try_emplace(number key, number value) override { return map_->try_emplace(key, value); }
  portolan::assignment insert_or_assign(number key, number value) override {
    return map_->insert_or_assign(key, value);
  }
  answer exchange(number key, number value) override { return map_->exchange(key, value); }
  answer extract(number key) override { return map_->extract(key); }
  bool erase(number key) override { return map_->erase(key); }
  std::size_t erase_if(const std::function<bool(number)>& goes) override { return map_->erase_if(goes); }
  portolan::comparison compare_exchange(number key, number expected, number desired) override {
    return map_->compare_exchange(key, expected, desired);
  }
  portolan::comparison compare_erase(number key, number expected) override {
    return map_->compare_erase(key, expected);
  }
  portolan::computed compute(number key, promises::wish wanted) override { return map_->compute(key, wanted); }
  answer load_or_compute(number key, const std::function<answer()>& make) override {
    return map_->load_or_compute(key, make);
  }
  void for_each(const std::function<bool(number)>& show) const override { map_->for_each(show); }
  void walk(const std::function<void(number, number)>& show) const override { map_->walk(show); }
  std::size_t size() const override { return map_->size(); }
  bool empty() const override { return map_->empty(); }
  void clear() override { map_->clear(); }
  void reserve(std::size_t entries) override { map_->reserve(entries); }

 protected:
  /// Once in `period` calls.
  bool strikes(unsigned period = 300) const {
    return calls_.fetch_add(1, std::memory_order_relaxed) % period == period - 1;
  }
  std::unique_ptr<numbered_map> map_ = promises::make_numbered<promises::subject<promises::concurrent>>();

 private:
  mutable std::atomic<unsigned> calls_{0};
};

/// Runs a bug under a family until it is found and shown small: threads meet where the machine lets them, and what they
/// did may be too entangled for the effort that shrinking is given. Under a sanitizer they meet seldom and in a tangle, and
/// minutes went by: there it is to be found, elsewhere to be small as well.
template <class Bug>
violation found(std::size_t family, std::uint64_t operations = 100'000) {
  operations /= support::sanitized ? 10 : 1;
  constexpr int most_tries = 50;
  constexpr std::size_t small = support::sanitized ? SIZE_MAX : 40;  // operations
  outcome seen;
  const auto is_told = [&] {
    return seen.worst.is == portolan::prove::verdict::answer::violated &&
           (seen.worst.violations.empty() || seen.worst.violations[0].core.size() <= small);
  };
  for (int at = 0; at < most_tries && !is_told(); ++at) {
    seen = run(
        scenarios(false)[family], [] { return std::make_unique<Bug>(); }, operations);
  }
  EXPECT_EQ(seen.worst.is, portolan::prove::verdict::answer::violated) << "not found in " << seen.operations;
  if (seen.worst.violations.empty()) return {};
  EXPECT_LE(seen.worst.violations[0].core.size(), small) << seen.worst.text();
  return seen.worst.violations[0];
}

constexpr std::size_t oversubscribed = 0, growing = 1, shrinking = 2, hot_key = 3, reinserting = 5, one_reader = 6;

TEST(planted, the_map_without_a_bug_is_right) {
  for (std::size_t family = 0; family < 8; ++family) {
    EXPECT_TRUE(run(
                    scenarios(false)[family], [] { return std::make_unique<faulty>(); }, 20'000)
                    .worst.ok());
  }
}

struct tells_a_value_of_before : faulty {
  answer find(number key) const override {
    const answer now = map_->find(key);
    if (!now || !strikes()) return now;
    const std::lock_guard held(mutex);
    return std::exchange(old[key % 64], now);
  }
  mutable std::mutex mutex;
  mutable answer old[64];
};
TEST(planted, a_stale_find) { found<tells_a_value_of_before>(one_reader); }

struct loses_an_erase : faulty {
  bool erase(number key) override { return strikes() ? map_->contains(key) : map_->erase(key); }
};
TEST(planted, a_lost_erase) { found<loses_an_erase>(shrinking); }

struct inserts_twice : faulty {
  bool insert(number key, number value) override { return map_->insert(key, value) || strikes(); }
};
TEST(planted, two_inserts_of_one_key_both_new) { found<inserts_twice>(reinserting); }

struct loses_an_insert : faulty {
  bool insert(number key, number value) override { return strikes() ? !map_->contains(key) : map_->insert(key, value); }
};
TEST(planted, a_lost_insert) { found<loses_an_insert>(growing); }

struct loses_an_update : faulty {
  portolan::assignment insert_or_assign(number key, number value) override {
    if (strikes() && map_->contains(key)) return portolan::assignment::assigned;
    return map_->insert_or_assign(key, value);
  }
};
TEST(planted, a_lost_update) { found<loses_an_update>(hot_key); }

struct misses_an_entry : faulty {
  answer find(number key) const override { return strikes() ? answer() : map_->find(key); }
};
TEST(planted, an_entry_not_found) { found<misses_an_entry>(oversubscribed); }

/// Asks and acts: right alone, wrong where two callers meet.
struct asks_and_acts : faulty {
  answer exchange(number key, number value) override {
    const answer now = map_->find(key);
    std::this_thread::yield();
    map_->insert_or_assign(key, value);
    return now;
  }
};
TEST(planted, an_exchange_in_two_steps) { found<asks_and_acts>(hot_key); }

/// An entry that comes back for an instant while it is moved.
struct blinks : faulty {
  portolan::assignment insert_or_assign(number key, number value) override {
    const bool there = strikes() && map_->erase(key);
    if (there) std::this_thread::yield();
    const auto how = map_->insert_or_assign(key, value);
    return there ? portolan::assignment::assigned : how;
  }
};
TEST(planted, a_replacement_that_is_away_for_an_instant) { found<blinks>(hot_key, 1'000'000); }

struct leaves_one_out : faulty {
  void walk(const std::function<void(number, number)>& show) const override {
    bool first = true;
    map_->walk([&](number key, number value) {
      if (!std::exchange(first, false)) show(key, value);
    });
  }
};
TEST(planted, a_listing_that_leaves_one_out) { found<leaves_one_out>(oversubscribed); }

struct shows_one_twice : faulty {
  void walk(const std::function<void(number, number)>& show) const override {
    bool first = true;
    map_->walk([&](number key, number value) {
      show(key, value);
      if (std::exchange(first, false)) show(key, value);
    });
  }
};
TEST(planted, a_listing_that_shows_one_twice) {
  EXPECT_EQ(found<shows_one_twice>(oversubscribed).what, violation::kind::listed_twice);
}

struct miscounts : faulty {
  std::size_t size() const override { return map_->size() + 50; }
};
TEST(planted, a_size_that_never_was) { EXPECT_EQ(found<miscounts>(one_reader).what, violation::kind::size); }

struct clears_half : faulty {
  void clear() override {
    map_->walk([&](number key, number) {
      if (key % 2 == 0) map_->erase(key);
    });
  }
};
TEST(planted, a_clear_that_leaves_half) { found<clears_half>(shrinking); }

}  // namespace
}  // namespace linear
