// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/numerics/rendezvous.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace kapitza {
namespace {

/// More tasks than these wait for their turn.
constexpr std::size_t most_threads = 256;

}  // namespace

struct Rendezvous::Sleeper {
  Request* request;
  std::condition_variable wake = {};
};

struct Rendezvous::State {
  std::mutex mutex;
  std::condition_variable all_sleep;
  std::size_t awake = 0;
  std::vector<Sleeper*> sleepers;  ///< in the order in which they came
  std::vector<std::shared_ptr<void>> discarded;
};

Rendezvous::Rendezvous() : state_(std::make_unique<State>()) {}
Rendezvous::~Rendezvous() = default;

void Rendezvous::ask(Request& request) {
  Sleeper self{&request};
  std::unique_lock lock(state_->mutex);
  state_->sleepers.push_back(&self);
  if (--state_->awake == 0) state_->all_sleep.notify_one();
  self.wake.wait(lock, [&] { return request.answered; });
  if (request.error) std::rethrow_exception(request.error);
}

void Rendezvous::discard(std::shared_ptr<void> thing) {
  const std::lock_guard lock(state_->mutex);
  state_->discarded.push_back(std::move(thing));
}

void Rendezvous::leave(std::size_t tasks) {
  const std::lock_guard lock(state_->mutex);
  state_->awake -= tasks;
  if (state_->awake == 0) state_->all_sleep.notify_one();
}

/// Until all have left. The lock is kept while there is nobody else who could want it. Where not
/// even the memory for an answer is left, the program ends.
void Rendezvous::serve(const Answer& answer) noexcept {
  std::unique_lock lock(state_->mutex);
  while (true) {
    state_->all_sleep.wait(lock, [&] { return state_->awake == 0; });
    state_->discarded.clear();
    if (state_->sleepers.empty()) return;
    answer_once(answer);
  }
}

void Rendezvous::answer_once(const Answer& answer) {
  std::vector<Request*> waiting;
  for (const Sleeper* sleeper : state_->sleepers) waiting.push_back(sleeper->request);
  answer(waiting);
  const auto still_waits = [](const Sleeper* sleeper) { return !sleeper->request->answered; };
  const auto answered = std::ranges::stable_partition(state_->sleepers, still_waits);
  state_->awake = answered.size();
  for (Sleeper* sleeper : answered) sleeper->wake.notify_one();
  state_->sleepers.erase(answered.begin(), answered.end());
}

std::vector<std::exception_ptr> Rendezvous::run(std::size_t count,
                                                const std::function<void(std::size_t i)>& task,
                                                const Answer& answer) {
  std::vector<std::exception_ptr> thrown(count);
  std::atomic<std::size_t> next = 0;
  const auto work_off = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        task(i);
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    }
    leave(1);
  };
  const std::size_t wanted = std::min(count, most_threads);
  std::vector<std::jthread> threads;
  threads.reserve(wanted);
  state_->awake = wanted;
  try {
    while (threads.size() < wanted) threads.emplace_back(work_off);
  } catch (const std::exception&) {  // no thread or no memory for it: fewer will do
    if (threads.empty()) throw;
    leave(wanted - threads.size());
  }
  serve(answer);
  return thrown;
}

}  // namespace kapitza
