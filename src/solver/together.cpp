// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/together.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace kapitza {
namespace {

/// More pieces than these wait for their turn.
constexpr std::size_t most_threads = 256;

// ---- what a piece can ask for -------------------------------------------------------------------

/// Momenta and nodes of a system.
using Shape = std::pair<int, std::size_t>;

/// What cannot be done at once.
struct Call {
  std::function<void()> call;

  double T() const { return 0; }
  bool like(const Call&) const { return true; }
};

/// A new operator. Who asks for one chooses a resolution, and will ask for many more.
struct Creation : Call {};

struct Solutions {
  std::vector<Solution> parts;
  Shape shape;

  double T() const { return 0; }
  bool like(const Solutions& other) const { return shape == other.shape; }
};

struct Factors {
  std::vector<Factorisation> parts;
  Shape shape;

  double T() const { return 0; }
  bool like(const Factors& other) const { return shape == other.shape; }
};

struct Evaluation {
  CollisionOperator* collision;
  std::span<const double> n;
  CollisionBatch* out;

  double T() const { return collision->plan().resolution.T; }
  bool like(const Evaluation& other) const { return collision == other.collision; }
};

struct Jacobians {
  CollisionOperator* collision;
  std::vector<Linearisation> parts;

  double T() const { return collision->plan().resolution.T; }
  bool like(const Jacobians& other) const { return collision == other.collision; }
};

/// The cheapest first. In this order they are granted, one kind at a time: those who wait for what
/// is dear are caught up by the others, and ask for it together.
using Wish = std::variant<Call, Solutions, Factors, Evaluation, Jacobians, Creation>;

bool alike(const Wish& a, const Wish& b) {
  const auto like = [&](const auto& wish) {
    const auto* other = std::get_if<std::decay_t<decltype(wish)>>(&b);
    return other && wish.like(*other);
  };
  return std::visit(like, a);
}

struct Request {
  std::size_t piece;
  Wish wish;
  bool answered = false;
  std::exception_ptr error = {};
  std::condition_variable answer = {};

  /// Does not depend on who came first.
  auto order() const {
    return std::tuple(wish.index(), std::visit([](const auto& w) { return w.T(); }, wish), piece);
  }
};

// ---- how several are done at once ---------------------------------------------------------------

template <class W>
auto parts_of(const std::vector<W*>& wishes) {
  decltype(W::parts) all;
  for (const W* wish : wishes) all.insert(all.end(), wish->parts.begin(), wish->parts.end());
  return all;
}

/// Into copies: where this fails, the right-hand sides are needed once more.
void grant(const std::vector<Solutions*>& wishes) {
  const std::vector<Solution> parts = parts_of(wishes);
  std::vector<std::vector<double>> f;
  std::vector<Solution> copies;
  for (const Solution& part : parts) f.emplace_back(part.f.begin(), part.f.end());
  for (std::size_t i = 0; i < parts.size(); ++i) copies.push_back({parts[i].system, f[i]});
  copies.front().system->solve_together(copies);
  for (std::size_t i = 0; i < parts.size(); ++i) std::ranges::copy(f[i], parts[i].f.begin());
}

void grant(const std::vector<Factors*>& wishes) {
  const std::vector<Factorisation> parts = parts_of(wishes);
  parts.front().system->factorise_together(parts);
}

void grant(const std::vector<Evaluation*>& wishes) {
  CollisionOperator& collision = *wishes.front()->collision;
  const int K = collision.plan().K();
  std::vector<double> n;
  for (const Evaluation* wish : wishes) n.insert(n.end(), wish->n.begin(), wish->n.end());
  CollisionBatch batch;
  collision.evaluate(n, batch);
  std::size_t first = 0;
  for (const Evaluation* wish : wishes) {
    const std::size_t count = wish->n.size() / K;
    wish->out->resize(count, K);
    wish->out->take(batch, first, count, 0, K);
    first += count;
  }
}

void grant(const std::vector<Jacobians*>& wishes) {
  wishes.front()->collision->linearise_together(parts_of(wishes));
}

template <class W>
bool granted_at_once(const std::vector<W*>& wishes) {
  try {
    grant(wishes);
    return true;
  } catch (...) {
    return false;
  }
}

/// What fails together is done one by one, so that each has its own fate.
template <class W>
void answer(const std::vector<Request*>& group) {
  constexpr bool is_call = std::is_base_of_v<Call, W>;
  if constexpr (!is_call) {
    std::vector<W*> wishes;
    for (Request* request : group) wishes.push_back(&std::get<W>(request->wish));
    if (wishes.size() > 1 && granted_at_once(wishes)) return;
  }
  for (Request* request : group) {
    W& wish = std::get<W>(request->wish);
    try {
      if constexpr (is_call) {
        wish.call();
      } else {
        grant(std::vector{&wish});
      }
    } catch (...) {
      request->error = std::current_exception();
    }
  }
}

// ---- where the pieces meet ----------------------------------------------------------------------

/// Pieces ask and sleep; when none is awake any more, one thread answers.
class Rendezvous {
 public:
  Rendezvous(Backend& backend, const std::function<void()>& between)
      : name(backend.name()),
        description(backend.description()),
        backend_(backend),
        between_(between) {}

