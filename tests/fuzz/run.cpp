#include "machine.hpp"

#include <algorithm>
#include <cstdio>

namespace fuzz {
namespace {

/// What went wrong, in words.
struct disagreement {
  std::string text;
};

std::string written(const answer& says) {
  std::string text = "{";
  for (const std::uint64_t each : says) text += (text.size() > 1 ? ", " : "") + std::to_string(each);
  return text + "}";
}

/// Operations that change each of many keys at an instant of its own.
bool is_of_many(op which) noexcept {
  switch (which) {
    case op::load_nested:
    case op::insert_each:
    case op::assign_each:
    case op::erase_if:
    case op::erase_each:
    case op::clear:
    case op::walk_erasing:
    case op::walk_inserting:
    case op::walk_clearing:
    case op::merge: return true;
    default: return false;
  }
}

class session {
 public:
  session(const program& what, machine& on) : what_(what), on_(on) {}

  verdict go() {
    std::size_t position = 0;
    try {
      for (; position < what_.steps.size(); ++position) {
        const step& one = what_.steps[position];
        if (!on_.offers(one.what)) continue;
        const call wanted = call_of(what_.start, one, position);
        if (what_.start.failing && one.fault > 191) {
          perform_failing(wanted, one.fault - 191);
        } else {
          perform(wanted);
        }
        if (const char* wrong = account::wrong) throw disagreement{wrong};
        if (position % 256 == 255) audit();
      }
      audit();
    } catch (const disagreement& what) {
      return {what.text, position};
    }
    return {std::nullopt, position};
  }

  /// One more step, whose call number `nth` fails.
  std::optional<std::string> fail(const step& last, int nth) {
    try {
      perform_failing(call_of(what_.start, last, what_.steps.size()), nth);
      audit();
    } catch (const disagreement& what) {
      return what.text;
    }
    return std::nullopt;
  }

 private:
  void perform(const call& wanted) {
    map_says_.clear();
    model_says_.clear();
    on_.perform(wanted, expected_by(wanted, model_.at(wanted.other)), map_says_);
    model_.perform(wanted, model_says_);
    compare();
  }
  void compare() const {
    if (map_says_ != model_says_) {
      throw disagreement{"the map says " + written(map_says_) + ", it should say " + written(model_says_)};
    }
  }

