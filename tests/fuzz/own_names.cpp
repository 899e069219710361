// map_registry as a map from names to maps: made, replaced, carried over, followed, held and forgotten.
//
//   name ──► place ──► map number 7       handles and followers keep maps alive after their name has another, or none
//
// 1. Each map that is made gets a number of its own, so that one is never taken for another.
// 2. A map lives as long as its name, a handle or a follower has it; at the end none is left. (The reclaimer may keep one
//    that was replaced for a while.)
// 3. A word that threw changed no name.
#include <array>
#include <map>
#include <set>

#include <portolan/map/map_registry.hpp>

#include "own_words.hpp"

namespace fuzz {
namespace {

using portolan::errc;

enum word : unsigned {
  find,
  get,
  get_or_create,
  replace,
  replace_with,
  write,
  follow,
  current,
  hold,
  keep,
  let_go,
  other_type,
  within_itself,
  remove,
  names,
  word_count
};
constexpr std::array<own_word, word_count> words{{{"find", 6},
                                                  {"get", 4},
                                                  {"get_or_create", 10},
                                                  {"replace", 8},
                                                  {"replace_with", 6},
                                                  {"write", 6},
                                                  {"follow", 4},
                                                  {"current", 8},
                                                  {"hold", 4},
                                                  {"keep", 4},
                                                  {"let_go", 3},
                                                  {"another type", 3},
                                                  {"write within write", 2},
                                                  {"remove", 6},
                                                  {"names", 1}}};

/// What stands for a map: a number that it was made with.
struct numbered {
  explicit numbered(std::uint64_t number) : of(number) {}
  object<moves::may_fail> of;
};
struct of_another_type {};

class named_maps final : public subject {
  using handle = portolan::map_handle<numbered>;

 public:
  explicit named_maps(std::uint64_t) {}

  complaint turn(unsigned which, const call& wanted) override {
    const std::string name = name_of(wanted);
    switch (static_cast<word>(which)) {
      case find:
      case get:
      case keep: return look(static_cast<word>(which), name, wanted);
      case get_or_create:
      case replace:
      case replace_with: return put(static_cast<word>(which), name);
      case write:
      case within_itself: return write_into(which == within_itself, name);
      case follow:
      case current:
      case hold: return follow_name(static_cast<word>(which), name, wanted);
      case let_go: return forget(wanted), complaint();
      case other_type: return ask_for_another_type(name);
      case remove: return remove_name(name);
      default: return list();
    }
  }

  complaint audit() override {
    std::set<std::uint64_t> alive;
    for (const auto& [name, number] : model_) {
      alive.insert(number);
      const handle seen = registry_.find<numbered>(name);
      if (!seen || seen->of.read() != number) return "find shows another map under " + name;
    }
    for (const auto& [held, number] : handles_) {
      if (held && held->of.read() != number) return "a handle shows another map than before";
      if (held) alive.insert(number);
    }
    for (const auto& each : followers_) {
      if (each.of) alive.insert(each.last);
    }
    if (account::objects < static_cast<std::int64_t>(alive.size())) return "a map that somebody has is gone";
    return list();
  }

 private:
  struct follower {
    std::optional<portolan::registered<numbered>> of;
    std::string name;
    std::uint64_t life = 0;  // of the name, when it was followed
    std::uint64_t last = 0;  // the map that it showed last
  };

  static std::string name_of(const call& wanted) {
    return (wanted.index % 16 == 3 ? std::string(300, 'n') : std::string("n")) + std::to_string(wanted.index % 16);
  }
  [[nodiscard]] std::optional<std::uint64_t> number_of(const std::string& name) const {
    const auto at = model_.find(name);
    return at == model_.end() ? std::nullopt : std::optional(at->second);
  }
  static std::optional<std::uint64_t> number_in(const handle& seen) {
    return seen ? std::optional(seen->of.read()) : std::nullopt;
  }
  /// Whether `f` is refused with this code.
  template <class F>
  static bool refused(errc code, F f) {
    try {
      static_cast<void>(ask(f));
    } catch (const portolan::registry_error& refusal) {
      return refusal.code() == code && std::string(refusal.what()).size() > 20;
    }
    return false;
  }
  void is_there(const std::string& name, std::uint64_t number) {
    if (model_.insert_or_assign(name, number).second) ++lives_[name];
  }

  complaint look(word which, const std::string& name, const call& wanted) {
    const auto is = number_of(name);
    if (which == get && !is) {
      return unless(refused(errc::no_such_map, [&] { return registry_.get<numbered>(name); }), "get found what is not");
    }
    handle seen = ask([&] { return which == get ? registry_.get<numbered>(name) : registry_.find<numbered>(name); });
    if (number_in(seen) != is) return "find shows another map";
    if (which == keep && is) handles_[wanted.number % handles_.size()] = {std::move(seen), *is};
    return {};
  }

