// versioned_map in its own words: writes against a version, events from outside in any order, remembered deletions.
//
//   model of a key:   gone ──insert, update, apply──► live {number, version} ──erase, clear──► gone
//                       ▲                                │ apply_erase         highest: no version that the map itself
//                       └──────── forget, clear ──── deleted {version} ◄┘      draws for the key may be as low
//
// 1. A write is accepted if and only if it names the version that stands there; an event if and only if it is newer than
//    what is known of the key.
// 2. A version that the map draws is one above what it replaces; of a key that is gone, above all that the key ever had,
//    and 1 as long as nothing ever left the map.
#include <array>

#include <portolan/map/versioned_map.hpp>

#include "own_words.hpp"

namespace fuzz {
namespace {

using portolan::acceptance;
using portolan::application;
using portolan::computed;
using portolan::entry_version;
using portolan::no_version;

// clang-format off
enum word : unsigned {
  find, contains, pin, visit, find_many, insert, try_emplace, update, update_stale, optimistic, erase, erase_stale, apply,
  apply_late, apply_erase, apply_erase_late, out_of_range, forget, clear, erase_if, load_or_compute, measure, list,
  shrink, reserve, word_count
};
constexpr std::array<own_word, word_count> words{{
    {"find", 4}, {"contains", 2}, {"pin", 3}, {"visit", 3}, {"find_many", 1}, {"insert", 10}, {"try_emplace", 4},
    {"update", 10}, {"update_stale", 4}, {"optimistic update", 8}, {"erase", 6}, {"erase_stale", 3}, {"apply", 10},
    {"apply_late", 5}, {"apply_erase", 8}, {"apply_erase_late", 4}, {"apply out of range", 1}, {"forget_deletions", 3},
    {"clear", 1}, {"erase_if", 1}, {"load_or_compute", 4}, {"measure", 2}, {"list", 1}, {"shrink_to_fit", 1},
    {"reserve", 1}}};

// clang-format on

constexpr std::uint64_t last_outside = ~std::uint64_t{0} >> 1;

/// What is known of one key.
struct known {
  enum class state { gone, live, deleted } is = state::gone;
  std::uint64_t number = 0;
  std::uint64_t version = 0;  // of what is live or deleted
  std::uint64_t highest = 0;  // that ever stood there

  [[nodiscard]] bool live() const noexcept { return is == state::live; }
  /// What a writer without more knowledge would name.
  [[nodiscard]] entry_version present() const noexcept { return {live() ? version : 0}; }
  void put(std::uint64_t value, std::uint64_t at) noexcept {
    is = state::live;
    number = value;
    version = at;
    if (at > highest) highest = at;
  }
  void remember_deletion(std::uint64_t at) noexcept {
    put(0, at);
    is = state::deleted;
  }
  void leave() noexcept { is = state::gone; }
};

template <class Key, class Value, template <class> class Alloc>
class versions final : public subject {
  using K = typename Key::type;
  using V = typename Value::type;
  using map_type = portolan::versioned_map<K, V, hash_of, portolan::equal<K>, Alloc<std::pair<const K, V>>>;
  using entry = portolan::versioned<V>;
  using result = portolan::update_result<V>;

 public:
  explicit versions(std::uint64_t seed) : map_(portolan::map_options{.seed = seed}) {}

  complaint turn(unsigned which, const call& wanted) override {
    switch (static_cast<word>(which)) {
      case find:
      case contains:
      case pin:
      case visit:
      case find_many: return look(static_cast<word>(which), wanted);
      case insert:
      case try_emplace:
      case update:
      case update_stale: return write(static_cast<word>(which), wanted);
      case optimistic: return decide(wanted);
      case erase:
      case erase_stale: return remove(which == erase, wanted);
      case apply:
      case apply_late: return take_over(which == apply, wanted);
      case apply_erase:
      case apply_erase_late: return take_over_deletion(which == apply_erase, wanted);
      case out_of_range: return refuse(wanted);
      case load_or_compute: return load(wanted);
      default: return whole(static_cast<word>(which), wanted);
    }
  }