  void perform_failing(const call& wanted, int nth) {
    map_says_.clear();
    model_says_.clear();
    const model before = model_;
    const std::uint64_t expected = expected_by(wanted, model_.at(wanted.other));
    bool threw = false;
    faults::arm(nth);
    try {
      on_.perform(wanted, expected, map_says_);
    } catch (const support::injected&) {
      threw = true;
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    faults::disarm();
    model_.perform(wanted, model_says_);
    if (!threw) return compare();
    if (!faults::fired()) throw disagreement{"it threw, though nothing failed"};
    take_over(before, is_of_many(wanted.what));
  }

  /// After a failure: the map holds what it held, or what it should hold now; `of_many`: each of its keys does.
  void take_over(const model& before, bool of_many) {
    bool all_as_before = true;
    bool all_as_after = true;
    for (const bool other : {false, true}) {
      const content now = on_.walk(other);
      all_as_before = all_as_before && now == before.at(other);
      all_as_after = all_as_after && now == model_.at(other);
      if (of_many) each_key_is_known(now, before.at(other), model_.at(other));
      model_.at(other) = now;
    }
    if (!of_many && !all_as_before && !all_as_after) {
      throw disagreement{"after a failure the map holds neither what it held nor what it should hold"};
    }
    audit();
  }
  static void each_key_is_known(const content& now, const content& before, const content& after) {
    const auto number_in = [](const content& in, std::uint64_t key) {
      const auto at = in.find(key);
      return at == in.end() ? std::optional<std::uint64_t>() : std::optional(at->second);
    };
    for (const content* each : {&now, &before, &after}) {
      for (const auto& entry : *each) {
        const auto is = number_in(now, entry.first);
        if (is != number_in(before, entry.first) && is != number_in(after, entry.first)) {
          throw disagreement{"after a failure key " + std::to_string(entry.first) +
                             " is neither as it was nor as it should be"};
        }
      }
    }
  }

  void audit() const {
    for (const bool other : {false, true}) {
      const content& should = model_.at(other);
      const content is = on_.walk(other);
      const std::string which = other ? "second: " : "first: ";
      for (const auto& [key, number] : should) {
        const auto at = is.find(key);
        if (at == is.end()) throw disagreement{which + "a walk does not show key " + std::to_string(key)};
        if (at->second != number) {
          throw disagreement{which + "key " + std::to_string(key) + " has " + std::to_string(at->second) + ", not " +
                             std::to_string(number)};
        }
        if (on_.look(other, key) != number) throw disagreement{which + "find misses key " + std::to_string(key)};
      }
      if (is.size() != should.size()) throw disagreement{which + "a walk shows a key that should not be there"};
      if (on_.size(other) != should.size()) throw disagreement{which + "size() is wrong"};
    }
    on_.read_handles();
    if (const char* wrong = account::wrong) throw disagreement{wrong};
  }

  const program& what_;
  machine& on_;
  model model_;
  answer map_says_;
  answer model_says_;
};

/// Leaves out stretches of steps, long ones first, as long as the rest still fails (Zeller and Hildebrandt 2002).
bool leave_out(program& failing, const trial& tried) {
  bool smaller = false;
  for (std::size_t length = failing.steps.size() / 2; length >= 1; length /= 2) {
    for (std::size_t first = 0; first + length <= failing.steps.size();) {
      program less = failing;
      const auto begin = less.steps.begin() + static_cast<std::ptrdiff_t>(first);
      less.steps.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
      if (tried(less).trouble) {
        failing = std::move(less);
        smaller = true;
      } else {
        first += length;
      }
    }
  }
  return smaller;
}

bool make_small(program& failing, const trial& tried) {
  bool smaller = false;
  for (std::size_t i = 0; i < failing.steps.size(); ++i) {
    for (std::uint8_t step::*const part : {&step::fault, &step::more, &step::arg, &step::key}) {
      for (const std::uint8_t less : {std::uint8_t{0}, static_cast<std::uint8_t>(failing.steps[i].*part / 2)}) {
        if (failing.steps[i].*part <= less) continue;
        program smaller_yet = failing;
        smaller_yet.steps[i].*part = less;
        if (!tried(smaller_yet).trouble) continue;
        failing = std::move(smaller_yet);
        smaller = true;
      }
    }
  }
  return smaller;
}

std::unique_ptr<machine> machine_for(const program& what) {
  const auto& all = kinds();
  return all[what.start.map % all.size()].make(0x5EED + what.start.map);
}

}  // namespace

books::books(crowding crowd) : objects_(account::objects), blocks_(account::blocks) {
  account::crowd = crowd;
  account::wrong = nullptr;
}
books::~books() {
  account::objects = objects_;
  account::blocks = blocks_;
}
std::optional<std::string> books::trouble() const {
  if (const char* wrong = account::wrong) return wrong;
  if (account::objects != objects_) return "objects were leaked, or destroyed twice";
  if (account::blocks != blocks_) return "memory was leaked, or given back twice";
  return std::nullopt;
}

verdict run(const program& what, machine& on) { return session(what, on).go(); }

verdict run(const program& what) {
  const books kept(what.start.crowd);
  verdict said = run(what, *machine_for(what));
  if (!said.trouble) said.trouble = kept.trouble();
  return said;
}

failure run_to_failure(const program& before, const step& last, int nth) {
  const books kept(before.start.crowd);
  failure said;
  {
    const auto on = machine_for(before);
    session working(before, *on);
    said.trouble = working.go().trouble;
    if (!said.trouble) said.trouble = working.fail(last, nth);
    said.fired = faults::fired();
  }
  if (!said.trouble) said.trouble = kept.trouble();
  return said;
}

program shrunk(program failing, const trial& tried) {
  failing.steps.resize(std::min(failing.steps.size(), tried(failing).steps + 1));
  for (int round = 0; round < 8; ++round) {
    const bool shorter = leave_out(failing, tried);
    if (!make_small(failing, tried) && !shorter) break;
  }
  return failing;
}

std::string crowding_of(const program& of) {
  static constexpr const char* crowds[] = {"a good hash", "eight hashes", "one hash", "hashes of seven bits"};
  return crowds[static_cast<std::size_t>(of.start.crowd)];
}

std::string in_hex(const program& of) {
  std::string text;
  for (const std::uint8_t byte : encode(of)) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", byte);
    text += hex;
  }
  return text;
}

std::string told(const program& failing, const trial& tried) {
  const verdict said = tried(failing);
  if (!said.trouble) return "nothing wrong\n";
  std::string text = kinds()[failing.start.map % kinds().size()].name + " with " + crowding_of(failing) + ":\n";
  for (std::size_t i = 0; i < failing.steps.size(); ++i) {
    text += "  " + written(failing.start, failing.steps[i], i) + "\n";
  }
  text += "step " + std::to_string(said.steps + 1) + ": " + *said.trouble + "\n";
  return text + "repeat: PORTOLAN_FUZZ_STEPS=" + in_hex(failing) + " build/release/bin/tests/fuzz.maps\n";
}

}  // namespace fuzz