  complaint put(word which, const std::string& name) {
    const auto is = number_of(name);
    const std::uint64_t fresh = ++last_number_;
    if (which == replace) {
      const auto said = ask([&] { return registry_.replace(name, portolan::make_map<numbered>(fresh)); });
      is_there(name, fresh);
      return unless((said == portolan::replacement::replaced) == is.has_value(), "replace tells otherwise");
    }
    if (which == get_or_create) {
      const handle seen = ask([&] { return registry_.get_or_create<numbered>(name, fresh); });
      if (!is) is_there(name, fresh);
      return unless(number_in(seen) == is.value_or(fresh), "get_or_create shows another map");
    }
    bool right = true;
    const auto carry = [&](numbered& next, numbered& old) {
      faults::point();
      right = next.of.read() == fresh && old.of.read() == is;
    };
    if (!is) {
      return unless(refused(errc::no_such_map, [&] { return registry_.replace_with<numbered>(name, carry, fresh); }),
                    "replace_with replaced what is not");
    }
    const handle seen = ask([&] { return registry_.replace_with<numbered>(name, carry, fresh); });
    is_there(name, fresh);
    return unless(right && number_in(seen) == fresh, "replace_with shows other maps");
  }

  complaint write_into(bool within_itself, const std::string& name) {
    const auto is = number_of(name);
    bool inner_refused = true;
    const auto f = [&](numbered& map) {
      faults::point();
      if (within_itself) {
        try {
          registry_.write<numbered>(name, [](numbered&) {});
          inner_refused = false;
        } catch (const portolan::reentrant_call&) {}
      }
      return map.of.read();
    };
    if (!is)
      return unless(refused(errc::no_such_map, [&] { return registry_.write<numbered>(name, f); }), "write found");
    const std::uint64_t seen = ask([&] { return registry_.write<numbered>(name, f); });
    return unless(seen == *is && inner_refused, "write shows another map, or lets itself in twice");
  }

  complaint follow_name(word which, const std::string& name, const call& wanted) {
    follower& one = followers_[wanted.number % followers_.size()];
    if (which == follow) {
      const auto is = number_of(name);
      if (!is) {
        return unless(refused(errc::no_such_map, [&] { return registry_.follow<numbered>(name); }), "follow found");
      }
      auto fresh = ask([&] { return registry_.follow<numbered>(name); });
      if (wanted.more % 2 == 0 && one.of) {
        *one.of = fresh;
      } else {
        one.of.emplace(std::move(fresh));
      }
      one.name = name;
      one.life = lives_[name];
      one.last = *is;
    }
    if (!one.of) return {};
    const auto is = number_of(one.name);
    const bool registered = is.has_value() && one.life == lives_[one.name];
    const std::uint64_t should = registered ? *is : one.last;
    const std::uint64_t seen =
        which == hold ? ask([&] { return *number_in(one.of->hold()); }) : ask([&] { return (*one.of)->of.read(); });
    one.last = seen;  // what it goes on to show, should the name go
    if (one.of->is_registered() != registered) return "is_registered says otherwise";
    return unless(seen == should, "who follows a name sees another map");
  }

  void forget(const call& wanted) {
    handles_[wanted.number % handles_.size()] = {};
    if (wanted.more % 2 == 1) followers_[wanted.number / 4 % followers_.size()] = {};
  }

  complaint ask_for_another_type(const std::string& name) {
    if (!model_.contains(name)) {
      const auto seen = ask([&] { return registry_.find<of_another_type>(name); });
      return unless(!seen, "a map of another type is there");
    }
    const bool all =
        refused(errc::other_map_type, [&] { return registry_.find<of_another_type>(name); }) &&
        refused(errc::other_map_type, [&] { return registry_.get_or_create<of_another_type>(name); }) &&
        refused(errc::other_map_type, [&] { return registry_.replace(name, portolan::make_map<of_another_type>()); });
    return unless(all, "a map is given as one of another type");
  }

  complaint remove_name(const std::string& name) {
    const auto is = number_of(name);
    const bool said = ask([&] { return registry_.remove(name); });
    model_.erase(name);
    return unless(said == is.has_value(), "remove tells otherwise");
  }

  complaint list() {
    const auto rows = ask([&] { return registry_.names(); });
    if (rows.size() != model_.size() || registry_.size() != model_.size()) return "names() has another number of rows";
    auto should = model_.begin();
    for (const auto& row : rows) {
      if (row.name() != should->first) return "names() has another name, or another order";
      if (row.type().find("numbered") == std::string_view::npos) return "names() has another type";
      ++should;
    }
    return {};
  }

  portolan::map_registry registry_;
  std::map<std::string, std::uint64_t> model_;  // name to number, in the order of names()
  std::map<std::string, std::uint64_t> lives_;  // how often the name came
  std::uint64_t last_number_ = 0;
  std::array<std::pair<handle, std::uint64_t>, 4> handles_{};
  std::array<follower, 4> followers_{};
};

std::unique_ptr<subject> make(std::uint64_t seed) { return std::make_unique<named_maps>(seed); }

}  // namespace

std::vector<own_kind> kinds_of_names() { return {{"map_registry", words, &make}}; }

}  // namespace fuzz
