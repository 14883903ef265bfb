// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/together.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "kapitza/numerics/rendezvous.hpp"

namespace kapitza::kinetic {
namespace {

// ---- what a task can ask for --------------------------------------------------------------------

/// Momenta and nodes of a system.
using Shape = std::pair<int, std::size_t>;

/// What cannot be done for several at once.
struct Call {
  std::function<void()> call;

  double T() const { return 0; }
  bool merges_with(const Call&) const { return true; }
};

struct Solutions {
  std::vector<Solution> parts;
  Shape shape;

  double T() const { return 0; }
  bool merges_with(const Solutions& other) const { return shape == other.shape; }
};

struct Factors {
  std::vector<Factorisation> parts;
  Shape shape;

  double T() const { return 0; }
  bool merges_with(const Factors& other) const { return shape == other.shape; }
};

struct Evaluation {
  CollisionOperator* collision;
  std::span<const double> n;
  CollisionBatch* out;

  double T() const { return collision->plan().resolution.T; }
  bool merges_with(const Evaluation& other) const { return collision == other.collision; }
};

struct Jacobians {
  CollisionOperator* collision;
  std::vector<Linearisation> parts;

  double T() const { return collision->plan().resolution.T; }
  bool merges_with(const Jacobians& other) const { return collision == other.collision; }
};

/// Who asks for a new operator chooses a resolution, and will ask for many more.
struct NewOperator {
  const CollisionPlan* plan;
  std::shared_ptr<CollisionOperator>* made;

  double T() const { return 0; }
  bool merges_with(const NewOperator&) const { return true; }
};

/// The cheapest first. In this order they are done, one kind at a time: those who wait for what is
/// dear are caught up by the others, and ask for it together.
using Operation = std::variant<Call, Solutions, Factors, Evaluation, Jacobians, NewOperator>;

bool merge(const Operation& a, const Operation& b) {
  const auto merges = [&](const auto& one) {
    const auto* other = std::get_if<std::decay_t<decltype(one)>>(&b);
    return other && one.merges_with(*other);
  };
  return std::visit(merges, a);
}

struct Request : Rendezvous::Request {
  Request(std::size_t number, Operation what) : task(number), operation(std::move(what)) {}

  std::size_t task;
  Operation operation;

  /// Does not depend on who came first.
  auto order() const {
    const double T = std::visit([](const auto& one) { return one.T(); }, operation);
    return std::tuple(operation.index(), T, task);
  }
};

// ---- how several are done at once ---------------------------------------------------------------

/// All that the rendezvous knows of the real backend: used by the calling thread alone.
class Workshop {
 public:
  Workshop(Backend& backend, const std::function<void()>& between)
      : backend_(backend), between_(between) {}

  void answer(std::span<Rendezvous::Request* const> waiting);
  void throw_if_failed() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  Backend& backend() { return backend_; }

 private:
  void call_between();
  void do_group(const std::vector<Request*>& group);
  template <class Op>
  void do_group(const std::vector<Request*>& group);
  template <class Op>
  bool done_at_once(const std::vector<Op*>& all);

  void perform(const std::vector<Call*>& all) { all.front()->call(); }
  void perform(const std::vector<Solutions*>& all);
  void perform(const std::vector<Factors*>& all);
  void perform(const std::vector<Evaluation*>& all);
  void perform(const std::vector<Jacobians*>& all);
  void perform(const std::vector<NewOperator*>& all) {
    *all.front()->made = collision(*all.front()->plan);
  }
  std::shared_ptr<CollisionOperator> collision(const CollisionPlan& plan);

