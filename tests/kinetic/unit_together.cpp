// SPDX-License-Identifier: BSD-3-Clause
// Pieces of work side by side, on a backend that is made up: who is asked for what, and where.
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <thread>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/together.hpp"

namespace kapitza::kinetic {
namespace {

constexpr int K = 4;

CollisionPlan plan(double T = 1, int channel = 0) {
  CollisionModel model;
  model.grid = {K};
  if (channel != 0) model.interaction = Interaction({{channel, 1.0}});
  return {model, {.T = T}};
}

/// What a backend was asked to do.
struct Account {
  std::set<std::thread::id> threads;
  std::vector<std::string> calls;  ///< "evaluate T=1 x3" and the like
  int alive = 0;                   ///< operators and systems

  void note(const std::string& call) {
    threads.insert(std::this_thread::get_id());
    calls.push_back(call);
  }
  auto count(const std::string& what) const {
    return std::ranges::count_if(calls, [&](const auto& call) { return call.starts_with(what); });
  }
};

std::string times(std::size_t count) { return " x" + std::to_string(count); }

class Counted {
 public:
  explicit Counted(Account& account) : account_(account) { ++account_.alive; }
  ~Counted() {
    account_.threads.insert(std::this_thread::get_id());
    --account_.alive;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 protected:
  Account& account_;
};

/// "Jacobians" that are one number per node, "factors" that are Lambda times their sum.
class MadeUpNodeSystem final : public NodeSystem, public Counted {
 public:
  MadeUpNodeSystem(Account& account, std::size_t nodes) : Counted(account), J(nodes) {}

  static MadeUpNodeSystem& made_here(NodeSystem* system) {
    return dynamic_cast<MadeUpNodeSystem&>(*system);
  }
  std::size_t memory() const override { return J.size(); }

  std::vector<double> J;
  double factor = 0;
};

/// I = T n, and no negative density.
class MadeUpCollision final : public CollisionOperator, public Counted {
 public:
  MadeUpCollision(Account& account, CollisionPlan plan_in)
      : CollisionOperator(std::move(plan_in)), Counted(account) {}

  void evaluate(std::span<const double> n, CollisionBatch& out) override {
    account_.note("evaluate T=" + T() + times(n.size() / K));
    out.resize(n.size() / K, K);
    for (std::size_t i = 0; i < n.size(); ++i) {
      if (n[i] < 0) throw NumericsError("negative");
      out.I[i] = plan().resolution.T * n[i];
      out.gain[i] = 2 * n[i];
      out.loss[i] = 3 * n[i];
      out.error[i / K] = 5 * n[i];
      out.grid_error[i / K] = 7 * n[i];
      out.number_rate_raw[i / K] = 11 * n[i];
      out.energy_rate_raw[i / K] = 13 * n[i];
      out.projection[i / K] = {17 * n[i], 19 * n[i]};
    }
  }
  void jacobian(std::span<const double> n, std::span<double> J) override {
    account_.note("jacobian");
    std::ranges::fill(J, n[0]);
  }
  void linearise(std::span<const Linearisation> all) override {
    account_.note("linearise T=" + T() + times(all.size()));
    for (const auto& [n, system, first] : all)
      for (std::size_t x = 0; x < n.size() / K; ++x)
        MadeUpNodeSystem::made_here(system).J[first + x] = n[x * K];
  }
  std::size_t memory(std::size_t densities) const override { return 100 * densities; }

 private:
  std::string T() const { return std::to_string(static_cast<int>(plan().resolution.T)); }
};

class MadeUpBackend final : public Backend {
 public:
  std::unique_ptr<CollisionOperator> collision(CollisionPlan wanted) override {
    account.note("collision");
    if (wanted.resolution.T > 100) throw NumericsError("too long");
    return std::make_unique<MadeUpCollision>(account, std::move(wanted));
  }
  std::unique_ptr<NodeSystem> node_system(int, std::size_t nodes) override {
    account.note("system");
    return std::make_unique<MadeUpNodeSystem>(account, nodes);
  }
  /// Half way through it fails where Lambda is negative; so does the solution.
  void factorise(std::span<const Factorisation> all) override {
    account.note("factorise" + times(all.size()));
    for (const auto& [system, c] : all) {
      MadeUpNodeSystem& one = MadeUpNodeSystem::made_here(system);
      one.factor = c->Lambda * std::accumulate(one.J.begin(), one.J.end(), 0.0);
      if (c->Lambda < 0) throw NumericsError("singular");
    }
  }
  void solve(std::span<const Solution> all) override {
    account.note("solve" + times(all.size()));
    for (const auto& [system, f] : all) {
      for (double& x : f) {
        if (x < 0) throw NumericsError("unsolvable");
        x /= MadeUpNodeSystem::made_here(system).factor;
      }
    }
  }

