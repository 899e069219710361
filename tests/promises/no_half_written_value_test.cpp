// Promise: a reader never sees a half-written value.
//
// Method: writers put whole values over a few keys by every operation that writes (assign, compute, exchange,
// compare_exchange, erase and insert again) while readers look by every operation that reads. Every word of a
// value says the same number; `number_of` fails the test where two words differ.
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr std::uint64_t few_keys = 8;

template <class Subject>
class no_half_written_value : public testing::Test {
 protected:
  using map = typename Subject::map;
  using value = typename Subject::value;

  static void write(map& shared, chance& random, std::uint64_t number) {
    const auto at = Subject::key_of(random.below(few_keys));
    switch (random.below(5)) {
      case 0: shared.insert_or_assign(at, Subject::value_of(number)); return;
      case 1:
        if constexpr (offers_compute<map>) shared.compute(at, [&](const value*) { return Subject::value_of(number); });
        return;
      case 2:
        if constexpr (offers_exchange<map>) {
          if (const auto previous = shared.exchange(at, Subject::value_of(number))) Subject::number_of(*previous);
        }
        return;
      case 3:
        if constexpr (offers_compare_exchange<map>) {
          if (const auto now = number_at<Subject>(shared, at)) {
            shared.compare_exchange(at, Subject::value_of(*now), Subject::value_of(number));
          }
        }
        return;
      case 4:
        shared.erase(at);
        shared.insert(at, Subject::value_of(number));
        return;
    }
  }

  static std::uint64_t read(const map& shared, chance& random) {
    std::uint64_t seen = 0;
    const auto at = Subject::key_of(random.below(few_keys));
    if (number_at<Subject>(shared, at)) ++seen;
    if constexpr (offers_visit<map>) {
      shared.visit(at, [&](const value& shown) {
        Subject::number_of(shown);
        ++seen;
      });
    }
    if constexpr (offers_for_each<map>) {
      if (random.below(16) == 0) shared.for_each([&](const auto&, const value& shown) { Subject::number_of(shown); });
    }
    return seen;
  }
};

using read_while_written =
    where<can_find, join<subjects<shared_families, number, two_words>, subjects<shared_families, number, big>,
                         subjects<families_by_kind, text, text>>>;
TYPED_TEST_SUITE(no_half_written_value, read_while_written, subject_names);

TYPED_TEST(no_half_written_value, is_ever_seen_by_a_reader) {
  typename TypeParam::map shared;
  for (std::uint64_t i = 0; i < few_keys; ++i) shared.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  constexpr int writers = 2;
  constexpr int readers = 2;
  std::atomic<int> writing{writers};
  std::atomic<std::uint64_t> seen{0};
  together(writers + readers, [&](int thread) {
    chance random(static_cast<std::uint64_t>(thread));
    if (thread < writers) {
      const int writes = support::scaled(20'000);
      for (int i = 0; i < writes; ++i) this->write(shared, random, random.below(1'000'000));
      --writing;
    } else {
      std::uint64_t mine = 0;
      do mine += this->read(shared, random);
      while (writing.load() != 0 && !testing::Test::HasFailure());
      seen += mine;
    }
  });
  EXPECT_GT(seen.load(), 0U);
}

}  // namespace
}  // namespace promises
