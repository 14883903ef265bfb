// SPDX-License-Identifier: BSD-3-Clause
// Tasks that meet: who is awake, who is answered, and where things come to their end.
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/rendezvous.hpp"

namespace kapitza {
namespace {

struct Wish : Rendezvous::Request {
  explicit Wish(int wanted) : number(wanted) {}
  int number;
};

int number_of(const Rendezvous::Request* request) {
  return static_cast<const Wish*>(request)->number;
}

/// Answers all, and notes how many there were.
struct AnswerAll {
  std::vector<std::size_t>* meetings;

  void operator()(std::span<Rendezvous::Request* const> waiting) const {
    meetings->push_back(waiting.size());
    for (Rendezvous::Request* request : waiting) request->answered = true;
  }
};

TEST(Rendezvous, TasksMeetWhenNoneIsAwake) {
  Rendezvous rendezvous;
  std::vector<std::size_t> meetings;
  const auto task = [&](std::size_t i) {
    for (std::size_t step = 0; step <= i; ++step) {
      Wish wish(0);
      rendezvous.ask(wish);
    }
  };
  rendezvous.run(3, task, AnswerAll{&meetings});
  EXPECT_EQ(meetings, (std::vector<std::size_t>{3, 2, 1}));
}

TEST(Rendezvous, WhoHasNoAnswerSleepsOn) {
  Rendezvous rendezvous;
  std::vector<int> answered;
  const auto least_first = [&](std::span<Rendezvous::Request* const> waiting) {
    Rendezvous::Request* least = *std::ranges::min_element(waiting, {}, number_of);
    answered.push_back(number_of(least));
    least->answered = true;
  };
  const auto task = [&](std::size_t i) {
    for (const int add : {0, 10}) {
      Wish wish(static_cast<int>(i) + add);
      rendezvous.ask(wish);
    }
  };
  rendezvous.run(3, task, least_first);
  EXPECT_EQ(answered, (std::vector<int>{0, 1, 2, 10, 11, 12}));
}

TEST(Rendezvous, AnErrorIsThrownWhereItWasAskedFor) {
  Rendezvous rendezvous;
  const auto refuse_the_second = [](std::span<Rendezvous::Request* const> waiting) {
    for (Rendezvous::Request* request : waiting) {
      if (number_of(request) == 1) request->error = std::make_exception_ptr(InputError("no"));
      request->answered = true;
    }
  };
  const auto task = [&](std::size_t i) {
    Wish wish(static_cast<int>(i));
    rendezvous.ask(wish);
  };
  const auto thrown = rendezvous.run(3, task, refuse_the_second);
  ASSERT_EQ(thrown.size(), 3u);
  EXPECT_FALSE(thrown[0]);
  EXPECT_THROW(std::rethrow_exception(thrown[1]), InputError);
  EXPECT_FALSE(thrown[2]);
}

TEST(Rendezvous, ThingsAreDiscardedWhereItWasCalled) {
  Rendezvous rendezvous;
  std::thread::id ended;
  std::vector<std::size_t> meetings;
  const auto task = [&](std::size_t) {
    const auto note = [&](int* number) {
      ended = std::this_thread::get_id();
      delete number;
    };
    rendezvous.discard(std::shared_ptr<int>(new int(1), note));
    EXPECT_EQ(ended, std::thread::id());
    Wish wish(0);
    rendezvous.ask(wish);
    EXPECT_NE(ended, std::this_thread::get_id());
  };
  rendezvous.run(1, task, AnswerAll{&meetings});
  EXPECT_EQ(ended, std::this_thread::get_id());
}

TEST(Rendezvous, ManyMoreTasksThanThreads) {
  Rendezvous rendezvous;
  std::vector<std::size_t> meetings;
  const auto task = [&](std::size_t) {
    Wish wish(0);
    rendezvous.ask(wish);
  };
  EXPECT_EQ(rendezvous.run(600, task, AnswerAll{&meetings}).size(), 600u);
  EXPECT_EQ(meetings, (std::vector<std::size_t>{256, 256, 88}));
}

}  // namespace
}  // namespace kapitza
