// What DER and MEMO share: the network gets a further part per task, beside frozen ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/continual/method.hpp"

namespace sylvester {

class Expanding : public Method {
 public:
  double loss(const TaskBatch& batch, Gradients& gradients) override;
  /// Takes the auxiliary head away and aligns the classifier's rows: new rows are multiplied by the
  /// ratio of the mean lengths of old and new ones.
  void finish(const Task& task, Network& network) override;

 protected:
  using Method::Method;

  /// Nodes of the newest part, from its first one to one past its last one.
  struct Part {
    int first = 0;
    int last = 0;
  };
  /// The first task's part: the nodes from `first` to the classifier.
  void begin_with(int first, const Network& network);
  /// Freezes what there is and appends `layers` behind node `from`, with the weights of the newest
  /// part; the classifier reads their features, too, and gets the task's classes. An auxiliary head
  /// on the new features tells the task's classes from each other and from all old ones.
  void append_part(const Task& task, int from, std::span<const std::string> layers,
                   Network& network, HostRandom& random);

 private:
  Part part_;
  std::vector<std::int32_t> labels_;
};

}  // namespace sylvester
