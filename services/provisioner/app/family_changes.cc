#include "services/provisioner/app/family_changes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/provisioner/core/topics/topic_news.h"

namespace sluice::provisioner {
namespace {

template <typename T>
const T* FindSame(const std::vector<T>& rows, const std::string& uid) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const T& row) { return row.meta.uid == uid; });
  return found == rows.end() ? nullptr : &*found;
}

template <typename T>
void AddRows(const std::vector<T>& before, std::vector<T> after, absl::Time now, std::vector<Write>& writes) {
  for (const T& old : before) {
    if (FindSame(after, old.meta.uid) == nullptr) writes.push_back(ErasedRow(old));
  }
  for (T& row : after) {
    const T* old = FindSame(before, row.meta.uid);
    if (old == nullptr) {
      writes.push_back(NewRow(std::move(row)));
    } else if (!(*old == row)) {
      writes.push_back(UpdatedRow(std::move(row), now));
    }
  }
}

}  // namespace

Write NewRow(Aggregate aggregate) {
  Meta& meta = MetaOf(aggregate);
  meta.version = KindOf(aggregate) == Kind::kDesiredDocument ? meta.generation : 1;
  return {.after = std::move(aggregate), .expected_version = 0};
}

Write UpdatedRow(Aggregate after, absl::Time now) {
  const Kind kind = KindOf(after);
  Meta& meta = MetaOf(after);
  const int64_t expected = meta.version;
  // A document's version is its generation; its time, and a status' time, is part of what it says.
  meta.version = kind == Kind::kDesiredDocument ? meta.generation : expected + 1;
  if (kind != Kind::kDesiredDocument && kind != Kind::kSeenStatus) meta.update_time = now;
  return {.after = std::move(after), .expected_version = expected};
}

Write ErasedRow(Aggregate aggregate) {
  Meta& meta = MetaOf(aggregate);
  const int64_t expected = meta.version++;
  // The tombstone comes after all that was said.
  if (KindOf(aggregate) == Kind::kDesiredDocument) meta.generation = std::max(meta.generation, expected) + 1;
  return {.after = std::move(aggregate), .expected_version = expected, .erase = true};
}

void AddChanges(const ClusterFamily& before, ClusterFamily after, absl::Time now, Mutation& mutation) {
  std::vector<TopicNews> topics = TopicNewsOf(before, after);
  mutation.topics.insert(mutation.topics.end(), std::make_move_iterator(topics.begin()),
                         std::make_move_iterator(topics.end()));
  std::vector<Write>& writes = mutation.writes;
  AddRows(before.operations, std::move(after.operations), now, writes);
  AddRows(before.keys, std::move(after.keys), now, writes);
  AddRows(before.documents, std::move(after.documents), now, writes);
  AddRows(before.physical_clusters, std::move(after.physical_clusters), now, writes);
  AddRows(before.statuses, std::move(after.statuses), now, writes);
  if (after.erased) {
    writes.push_back(ErasedRow(std::move(after.cluster)));
  } else if (before.cluster.meta.version == 0) {
    writes.push_back(NewRow(std::move(after.cluster)));
  } else if (!(before.cluster == after.cluster)) {
    writes.push_back(UpdatedRow(std::move(after.cluster), now));
  }
}

}  // namespace sluice::provisioner
