// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/prove/linearize/shrink.hpp>

#include <algorithm>

namespace portolan::prove::linearize {
namespace {

constexpr std::size_t most_context = 6;
constexpr std::size_t most_walked = 30'000'000;  // operations times configurations, in all tries together

bool same(const operation& a, const operation& b) noexcept {
  return a.call == b.call && a.lane == b.lane && a.what == b.what;
}

/// A part of a key's history with what was there before.
class part {
 public:
  part(std::vector<operation> operations, const operation& culprit, const entry& first)
      : operations_(std::move(operations)), culprit_(culprit), first_(first) {}

  /// Weakens as many at once as remain bad; so often until nothing can be weakened.
  void shrink() {
    for (bool changed = true; changed && walked_ < most_walked;) {
      changed = false;
      for (std::size_t width = operations_.size(); width > 0; width /= 2) {
        for (std::size_t at = 0; at < operations_.size() && walked_ < most_walked;) {
          std::vector<operation> weaker = weakened(at, std::min(at + width, operations_.size()));
          if (!weaker.empty() && bad(weaker)) {
            changed = true;
            at += weaker.size() == operations_.size() ? width : 0;
            operations_ = std::move(weaker);
          } else {
            at += width;
          }
        }
      }
    }
  }
  [[nodiscard]] std::vector<operation>& operations() noexcept { return operations_; }
  [[nodiscard]] bool is_culprit(const operation& one) const noexcept { return same(one, culprit_); }

 private:
  /// Without the quiet calls from `begin` to `end`, and with the others pending; empty if that is nothing new.
  std::vector<operation> weakened(std::size_t begin, std::size_t end) const {
    std::vector<operation> weaker;
    bool any = false;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      operation one = operations_[i];
      if (i >= begin && i < end && !is_culprit(one)) {
        step made;
        if (!step_of(one, made) || made.quiet()) {
          any = true;
          continue;
        }
        any |= one.how != ending::pending;
        one.how = ending::pending;
        one.returned = never;
      }
      weaker.push_back(one);
    }
    return any ? weaker : std::vector<operation>();
  }

  bool bad(const std::vector<operation>& operations) {
    std::vector<item> items;
    for (const operation& each : operations) items.push_back({each.key, each.call, &each});
    const walked how = narrow_.walk(items, first_);
    walked_ += (operations.size() + 1) * (1 + narrow_.most_configurations());
    return how == walked::violated;
  }

  std::vector<operation> operations_;
  operation culprit_;
  entry first_;
  std::size_t walked_ = 0;
  key_walk<1> narrow_{4096};
};

/// Up to `most_context` operations that had returned before the part begins, and who put the value that was told.
std::vector<operation> leading_to(std::span<const item> items, const std::vector<operation>& core,
                                  const operation& culprit) {
  const std::uint64_t begin = core.empty() ? culprit.call : core.front().call;
  std::vector<operation> led;
  const operation* source = nullptr;
  for (const item& each : items) {
    step made;
    const bool puts = step_of(*each.of, made) && made.does == effect::set && made.value == culprit.seen;
    if (puts && each.call < culprit.returned && !same(*each.of, culprit)) source = each.of;
    if (each.of->returned < begin) led.push_back(*each.of);
  }
  if (led.size() > most_context) led.erase(led.begin(), led.end() - most_context);
  const auto shown = [&](const std::vector<operation>& all) {
    return std::any_of(all.begin(), all.end(), [&](const operation& one) { return same(one, *source); });
  };
  if (source != nullptr && !shown(led) && !shown(core)) led.insert(led.begin(), *source);
  return led;
}

}  // namespace

violation shrunk(const history& of, std::span<const item> items, const entry& first, const check_limits& limits) {
  resting_place why;
  why.now = first;
  key_walk<1> narrow(limits.configurations);
  const operation* culprit = nullptr;
  if (narrow.walk(items, first, &why) == walked::violated) {
    culprit = narrow.culprit();
  } else {
    why = {0, first, {}};
    key_walk<8> wide(limits.configurations);
    wide.walk(items, first, &why);
    culprit = wide.culprit();
  }
  std::vector<operation> core;
  for (const operation* each : why.open) core.push_back(*each);
  for (std::size_t i = why.next; i < items.size() && items[i].call <= culprit->returned; ++i) {
    core.push_back(*items[i].of);
  }
  std::stable_sort(core.begin(), core.end(), [](const operation& a, const operation& b) { return a.call < b.call; });
  part smaller(std::move(core), *culprit, why.now);
  smaller.shrink();

  violation bad;
  bad.key = culprit->key;
  bad.present = why.now.present;
  bad.value = why.now.value;
  bad.core = std::move(smaller.operations());
  while (bad.culprit + 1 < bad.core.size() && !smaller.is_culprit(bad.core[bad.culprit])) ++bad.culprit;
  bad.context = leading_to(items, bad.core, *culprit);
  bad.sentence = "key " + of.name_of(bad.key) + " " +
                 (bad.present ? "had the value " + of.name_of(bad.value) : std::string("had no entry")) +
                 "; then no order explains `" + described(*culprit, of) + "` on lane " + std::to_string(culprit->lane) +
                 (bad.core.size() > 1 ? " beside " + std::to_string(bad.core.size() - 1) + " other calls" : "");
  return bad;
}

}  // namespace portolan::prove::linearize

namespace portolan::prove {

std::string verdict::text() const {
  std::string said = std::to_string(operations) + " operations on " + std::to_string(keys) + " keys: ";
  switch (is) {
    case answer::explained: return said + "each can have happened at one instant of its call\n";
    case answer::unknown: return said + std::to_string(unknown_keys) + " keys are unknown: " + why_unknown + "\n";
    case answer::violated: break;
  }
  said += "not linearizable\n";
  for (const violation& each : violations) said += "  " + each.sentence + "\n";
  return said;
}

}  // namespace portolan::prove