  Account account;
};

std::vector<double> density(double value, std::size_t count = 1) {
  std::vector<double> n(count * K);
  std::iota(n.begin(), n.end(), value);
  return n;
}

std::string message_of(const std::exception_ptr& thrown) {
  if (!thrown) return "";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  }
}

class Together : public ::testing::Test {
 protected:
  using Work = std::function<void(std::size_t, Backend&)>;
  using Calls = std::vector<std::string>;

  std::vector<std::string> run(std::size_t count, const Work& work) {
    std::vector<std::string> messages;
    for (const auto& thrown : side_by_side(backend_, count, work))
      messages.push_back(message_of(thrown));
    return messages;
  }

  MadeUpBackend backend_;
  const Calls& calls_ = backend_.account.calls;
};

TEST_F(Together, EveryPieceGetsItsOwnValues) {
  std::vector<CollisionBatch> all(3);
  run(3, [&](std::size_t i, Backend& own) {
    own.collision(plan())->evaluate(density(10.0 * static_cast<double>(i), i + 1), all[i]);
  });
  EXPECT_EQ(calls_, (Calls{"collision", "evaluate T=1 x6"}));
  for (std::size_t i = 0; i < 3; ++i) {
    CollisionBatch alone;
    backend_.collision(plan())->evaluate(density(10.0 * static_cast<double>(i), i + 1), alone);
    EXPECT_EQ(all[i].I, alone.I);
    EXPECT_EQ(all[i].gain, alone.gain);
    EXPECT_EQ(all[i].loss, alone.loss);
    EXPECT_EQ(all[i].error, alone.error);
    EXPECT_EQ(all[i].grid_error, alone.grid_error);
    EXPECT_EQ(all[i].number_rate_raw, alone.number_rate_raw);
    EXPECT_EQ(all[i].energy_rate_raw, alone.energy_rate_raw);
    ASSERT_EQ(all[i].projection.size(), i + 1);
    for (std::size_t x = 0; x <= i; ++x) {
      EXPECT_EQ(all[i].projection[x].b, alone.projection[x].b);
      EXPECT_EQ(all[i].projection[x].c, alone.projection[x].c);
    }
  }
}

TEST_F(Together, OperatorsAreSharedWhereModelAndResolutionAreEqual) {
  run(6, [&](std::size_t i, Backend& own) {
    CollisionBatch batch;
    own.collision(i % 3 == 0   ? plan(2, 3)
                  : i % 3 == 1 ? plan(2, 4)
                               : plan(5, 4))
        ->evaluate(density(1), batch);
  });
  EXPECT_EQ(calls_, (Calls{"collision", "collision", "collision", "evaluate T=2 x2",
                           "evaluate T=2 x2", "evaluate T=5 x2"}));
}

TEST_F(Together, TheDearWaitForThoseWhoCatchUp) {
  run(2, [&](std::size_t i, Backend& own) {
    const auto low = own.collision(plan(1)), high = own.collision(plan(2));
    const auto system = own.node_system(K, 1);
    CollisionBatch batch;
    if (i == 0) low->evaluate(density(1), batch);
    high->evaluate(density(1), batch);
    if (i == 1) low->evaluate(density(1), batch);
    linearise(*high, {density(2), system.get(), 0});
  });
  EXPECT_EQ(calls_, (Calls{"collision", "collision", "system", "system", "evaluate T=1 x1",
                           "evaluate T=2 x2", "evaluate T=1 x1", "linearise T=2 x2"}));
}

/// One piece has long been waiting for a new operator when the other comes to need it.
TEST_F(Together, ThoseWhoNeedNewOperatorsWaitLongest) {
  run(2, [&](std::size_t i, Backend& own) {
    const auto first = own.collision(plan(1));
    const auto system = own.node_system(K, 1);
    CollisionBatch batch;
    for (std::size_t step = 0; step < 2 * i; ++step)
      linearise(*first, {density(1), system.get(), 0});
    own.collision(plan(2))->evaluate(density(1), batch);
  });
  EXPECT_EQ(calls_, (Calls{"collision", "system", "system", "linearise T=1 x1", "linearise T=1 x1",
                           "collision", "evaluate T=2 x2"}));
}

/// sum of J, Lambda and f: 1 (1 + 5), ...
TEST_F(Together, ChainsAreFactorisedAndSolvedTogether) {
  std::vector<double> y(3);
  run(3, [&](std::size_t i, Backend& own) {
    const auto collision = own.collision(plan());
    const auto system = own.node_system(K, 2);
    linearise(*collision, {density(1, 2), system.get(), 0});
    NodeCoefficients c;
    c.Lambda = static_cast<double>(i + 1);
    factorise(own, {system.get(), &c});
    std::vector<double> f{30};
    solve(own, {system.get(), f});
    y[i] = f[0];
  });
  EXPECT_EQ(y, (std::vector<double>{5, 2.5, 30.0 / 18}));
  EXPECT_EQ(calls_, (Calls{"collision", "system", "system", "system", "linearise T=1 x3",
                           "factorise x3", "solve x3"}));
}

TEST_F(Together, ChainsOfDifferentLengthsAreNot) {
  run(4, [&](std::size_t i, Backend& own) {
    const auto collision = own.collision(plan());
    const auto system = own.node_system(K, 1 + i % 2);
    const NodeCoefficients c;
    factorise(own, {system.get(), &c});
  });
  EXPECT_EQ(backend_.account.count("factorise x2"), 2);
}

TEST_F(Together, APieceMayAskForSeveralThingsAtOnceItself) {
  double y = 0;
  run(1, [&](std::size_t, Backend& own) {
    const auto collision = own.collision(plan());
    const auto a = own.node_system(K, 1), b = own.node_system(K, 1);
    const std::vector<double> n = density(2);
    collision->linearise(std::vector<Linearisation>{{n, a.get(), 0}, {n, b.get(), 0}});
    NodeCoefficients c;
    c.Lambda = 3;
    own.factorise(std::vector<Factorisation>{{a.get(), &c}, {b.get(), &c}});
    std::vector<double> f{6}, g{12};
    own.solve(std::vector<Solution>{{a.get(), f}, {b.get(), g}});
    y = f[0] + g[0];
  });
  EXPECT_EQ(y, 3);
  EXPECT_EQ(backend_.account.count("linearise T=1 x2"), 1);
  EXPECT_EQ(backend_.account.count("factorise x2"), 1);
  EXPECT_EQ(backend_.account.count("solve x2"), 1);
}

// ---- failures ----

TEST_F(Together, OneDensityThatFailsSpoilsNoOther) {
  std::vector<CollisionBatch> all(3);
  const auto messages = run(3, [&](std::size_t i, Backend& own) {
    own.collision(plan())->evaluate(density(i == 1 ? -1 : 1), all[i]);
  });
  EXPECT_EQ(messages, (Calls{"", "negative", ""}));
  EXPECT_EQ(all[0].I, density(1));
  EXPECT_EQ(all[2].I, density(1));
}

TEST_F(Together, OneChainThatFailsSpoilsNoOther) {
  std::vector<double> y(4);
  const auto messages = run(4, [&](std::size_t i, Backend& own) {
    const auto collision = own.collision(plan());
    const auto system = own.node_system(K, 1);
    linearise(*collision, {density(1), system.get(), 0});
    NodeCoefficients c;
    c.Lambda = i == 0 ? -1 : 2;
    factorise(own, {system.get(), &c});
    std::vector<double> f{8, i == 2 ? -1.0 : 4};
    solve(own, {system.get(), f});
    y[i] = f[0];
  });
  EXPECT_EQ(messages, (Calls{"singular", "", "unsolvable", ""}));
  EXPECT_EQ(y, (std::vector<double>{0, 4, 0, 4}));
}

TEST_F(Together, AnOperatorThatCannotBeMadeIsOnesOwnMisfortune) {
  std::vector<CollisionBatch> all(2);
  const auto messages = run(2, [&](std::size_t i, Backend& own) {
    own.collision(plan(i == 0 ? 1000 : 1))->evaluate(density(1), all[i]);
  });
  EXPECT_EQ(messages, (Calls{"too long", ""}));
  EXPECT_EQ(all[1].I, density(1));
}

TEST_F(Together, APieceThatThrowsOrEndsIsNotWaitedFor) {
  const auto messages = run(3, [&](std::size_t i, Backend& own) {
    if (i == 0) throw InputError("no");
    if (i == 1) return;
    CollisionBatch batch;
    own.collision(plan())->evaluate(density(1), batch);
  });
  EXPECT_EQ(messages, (Calls{"no", "", ""}));
  EXPECT_EQ(backend_.account.count("evaluate"), 1);
}

// ---- threads and lifetimes ----

TEST_F(Together, OnlyTheCallingThreadUsesTheBackend) {
  run(8, [&](std::size_t, Backend& own) {
    const auto collision = own.collision(plan());
    const auto system = own.node_system(K, 3);
    std::vector<double> J(1);
    CollisionBatch batch;
    collision->evaluate(density(1), batch);
    collision->jacobian(density(1), J);
    EXPECT_EQ(J[0], 1);
    linearise(*collision, {density(1), system.get(), 1});
    EXPECT_EQ(collision->memory(2), 200u);
    EXPECT_EQ(system->memory(), 3u);
  });
  EXPECT_EQ(backend_.account.threads, std::set{std::this_thread::get_id()});
  EXPECT_EQ(backend_.account.alive, 0);
}

TEST_F(Together, WhatNobodyUsesIsGoneWithTheNextWish) {
  run(2, [&](std::size_t i, Backend& own) {
    auto shared = own.collision(plan(1));
    const auto other = own.collision(plan(2));
    CollisionBatch batch;
    other->evaluate(density(1), batch);
    EXPECT_EQ(backend_.account.alive, 2);
    if (i == 0) shared.reset();
    other->evaluate(density(1), batch);
    EXPECT_EQ(backend_.account.alive, 2) << "one still uses it";
    other->evaluate(density(1), batch);
    shared.reset();
    other->evaluate(density(1), batch);
    EXPECT_EQ(backend_.account.alive, 1);
  });
}

TEST_F(Together, AChainNeedsNoOperator) {
  run(1, [&](std::size_t, Backend& own) {
    auto collision = own.collision(plan(1));
    const auto system = own.node_system(K, 1);
    collision.reset();
    EXPECT_EQ(system->memory(), 1u);
    EXPECT_EQ(backend_.account.alive, 1);
  });
  EXPECT_EQ(backend_.account.alive, 0);
}

TEST_F(Together, ManyMorePiecesThanThreads) {
  constexpr std::size_t many = 600;
  std::vector<double> I(many);
  run(many, [&](std::size_t i, Backend& own) {
    CollisionBatch batch;
    own.collision(plan())->evaluate(density(static_cast<double>(i)), batch);
    I[i] = batch.I[0];
  });
  for (std::size_t i = 0; i < many; ++i) EXPECT_EQ(I[i], static_cast<double>(i));
  EXPECT_EQ(backend_.account.count("evaluate"), 3);
}

TEST_F(Together, NoPiecesAreNoWork) {
  EXPECT_TRUE(side_by_side(backend_, 0, [](std::size_t, Backend&) {}).empty());
}

TEST_F(Together, APieceMayHavePieces) {
  std::vector<double> I(6);
  run(2, [&](std::size_t i, Backend& own) {
    side_by_side(own, 3, [&](std::size_t j, Backend& inner) {
      CollisionBatch batch;
      inner.collision(plan())->evaluate(density(static_cast<double>(10 * i + j)), batch);
      I[3 * i + j] = batch.I[0];
    });
  });
  EXPECT_EQ(I, (std::vector<double>{0, 1, 2, 10, 11, 12}));
  EXPECT_EQ(backend_.account.threads, std::set{std::this_thread::get_id()});
  EXPECT_EQ(backend_.account.count("evaluate T=1 x6"), 1);
}

// ---- between ----

TEST_F(Together, BetweenTheCallsOneMayLookAtEverything) {
  std::vector<int> done(3);
  int most = 0;
  bool stop = false;
  const auto between = [&] {
    EXPECT_EQ(std::this_thread::get_id(), *backend_.account.threads.begin());
    most = std::max(most, std::accumulate(done.begin(), done.end(), 0));
    stop = most >= 30;
  };
  backend_.account.note("");
  side_by_side(
      backend_, 3,
      [&](std::size_t i, Backend& own) {
        const auto collision = own.collision(plan());
        CollisionBatch batch;
        while (!stop) {
          collision->evaluate(density(1), batch);
          ++done[i];
        }
      },
      between);
  EXPECT_EQ(most, 30);
  EXPECT_EQ(done, (std::vector<int>{11, 11, 11})) << "the evaluation before which all is said";
}

TEST_F(Together, WhatIsThrownBetweenEndsEverything) {
  int rounds = 0, ended = 0;
  const auto between = [&] {
    if (++rounds == 5) throw IoError("disk full");
  };
  const auto forever = [&](std::size_t i, Backend& own) {
    const auto collision = own.collision(plan());
    CollisionBatch batch;
    try {
      while (true) collision->evaluate(density(1), batch);
    } catch (const IoError&) {
      if (i == 0) ++ended;
      EXPECT_THROW(collision->evaluate(density(1), batch), IoError);
      throw;
    }
  };
  EXPECT_THROW(side_by_side(backend_, 3, forever, between), IoError);
  EXPECT_EQ(rounds, 5);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(backend_.account.alive, 0);
}

}  // namespace
}  // namespace kapitza::kinetic
