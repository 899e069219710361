// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The list of domains, the timer's pass over it, and what fork does with it. Never destroyed: static objects
// of any order may retire.
#include <portolan/reclaim/domain/idle.hpp>

#include <portolan/base/block_pool.hpp>
#include <portolan/base/clock.hpp>
#include <portolan/base/fork.hpp>
#include <portolan/base/timer.hpp>
#include <portolan/base/wait.hpp>

namespace portolan::reclaim {

namespace {

constexpr std::uint64_t first_delay_ns = 20 * millisecond_ns;
constexpr std::uint64_t longest_delay_ns = second_ns;

constinit mutex list_lock;
constinit idle_client* clients = nullptr;             // guarded by list_lock
constinit platform::atomic<std::uint32_t> visits{0};  // raised under list_lock when the timer lets go of a domain
constinit std::uint64_t delay_ns = first_delay_ns;    // of the timer's pass alone

}  // namespace

struct idle_pass {
  static void run(void*) noexcept {
    // relaxed: see 2 of idle.hpp.
    idle::armed_.store(false, platform::relaxed);
    std::size_t kept = 0;
    list_lock.lock();
    for (idle_client* client = clients; client != nullptr; client = client->next) {
      client->visited = true;
      list_lock.unlock();
      kept += client->does->collect(*client);
      list_lock.lock();
      client->visited = false;
      // pair await: release, so that who waited in leave comes after the visit.
      visits.fetch_add(1, platform::release);
      platform::wake_all(visits);
    }
    list_lock.unlock();
    block_pool::give_stock_back();  // of the timer's thread, which takes none
    delay_ns = kept == 0 ? first_delay_ns : delay_ns * 2 < longest_delay_ns ? delay_ns * 2 : longest_delay_ns;
    if (kept != 0) arm_after(delay_ns);
  }

  static void arm_after(std::uint64_t span_ns) noexcept {
    // relaxed: see 2 of idle.hpp; the timer has its own lock.
    if (!idle::armed_.exchange(true, platform::relaxed)) immortal.task.start_once(span_ns);
  }

  static void before_fork() noexcept {
    list_lock.lock();
    for (idle_client* client = clients; client != nullptr; client = client->next) client->does->lock_all(*client);
  }
  static void unlock() noexcept {
    for (idle_client* client = clients; client != nullptr; client = client->next) client->does->unlock_all(*client);
    list_lock.unlock();
  }
  static void in_child() noexcept {
    // relaxed: the child has one thread. What is kept back is freed by the next operation or destructor.
    idle::armed_.store(false, platform::relaxed);
    for (idle_client* client = clients; client != nullptr; client = client->next) client->visited = false;
    unlock();
  }
  static constexpr fork_step around_fork{before_fork, unlock, in_child};

  union never_destroyed {
    constexpr never_destroyed() noexcept : task(run, nullptr) {}
    ~never_destroyed() {}
    timer_task task;
  };
  static never_destroyed immortal;
};

constinit idle_pass::never_destroyed idle_pass::immortal;

void idle::arm() noexcept { idle_pass::arm_after(first_delay_ns); }
void idle::pass() noexcept { idle_pass::run(nullptr); }

void idle::wake_without_waiting() noexcept {
  // relaxed: see 2 of idle.hpp; the exchange by which the object was handed over orders it.
  if (armed_.load(platform::relaxed) || armed_.exchange(true, platform::relaxed)) return;
  // relaxed: as above; the timer is busy, a later retire asks it again.
  if (!idle_pass::immortal.task.try_start_once(first_delay_ns)) armed_.store(false, platform::relaxed);
}

void idle::join(idle_client& client) noexcept {
  at_fork(fork_rank::reclaim, idle_pass::around_fork);
  exclusive_lock hold(list_lock);
  client.next = clients;
  if (clients != nullptr) clients->previous = &client;
  clients = &client;
}

void idle::leave(idle_client& client) noexcept {
  for (;;) {
    std::uint32_t seen = 0;
    {
      exclusive_lock hold(list_lock);
      if (!client.visited) {
        (client.previous == nullptr ? clients : client.previous->next) = client.next;
        if (client.next != nullptr) client.next->previous = client.previous;
        return;
      }
      // relaxed: raised only under the lock.
      seen = visits.load(platform::relaxed);
    }
    await(visits, [seen](std::uint32_t now) { return now != seen; });
  }
}

}  // namespace portolan::reclaim