  Backend& backend_;
  const std::function<void()>& between_;
  std::exception_ptr failure_;  ///< of between_
  std::vector<std::weak_ptr<CollisionOperator>> operators_;
};

template <class Op>
constexpr bool is_done_alone = std::is_same_v<Op, Call> || std::is_same_v<Op, NewOperator>;

template <class Op>
auto parts_of(const std::vector<Op*>& operations) {
  decltype(Op::parts) all;
  for (const Op* one : operations) all.insert(all.end(), one->parts.begin(), one->parts.end());
  return all;
}

/// Into copies: where this fails, the right-hand sides are needed once more.
void Workshop::perform(const std::vector<Solutions*>& all) {
  const std::vector<Solution> parts = parts_of(all);
  std::vector<std::vector<double>> f;
  std::vector<Solution> copies;
  for (const Solution& part : parts) f.emplace_back(part.f.begin(), part.f.end());
  for (std::size_t i = 0; i < parts.size(); ++i) copies.push_back({parts[i].system, f[i]});
  backend_.solve(copies);
  for (std::size_t i = 0; i < parts.size(); ++i) std::ranges::copy(f[i], parts[i].f.begin());
}

void Workshop::perform(const std::vector<Factors*>& all) { backend_.factorise(parts_of(all)); }

void Workshop::perform(const std::vector<Evaluation*>& all) {
  CollisionOperator& collision = *all.front()->collision;
  const int K = collision.plan().K();
  std::vector<double> n;
  for (const Evaluation* one : all) n.insert(n.end(), one->n.begin(), one->n.end());
  CollisionBatch batch;
  collision.evaluate(n, batch);
  std::size_t first = 0;
  for (const Evaluation* one : all) {
    const std::size_t count = one->n.size() / K;
    one->out->resize(count, K);
    one->out->take(batch, first, count, 0, K);
    first += count;
  }
}

void Workshop::perform(const std::vector<Jacobians*>& all) {
  all.front()->collision->linearise(parts_of(all));
}

/// An operator that may have been made already.
std::shared_ptr<CollisionOperator> Workshop::collision(const CollisionPlan& plan) {
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

void Workshop::answer(std::span<Rendezvous::Request* const> waiting) {
  call_between();
  std::vector<Request*> group;
  for (Rendezvous::Request* request : waiting) group.push_back(static_cast<Request*>(request));
  if (!failure_) {
    std::ranges::sort(group, {}, &Request::order);
    const Operation& first = group.front()->operation;
    std::erase_if(group, [&](const Request* r) { return !merge(first, r->operation); });
    do_group(group);
  }
  for (Request* request : group) {
    if (failure_) request->error = failure_;
    request->answered = true;
  }
}

void Workshop::call_between() {
  try {
    if (between_ && !failure_) between_();
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Workshop::do_group(const std::vector<Request*>& group) {
  const auto do_kind = [&](const auto& one) { do_group<std::decay_t<decltype(one)>>(group); };
  std::visit(do_kind, group.front()->operation);
}

/// What fails together is done one by one, so that each has its own fate.
template <class Op>
void Workshop::do_group(const std::vector<Request*>& group) {
  std::vector<Op*> all;
  for (Request* request : group) all.push_back(&std::get<Op>(request->operation));
  if (!is_done_alone<Op> && all.size() > 1 && done_at_once(all)) return;
  for (std::size_t i = 0; i < group.size(); ++i) try {
      perform(std::vector{all[i]});
    } catch (...) {
      group[i]->error = std::current_exception();
    }
}

template <class Op>
bool Workshop::done_at_once(const std::vector<Op*>& all) {
  try {
    perform(all);
    return true;
  } catch (...) {
    return false;
  }
}

// ---- what a task sees ---------------------------------------------------------------------------

/// A task's way to the calling thread.
struct Connection {
  Rendezvous& rendezvous;
  Workshop& workshop;
  std::size_t task;

  void ask(Operation operation) const {
    Request request(task, std::move(operation));
    rendezvous.ask(request);
  }

  template <class F>
  auto call(F f) const {
    decltype(f()) result{};
    ask(Call{[&] { result = f(); }});
    return result;
  }
};

/// These stand for what only the calling thread touches.
class RemoteNodeSystem final : public NodeSystem {
 public:
  RemoteNodeSystem(Connection connection, int K, std::size_t nodes)
      : connection_(connection), shape_(K, nodes), real_(connection_.call([&] {
          return connection_.workshop.backend().node_system(K, nodes);
        })) {}
  ~RemoteNodeSystem() override { connection_.rendezvous.discard(std::move(real_)); }
  RemoteNodeSystem(const RemoteNodeSystem&) = delete;
  RemoteNodeSystem& operator=(const RemoteNodeSystem&) = delete;

  static RemoteNodeSystem& made_here(NodeSystem& system) {
    return dynamic_cast<RemoteNodeSystem&>(system);
  }
  static NodeSystem* real(NodeSystem* system) { return made_here(*system).real_.get(); }

  Shape shape() const { return shape_; }
  std::size_t memory() const override {
    return connection_.call([&] { return real_->memory(); });
  }

 private:
  Connection connection_;
  Shape shape_;
  std::shared_ptr<NodeSystem> real_;
};

class RemoteCollision final : public CollisionOperator {
 public:
  RemoteCollision(Connection connection, CollisionPlan plan_in)
      : CollisionOperator(std::move(plan_in)), connection_(connection) {
    connection_.ask(NewOperator{&plan(), &real_});
  }
  ~RemoteCollision() override { connection_.rendezvous.discard(std::move(real_)); }
  RemoteCollision(const RemoteCollision&) = delete;
  RemoteCollision& operator=(const RemoteCollision&) = delete;

  void evaluate(std::span<const double> n, CollisionBatch& out) override {
    connection_.ask(Evaluation{real_.get(), n, &out});
  }
  void jacobian(std::span<const double> n, std::span<double> J) override {
    connection_.ask(Call{[&] { real_->jacobian(n, J); }});
  }
  void linearise(std::span<const Linearisation> stretches) override {
    std::vector<Linearisation> parts(stretches.begin(), stretches.end());
    for (Linearisation& part : parts) part.system = RemoteNodeSystem::real(part.system);
    if (!parts.empty()) connection_.ask(Jacobians{real_.get(), std::move(parts)});
  }
  std::size_t memory(std::size_t densities) const override {
    return connection_.call([&] { return real_->memory(densities); });
  }

 private:
  Connection connection_;
  std::shared_ptr<CollisionOperator> real_;
};

class RemoteBackend final : public Backend {
 public:
  explicit RemoteBackend(Connection connection) : connection_(connection) {}

  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    return std::make_unique<RemoteCollision>(connection_, std::move(plan));
  }
  std::unique_ptr<NodeSystem> node_system(int K, std::size_t nodes) override {
    return std::make_unique<RemoteNodeSystem>(connection_, K, nodes);
  }
  void factorise(std::span<const Factorisation> all) override { ask<Factors>(all); }
  void solve(std::span<const Solution> all) override { ask<Solutions>(all); }

 private:
  template <class Op, class Part>
  void ask(std::span<const Part> all) {
    if (all.empty()) return;
    Op operation{{all.begin(), all.end()},
                 RemoteNodeSystem::made_here(*all.front().system).shape()};
    for (Part& part : operation.parts) part.system = RemoteNodeSystem::real(part.system);
    connection_.ask(std::move(operation));
  }

  Connection connection_;
};

}  // namespace

std::vector<std::exception_ptr> side_by_side(
    Backend& backend, std::size_t count,
    const std::function<void(std::size_t i, Backend& own)>& work,
    const std::function<void()>& between) {
  Rendezvous rendezvous;
  Workshop workshop(backend, between);
  const auto task = [&](std::size_t i) {
    RemoteBackend own({rendezvous, workshop, i});
    work(i, own);
  };
  const auto answer = [&](std::span<Rendezvous::Request* const> waiting) {
    workshop.answer(waiting);
  };
  std::vector<std::exception_ptr> thrown = rendezvous.run(count, task, answer);
  workshop.throw_if_failed();
  return thrown;
}

}  // namespace kapitza::kinetic
