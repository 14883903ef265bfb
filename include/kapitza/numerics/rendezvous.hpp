// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace kapitza {

/// Tasks side by side, each in a thread of its own, that do together what they can.
///
/// A task that asks for something sleeps until it has an answer. When no task is awake any more,
/// the thread that called run() is shown all that is asked for and answers some of it, so that what
/// several want can be done at once. No parallel computation: a way to suspend a task in the middle
/// of a step, without turning it inside out.
class Rendezvous {
 public:
  /// What a task asks for. It lives where the task sleeps.
  struct Request {
    virtual ~Request() = default;

    std::exception_ptr error = {};  ///< part of the answer: thrown by ask()
    bool answered = false;
  };

  /// Answers at least one of the requests. Must not throw: who sleeps would do so for ever.
  using Answer = std::function<void(std::span<Request* const> waiting)>;

  Rendezvous();
  ~Rendezvous();
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  /// Runs task(0), task(1), ... and returns what each has thrown: null where it has not. Of very
  /// many, some wait for their turn; a task that throws leaves the others alone.
  std::vector<std::exception_ptr> run(std::size_t count,
                                      const std::function<void(std::size_t i)>& task,
                                      const Answer& answer);

  // For tasks.
  void ask(Request& request);
  /// Lets go of a thing in the thread that called run(), when all tasks sleep or have ended.
  void discard(std::shared_ptr<void> thing);

 private:
  struct Sleeper;
  struct State;

  void leave(std::size_t tasks);
  void serve(const Answer& answer) noexcept;
  void answer_once(const Answer& answer);

  std::unique_ptr<State> state_;
};

}  // namespace kapitza