  const std::string name, description;  ///< of the backend, which pieces must not touch

  void enter(std::size_t pieces) { awake_ = pieces; }
  void leave(std::size_t pieces = 1);
  /// Until all have left. Were it to throw, who sleeps would do so for ever: where not even the
  /// memory for an answer is left, the program ends.
  void serve() noexcept;
  void throw_if_failed() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  void ask(std::size_t piece, Wish wish);
  /// An operator that may have been made already. Only within a Creation.
  std::shared_ptr<CollisionOperator> collision(const CollisionPlan& plan);
  /// What is left of an operator or system: it is destroyed when all pieces wait.
  void discard(std::shared_ptr<void> thing);

 private:
  std::vector<Request*> next_group();
  void answer_next();

  Backend& backend_;
  const std::function<void()>& between_;
  std::exception_ptr failure_;  ///< of between_

  std::mutex mutex_;
  std::condition_variable all_wait_;
  std::size_t awake_ = 0;
  std::vector<Request*> waiting_;
  std::vector<std::shared_ptr<void>> discarded_;
  std::vector<std::weak_ptr<CollisionOperator>> operators_;
};

void Rendezvous::leave(std::size_t pieces) {
  const std::lock_guard lock(mutex_);
  awake_ -= pieces;
  if (awake_ == 0) all_wait_.notify_one();
}

void Rendezvous::ask(std::size_t piece, Wish wish) {
  Request request{piece, std::move(wish)};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  if (--awake_ == 0) all_wait_.notify_one();
  request.answer.wait(lock, [&] { return request.answered; });
  if (request.error) std::rethrow_exception(request.error);
}

void Rendezvous::discard(std::shared_ptr<void> thing) {
  const std::lock_guard lock(mutex_);
  discarded_.push_back(std::move(thing));
}

/// The lock is kept while there is nobody else who could want it.
void Rendezvous::serve() noexcept {
  std::unique_lock lock(mutex_);
  while (true) {
    all_wait_.wait(lock, [&] { return awake_ == 0; });
    discarded_.clear();
    if (waiting_.empty()) return;
    answer_next();
  }
}

void Rendezvous::answer_next() {
  try {
    if (between_ && !failure_) between_();
  } catch (...) {
    failure_ = std::current_exception();
  }
  const std::vector<Request*> group = failure_ ? std::exchange(waiting_, {}) : next_group();
  if (failure_) {
    for (Request* request : group) request->error = failure_;
  } else {
    const auto answer_all = [&](const auto& wish) { answer<std::decay_t<decltype(wish)>>(group); };
    std::visit(answer_all, group.front()->wish);
  }
  awake_ = group.size();
  for (Request* request : group) {
    request->answered = true;
    request->answer.notify_one();
  }
}

std::vector<Request*> Rendezvous::next_group() {
  std::ranges::sort(waiting_, {}, &Request::order);
  const Wish& first = waiting_.front()->wish;
  const auto rest = std::stable_partition(waiting_.begin(), waiting_.end(),
                                          [&](const Request* r) { return alike(first, r->wish); });
  std::vector<Request*> group(waiting_.begin(), rest);
  waiting_.erase(waiting_.begin(), rest);
  return group;
}

std::shared_ptr<CollisionOperator> Rendezvous::collision(const CollisionPlan& plan) {
  std::erase_if(operators_, [](const auto& known) { return known.expired(); });
  for (const auto& known : operators_) {
    std::shared_ptr<CollisionOperator> collision = known.lock();
    const CollisionPlan& other = collision->plan();
    if (other.resolution == plan.resolution && other.model == plan.model) return collision;
  }
  std::shared_ptr<CollisionOperator> made = backend_.collision(plan);
  operators_.push_back(made);
  return made;
}

// ---- what a piece sees --------------------------------------------------------------------------

/// The way of one piece to the rendezvous.
struct Way {
  Rendezvous& rendezvous;
  std::size_t piece;

  void ask(Wish wish) const { rendezvous.ask(piece, std::move(wish)); }

  template <class Kind = Call, class F>
  auto call(F f) const {
    decltype(f()) result{};
    ask(Kind{[&] { result = f(); }});
    return result;
  }
};

class PieceNodeSystem final : public NodeSystem {
 public:
  PieceNodeSystem(Way way, std::shared_ptr<CollisionOperator> maker, std::size_t nodes)
      : way_(way), shape_(maker->plan().K(), nodes), real_(std::make_shared<Real>()) {
    real_->maker = std::move(maker);
    real_->system = way_.call([&] { return real_->maker->node_system(nodes); });
  }
  ~PieceNodeSystem() override { way_.rendezvous.discard(std::move(real_)); }
  PieceNodeSystem(const PieceNodeSystem&) = delete;
  PieceNodeSystem& operator=(const PieceNodeSystem&) = delete;

