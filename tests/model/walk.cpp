#include "walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace runvisor::model {
namespace {

using Index = std::uint32_t;
constexpr Index kNone = std::numeric_limits<Index>::max();

/// Stands for the turn's end where the shell has something to do then. The turn ends after every event or
/// two: in a fair course, at once.
constexpr World::Awaited kDuty = 1U << 15;

/// More states than any walk here has: something that should be bounded grows.
constexpr std::size_t kTooMany = 2'000'000;

/// What is remembered of a state once it has been visited.
struct Node {
  Index parent = kNone;
  Event event{};
  World::Awaited awaited = 0;
  bool left = false;
  bool will_exit = false;
  /// Wanted up for good and not running, for each role.
  std::array<bool, 2> idles{};
};

/// A step that the world takes by itself sooner or later.
struct Edge {
  Index from = kNone;
  Index to = kNone;
  World::Awaited fulfils = 0;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
  }
};

class Walker {
 public:
  explicit Walker(const Bounds& bounds) : bounds_(bounds) {}

  Findings run(const std::vector<World>& roots) {
    for (const World& root : roots) visit(root, kNone, {});
    for (Index at = 0; !frontier_.empty(); ++at, frontier_.pop_front()) expand(frontier_.front(), at);
    findings_.states = nodes_.size();
    if (findings_.report().empty()) follow_fair_courses();
    return std::move(findings_);
  }

 private:
  Index visit(const World& world, Index parent, const Event& event) {
    const auto [found, is_new] = seen_.try_emplace(world.key(), static_cast<Index>(nodes_.size()));
    if (is_new) {
      Node node{.parent = parent,
                .event = event,
                .awaited = world.awaited(),
                .left = world.left(),
                .will_exit = world.will_exit()};
      for (const Role role : {Role::service, Role::log}) {
        node.idles.at(role == Role::log ? 1 : 0) = world.will_be_up(role) && !world.runs(role);
      }
      nodes_.push_back(node);
      frontier_.push_back(world);
    }
    return found->second;
  }

  void expand(const World& world, Index at) {
    if (nodes_.size() > kTooMany) return;
    const std::size_t first_edge = edges_.size();
    std::optional<Index> duty;
    for (const Event& event : world.events(bounds_)) {
      ++findings_.transitions;
      World next = world;
      const Rules broken = next.apply(event);
      findings_.most_actions = std::max(findings_.most_actions, next.most_actions());
      if (broken.any()) {
        for (std::size_t rule = 0; rule < kRules; ++rule) {
          if (broken.test(rule)) report(static_cast<Rule>(rule), way_to(at) + "\n  " + describe(event));
        }
        continue;
      }
      const Index to = visit(next, at, event);
      if (event.kind == Event::Kind::turn_ends && to != at) duty = to;
      if (const World::Awaited bit = world.fulfils(event)) edges_.push_back({at, to, bit});
    }
    if (duty) {
      edges_.resize(first_edge);
      edges_.push_back({at, *duty, kDuty});
      nodes_[at].awaited = kDuty;
    }
  }

  void report(Rule rule, std::string way) {
    std::string& first = findings_.broken.at(static_cast<std::size_t>(rule));
    if (first.empty()) first = std::move(way);
  }

  [[nodiscard]] std::string way_to(Index at) const {
    std::string way;
    for (; nodes_[at].parent != kNone; at = nodes_[at].parent) {
      way = "\n  " + describe(nodes_[at].event) + way;
    }
    return way;
  }

  void follow_fair_courses() {
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
    must_leave(Rule::exit_is_reached, [](const Node& node) { return node.will_exit && !node.left; });
    must_leave(Rule::up_is_reached, [](const Node& node) { return node.idles[0]; });
    must_leave(Rule::up_is_reached, [](const Node& node) { return node.idles[1] && !node.will_exit; });
  }

  /// Every fair course leaves the states that are `inside`: each way round in there (each strongly connected
  /// component) keeps something waiting for ever.
  template <typename Inside>
  void must_leave(Rule rule, Inside inside);

  const Bounds& bounds_;
  Findings findings_;
  std::unordered_map<Key, Index, KeyHash> seen_;
  std::deque<World> frontier_;
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
};

template <typename Inside>
void Walker::must_leave(Rule rule, Inside inside) {
  // Tarjan's algorithm, with a stack of its own instead of the call stack.
  struct Visit {
    Index node;
    std::vector<Edge>::const_iterator next;
  };
  const auto edges_of = [this](Index node) {
    return std::lower_bound(edges_.cbegin(), edges_.cend(), node,
                            [](const Edge& edge, Index from) { return edge.from < from; });
  };
  std::vector<Index> order(nodes_.size(), kNone);
  std::vector<Index> low(nodes_.size(), kNone);
  std::vector<Index> component(nodes_.size(), kNone);
  std::vector<Index> open;
  std::vector<Visit> visits;
  Index count = 0;

  const auto close = [&](Index root) {
    World::Awaited awaited = std::numeric_limits<World::Awaited>::max();
    const auto first = std::find(open.begin(), open.end(), root);
    for (auto member = first; member != open.end(); ++member) {
      component[*member] = root;
      awaited = static_cast<World::Awaited>(awaited & nodes_[*member].awaited);
    }
    for (auto member = first; member != open.end(); ++member) {
      for (auto edge = edges_of(*member); edge != edges_.cend() && edge->from == *member; ++edge) {
        if (component[edge->to] == root) awaited = static_cast<World::Awaited>(awaited & ~edge->fulfils);
      }
    }
    open.erase(first, open.end());
    if (awaited == 0) report(rule, way_to(root) + "\n  and so on for ever");
  };

  for (Index start = 0; start < nodes_.size(); ++start) {
    if (order[start] != kNone || !inside(nodes_[start])) continue;
    visits.push_back({start, edges_of(start)});
    while (!visits.empty()) {
      const Index node = visits.back().node;
      if (order[node] == kNone) {
        order[node] = low[node] = count++;
        open.push_back(node);
      }
      auto& next = visits.back().next;
      if (next == edges_.cend() || next->from != node) {
        if (low[node] == order[node]) close(node);
        visits.pop_back();
        if (!visits.empty()) low[visits.back().node] = std::min(low[visits.back().node], low[node]);
        continue;
      }
      const Index to = (next++)->to;
      if (!inside(nodes_[to])) continue;
      if (order[to] == kNone) {
        visits.push_back({to, edges_of(to)});
      } else if (component[to] == kNone) {
        low[node] = std::min(low[node], order[to]);
      }
    }
  }
}

}  // namespace

std::string Findings::report() const {
  std::string text;
  for (std::size_t rule = 0; rule < kRules; ++rule) {
    if (broken.at(rule).empty()) continue;
    text +=
        fmt::format("\nNot kept: {}. Shortest way:{}\n", sentence(static_cast<Rule>(rule)), broken.at(rule));
  }
  return text;
}

Findings walk(const std::vector<World>& roots, const Bounds& bounds) { return Walker(bounds).run(roots); }

}  // namespace runvisor::model