  /// Of words over many keys: each is as it was, or gone. A value that was made may be stored before it is handed out.
  complaint settle(unsigned which, const call& wanted) override {
    if (which == load_or_compute) {
      known& is = at(wanted);
      const auto seen = map_.find(Key::make(wanted.key));
      if (!is.live() && seen && Value::read(seen->value) == wanted.number && put(is, wanted.number, seen->version)) {
        return "what was loaded has a version that the map may not draw";
      }
    }
    if (which != forget && which != clear && which != erase_if) return audit();
    for (auto& [key, at] : model_) {
      if (!goes_by(which, wanted, key, at)) continue;
      const auto seen = map_.find(Key::make(key));
      // A deletion cannot be looked at: an event as old as it is refused while it is remembered.
      const bool stays =
          at.live() ? seen.has_value() : map_.apply_erase(Key::make(key), {at.version}) == application::not_newer;
      if (stays) continue;
      anything_left_ = true;
      if (at.live()) at.leave();  // a deletion was brought back by the question
    }
    return audit();
  }

  complaint audit() override {
    std::size_t live = 0;
    std::size_t deleted = 0;
    for (const auto& [key, at] : model_) {
      live += at.live() ? 1 : 0;
      deleted += at.is == known::state::deleted ? 1 : 0;
      const auto seen = map_.find(Key::make(key));
      if (seen.has_value() != at.live()) return "find shows a key that is gone, or misses one";
      if (seen && (seen->version != at.present() || Value::read(seen->value) != at.number)) {
        return "find shows another value or version";
      }
    }
    if (map_.size() != live || map_.empty() != (live == 0)) return "size() is wrong";
    if (map_.deletions() != deleted) return "deletions() is wrong";
    for (const auto& [handle, number] : handles_) {
      if (handle && Value::read(handle->value) != number) return "a handle shows another value than before";
    }
    return walk(live);
  }

 private:
  known& at(const call& wanted) { return model_[wanted.key]; }
  void left(known& at) {
    at.leave();
    anything_left_ = true;
  }
  complaint walk(std::size_t live) {
    std::size_t shown = 0;
    complaint wrong;
    map_.for_each([&](const K& key, const entry& seen) {
      const known& is = model_[Key::read(key)];
      ++shown;
      if (!is.live() || seen.version != is.present() || Value::read(seen.value) != is.number) {
        wrong = "a walk shows what is not there";
      }
    });
    if (!wrong && shown != live) wrong = "a walk shows a key twice, or not at all";
    return wrong;
  }
  /// A version beside the one that stands there.
  [[nodiscard]] static entry_version beside(const known& is, const call& wanted) {
    const std::uint64_t others[] = {0, is.version + 1, is.version == 0 ? 7 : is.version - 1, is.highest + 5};
    return {others[wanted.more / 8 % 4]};
  }
  [[nodiscard]] static entry_version newer(const known& is, const call& wanted) {
    const std::uint64_t step = wanted.more % 16 == 15 ? 1ULL << 40 : 1 + wanted.more / 16;
    return {is.highest < last_outside - step ? is.highest + step : last_outside};
  }
  [[nodiscard]] static entry_version late(const known& is, const call& wanted) {
    const std::uint64_t back = wanted.more / 8 % 4;
    return {is.version > back && is.version <= last_outside ? is.version - back : 1};
  }
  static bool shows(const portolan::found<entry>& seen, const known& is) {
    return seen.has_value() == is.live() &&
           (!is.live() || (seen->version == is.present() && Value::read(seen->value) == is.number));
  }
  /// Whether the map may draw this version for the key now.
  [[nodiscard]] bool may_draw(const known& is, entry_version drawn) const {
    if (is.is != known::state::gone) return drawn.number == is.version + 1;
    return anything_left_ ? drawn.number > is.highest : drawn.number == 1;
  }

