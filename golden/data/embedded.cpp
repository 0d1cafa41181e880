#include "golden/data/embedded.hpp"

#include "golden/data/motion.hpp"
#include "golden/data/window_features.hpp"
#include "golden/support/random.hpp"

namespace sylvester {

Dataset embedded_dataset() {
  constexpr std::uint64_t kSeed = 0x53796C7665737465;  // "Sylveste"
  const HostRandom root(kSeed);

  std::vector<Person> people;
  for (int subject = 1; subject <= kEmbeddedSubjects; ++subject) {
    people.emplace_back(root.fork(static_cast<std::uint64_t>(subject)));
  }

  Dataset dataset;
  dataset.name = "embedded";
  dataset.set_shape(1, 1, kWindowFeatures);
  dataset.classes = kActivities;
  constexpr std::size_t kSamples = std::size_t{kActivities} * kEmbeddedSubjects * kEmbeddedWindows;
  dataset.x.reserve(kSamples * kWindowFeatures);
  std::uint64_t window_number = 0;
  const HostRandom windows = root.fork(0);
  for (int activity = 0; activity < kActivities; ++activity) {
    for (int subject = 1; subject <= kEmbeddedSubjects; ++subject) {
      const Person& person = people[static_cast<std::size_t>(subject - 1)];
      for (int window = 0; window < kEmbeddedWindows; ++window) {
        const auto features =
            window_features(person.record(activity, windows.fork(window_number++)));
        dataset.x.insert(dataset.x.end(), features.begin(), features.end());
        dataset.label.push_back(activity);
        dataset.subject.push_back(subject);
      }
    }
  }
  return dataset;
}

}  // namespace sylvester
