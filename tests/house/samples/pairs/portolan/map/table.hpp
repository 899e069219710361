#pragma once
struct table {
  // pair whole: release, so that a reader sees the entry
  void publish() { root_.store(1, platform::release); }
  // pair whole: acquire, so that a reader sees the entry that
  // was published
  int observe() {
    return root_.load(platform::acquire);
  }
  void no_pair() { root_.store(2, platform::release); }
  int no_reason() { return root_.load(platform::relaxed); }
  // relaxed: a stale hint costs one probe
  int with_reason() { return root_.load(platform::relaxed); }
  void two_orders() {
    root_.compare_exchange_weak(expected, 2, platform::acq_rel,  // pair whole: acq_rel, so that it is both sides
                                platform::relaxed);              // relaxed: the loop looks again
  }
  // pair lonely: release, so that nobody meets it
  void alone() { root_.store(3, platform::release); }
  // pair wrong: acquire, so that the comment and the code differ
  void differs() { root_.store(4, platform::release); }
  // pair wrong: release, so that there are two sides
  void other() { root_.store(5, platform::release); }
  // pair mute: release
  void mute() { root_.store(6, platform::release); }
  // pair mute: acquire, so that the one above is heard
  int hear() { return root_.load(platform::acquire); }
  // pair odd: eventually, so that no machine can read it
  int silent() { return root_.fetch_add(1) + root_.load(); }
};
inline void in_other_words(table& t, int seen) {
  // The mark stays with it. pair whole: acquire, as in observe; relaxed on
  // failure: nothing is read then.
  if (t.root_.compare_exchange_weak(seen, 2, platform::acquire, platform::relaxed)) return;
  int relaxed_word = t.root_.load(platform::relaxed);
}