  complaint look(word which, const call& wanted) {
    const known is = at(wanted);
    const K key = Key::make(wanted.key);
    if (which == find) return unless(shows(ask([&] { return map_.find(key); }), is), "find shows another state");
    if (which == contains) {
      return unless(ask([&] { return map_.contains(key); }) == is.live(), "contains says otherwise");
    }
    if (which == pin) {
      auto& [handle, number] = handles_[wanted.number % handles_.size()];
      auto held = ask([&] { return map_.pin(key); });
      if (static_cast<bool>(held) != is.live()) return "pin shows another state";
      if (held && (held->version != is.present() || Value::read(held->value) != is.number)) return "pin shows another";
      handle = std::move(held);
      number = is.number;
      return {};
    }
    if (which == visit) {
      bool right = true;
      const bool there = ask([&] {
        return map_.visit(key, [&](const entry& seen) {
          faults::point();
          right = seen.version == is.present() && Value::read(seen) == is.number;
        });
      });
      return unless(there == is.live() && right, "visit shows another state");
    }
    std::vector<K> keys;
    for (std::uint32_t i = 0; i < wanted.count(); ++i) keys.push_back(Key::make(wanted.key_of(i)));
    const auto all = ask([&] { return map_.find(std::span<const K>(keys)); });
    for (std::uint32_t i = 0; i < wanted.count(); ++i) {
      if (!shows(all[i], model_[wanted.key_of(i)])) return "find of many shows another state";
    }
    return {};
  }

  complaint write(word which, const call& wanted) {
    known& is = at(wanted);
    const entry_version expected = which == update         ? is.present()
                                   : which == update_stale ? beside(is, wanted)
                                                           : no_version;
    const K key = Key::make(wanted.key);
    const result said = ask([&]() -> result {
      if (which == insert) return map_.insert(key, Value::make(wanted.number));
      if (which == try_emplace) return map_.try_emplace(key, wanted.number);
      return map_.update(key, expected, Value::make(wanted.number));
    });
    if (expected != is.present()) return refused(said, is);
    if (said.outcome != acceptance::accepted) return "a write against the present version was not accepted";
    return put(is, wanted.number, said.version);
  }
  complaint refused(const result& said, const known& is) const {
    if (!is.live())
      return unless(said.outcome == acceptance::absent, "a write against a key that is gone is not absent");
    return unless(said.outcome == acceptance::refused && said.version == is.present() && shows(said.current, is),
                  "a write against another version is not refused with what stands there");
  }
  complaint put(known& is, std::uint64_t number, entry_version drawn) {
    if (!may_draw(is, drawn)) return "the map drew version " + std::to_string(drawn.number);
    is.put(number, drawn.number);
    return {};
  }

  complaint decide(const call& wanted) {
    known& is = at(wanted);
    const unsigned way = wanted.more / 8 % 4;
    bool right = true;
    const K key = Key::make(wanted.key);
    const auto said = ask([&] {
      return map_.update(key, [&](const entry* now) -> portolan::decision<V> {
        faults::point();
        right = (now != nullptr) == is.live() && (now == nullptr || now->version == is.present());
        if (way == 0) return portolan::keep;
        if (way == 1) return portolan::erase;
        return portolan::assign(Value::make(wanted.number));
      });
    });
    if (!right) return "an optimistic update shows another state";
    if (said.retries != 0) return "an optimistic update was asked again, though nobody else is here";
    if (way >= 2) {
      if (said.outcome != (is.live() ? computed::assigned : computed::inserted)) return "it did not assign";
      return put(is, wanted.number, said.version);
    }
    const computed should = !is.live() ? computed::absent : way == 0 ? computed::kept : computed::erased;
    const bool as_it_should = said.outcome == should && said.version == is.present();
    if (should == computed::erased) left(is);
    return unless(as_it_should, "an optimistic update did another thing than its callable decided");
  }

  complaint remove(bool present, const call& wanted) {
    known& is = at(wanted);
    const entry_version expected = present ? is.present() : beside(is, wanted);
    const K key = Key::make(wanted.key);
    const result said = ask([&] { return map_.erase(key, expected); });
    if (!is.live() || expected != is.present()) return refused(said, is);
    left(is);
    return unless(said.outcome == acceptance::accepted && said.version == expected, "erase did not accept its version");
  }