  NodeSystem* real() const { return real_->system.get(); }

  void factorise(const NodeCoefficients& coefficients) override {
    const Factorisation one{this, &coefficients};
    factorise_together({&one, 1});
  }
  void solve(std::span<double> f) override {
    const Solution one{this, f};
    solve_together({&one, 1});
  }
  void factorise_together(std::span<const Factorisation> all) override {
    std::vector<Factorisation> parts;
    for (const auto& [system, coefficients] : all)
      parts.push_back({real_of(*system), coefficients});
    if (!parts.empty()) way_.ask(Factors{std::move(parts), shape_});
  }
  void solve_together(std::span<const Solution> all) override {
    std::vector<Solution> parts;
    for (const auto& [system, f] : all) parts.push_back({real_of(*system), f});
    if (!parts.empty()) way_.ask(Solutions{std::move(parts), shape_});
  }
  std::size_t memory() const override {
    return way_.call([&] { return real()->memory(); });
  }

  static NodeSystem* real_of(NodeSystem& system) {
    return dynamic_cast<PieceNodeSystem&>(system).real();
  }

 private:
  /// The system goes before the operator that it needs.
  struct Real {
    std::shared_ptr<CollisionOperator> maker;
    std::unique_ptr<NodeSystem> system;
  };

  Way way_;
  Shape shape_;
  std::shared_ptr<Real> real_;
};

class PieceCollision final : public CollisionOperator {
 public:
  PieceCollision(Way way, CollisionPlan plan_in)
      : CollisionOperator(std::move(plan_in)),
        way_(way),
        real_(way_.call<Creation>([this] { return way_.rendezvous.collision(plan()); })) {}
  ~PieceCollision() override { way_.rendezvous.discard(std::move(real_)); }
  PieceCollision(const PieceCollision&) = delete;
  PieceCollision& operator=(const PieceCollision&) = delete;

  void evaluate(std::span<const double> n, CollisionBatch& out) override {
    way_.ask(Evaluation{real_.get(), n, &out});
  }
  void jacobian(std::span<const double> n, std::span<double> J) override {
    way_.ask(Call{[&] { real_->jacobian(n, J); }});
  }
  std::unique_ptr<NodeSystem> node_system(std::size_t nodes) override {
    return std::make_unique<PieceNodeSystem>(way_, real_, nodes);
  }
  void linearise(std::span<const double> n, NodeSystem& system, std::size_t first) override {
    const Linearisation one{n, &system, first};
    linearise_together({&one, 1});
  }
  void linearise_together(std::span<const Linearisation> all) override {
    std::vector<Linearisation> parts;
    for (const auto& [n, system, first] : all)
      parts.push_back({n, PieceNodeSystem::real_of(*system), first});
    if (!parts.empty()) way_.ask(Jacobians{real_.get(), std::move(parts)});
  }
  std::size_t memory(std::size_t densities) const override {
    return way_.call([&] { return real_->memory(densities); });
  }

 private:
  Way way_;
  std::shared_ptr<CollisionOperator> real_;
};

class PieceBackend final : public Backend {
 public:
  explicit PieceBackend(Way way) : way_(way) {}

  std::string name() const override { return way_.rendezvous.name; }
  std::string description() const override { return way_.rendezvous.description; }
  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    return std::make_unique<PieceCollision>(way_, std::move(plan));
  }
  std::unique_ptr<Ensemble> ensemble(EnsemblePlan) override {
    throw std::logic_error("no ensembles side by side: one of them fills the device");
  }

 private:
  Way way_;
};

}  // namespace

std::vector<std::exception_ptr> side_by_side(
    Backend& backend, std::size_t count,
    const std::function<void(std::size_t i, Backend& own)>& work,
    const std::function<void()>& between) {
  std::vector<std::exception_ptr> thrown(count);
  Rendezvous rendezvous(backend, between);
  std::atomic<std::size_t> next = 0;
  const auto work_off = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      PieceBackend own({rendezvous, i});
      try {
        work(i, own);
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    }
    rendezvous.leave();
  };
  {
    const std::size_t wanted = std::min(count, most_threads);
    std::vector<std::jthread> threads;
    threads.reserve(wanted);
    rendezvous.enter(wanted);
    try {
      while (threads.size() < wanted) threads.emplace_back(work_off);
    } catch (const std::exception&) {  // no thread or no memory for it: fewer will do
      if (threads.empty()) throw;
      rendezvous.leave(wanted - threads.size());
    }
    rendezvous.serve();
  }
  rendezvous.throw_if_failed();
  return thrown;
}

}  // namespace kapitza