  complaint take_over(bool is_new, const call& wanted) {
    known& is = at(wanted);
    const entry_version version = is_new ? newer(is, wanted) : late(is, wanted);
    const bool applies = is.is == known::state::gone || is.version < version.number;
    const K key = Key::make(wanted.key);
    const auto said = ask([&] { return map_.apply(key, Value::make(wanted.number), version); });
    if ((said == application::applied) != applies) return "apply took an older event, or not a newer one";
    if (applies) is.put(wanted.number, version.number);
    return {};
  }
  complaint take_over_deletion(bool is_new, const call& wanted) {
    known& is = at(wanted);
    const entry_version version = is_new ? newer(is, wanted) : late(is, wanted);
    const bool applies = is.is == known::state::gone || is.version < version.number;
    const K key = Key::make(wanted.key);
    const auto said = ask([&] { return map_.apply_erase(key, version); });
    if ((said == application::applied) != applies) return "apply_erase took an older event, or not a newer one";
    if (applies) is.remember_deletion(version.number);
    return {};
  }
  complaint refuse(const call& wanted) {
    const K key = Key::make(wanted.key);
    const entry_version version{wanted.more % 2 == 0 ? 0 : last_outside + 1 + wanted.number / 2};
    try {
      static_cast<void>(ask([&] { return map_.apply_erase(key, version); }));
    } catch (const portolan::error& refusal) {
      return unless(refusal.code() == portolan::errc::version_out_of_range, "the refusal has another code");
    }
    return "apply took a version that is out of range";
  }

  complaint load(const call& wanted) {
    known& is = at(wanted);
    const K key = Key::make(wanted.key);
    const bool declines = wanted.more % 16 == 9;
    const auto said = ask([&] {
      return map_.load_or_compute(key, [&]() -> std::optional<V> {
        faults::point();
        if (declines) return std::nullopt;
        return Value::make(wanted.number);
      });
    });
    if (is.live()) return unless(shows(said, is), "load_or_compute shows another state");
    if (declines) return unless(!said.has_value(), "load_or_compute has what was declined");
    if (!said || Value::read(said->value) != wanted.number) return "load_or_compute does not give what was made";
    return put(is, wanted.number, said->version);
  }

  [[nodiscard]] bool goes_by(unsigned which, const call& wanted, std::uint64_t key, const known& is) const {
    if (which == forget) return is.is == known::state::deleted && is.version <= wanted.number % 64;
    if (which == erase_if) return is.live() && goes(wanted, key);
    return is.is != known::state::gone;
  }
  complaint whole(word which, const call& wanted) {
    if (which == measure) return audit();
    if (which == list) {
      const auto all = ask([&] { return map_.snapshot(); });
      return unless(all.size() == map_.size(), "a snapshot has another size");
    }
    if (which == shrink) return static_cast<void>(ask([&] { return map_.shrink_to_fit(); })), complaint();
    if (which == reserve) return ask([&] { map_.reserve(wanted.count() * 4); }), complaint();
    std::size_t gone = 0;
    for (const auto& [key, is] : model_) gone += goes_by(which, wanted, key, is) ? 1 : 0;
    const std::size_t said = ask([&]() -> std::size_t {
      if (which == forget) return map_.forget_deletions({wanted.number % 64});
      if (which == clear) return map_.clear(), gone;
      return map_.erase_if([&](const K& key, const entry&) { return faults::point(), goes(wanted, Key::read(key)); });
    });
    for (auto& [key, is] : model_) {
      if (goes_by(which, wanted, key, is)) left(is);
    }
    return unless(said == gone, "another number of entries went");
  }

  std::unordered_map<std::uint64_t, known> model_;
  bool anything_left_ = false;
  std::array<std::pair<portolan::pinned<entry>, std::uint64_t>, 4> handles_{};
  map_type map_;
};

template <class Key, class Value, template <class> class Alloc>
std::unique_ptr<subject> make(std::uint64_t seed) {
  return std::make_unique<versions<Key, Value, Alloc>>(seed);
}

}  // namespace

std::vector<own_kind> kinds_of_versions() {
  using object = object_kind<moves::may_fail>;
  return {{"versioned_map, words", words, &make<word_kind, word_kind, std::allocator>},
          {"versioned_map, objects", words, &make<object, object, metered>}};
}

}  // namespace fuzz
