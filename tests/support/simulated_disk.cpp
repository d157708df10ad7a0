#include "support/simulated_disk.h"

#include <algorithm>

namespace lh::sim {

// --- content -----------------------------------------------------------------------------------

void FileImage::append(ContentId content, ByteOffset from, ByteCount length) {
  if (length == 0) return;
  size_ += length;
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (last.content == content && last.from + last.length == from) {
      last.length += length;
      return;
    }
  }
  runs_.push_back({content, from, length});
}

void FileImage::truncate(ByteCount size) {
  while (size_ > size) {
    Run& last = runs_.back();
    const ByteCount cut = std::min(last.length, size_ - size);
    last.length -= cut;
    size_ -= cut;
    if (last.length == 0) runs_.pop_back();
  }
}

std::optional<ContentId> FileImage::version_of(ByteCount length) const {
  if (length == 0 || length > size_) return std::nullopt;
  const Run& first = runs_.front();
  const bool whole = first.content != 0 && first.from == 0 && first.length >= length;
  return whole ? std::optional(first.content) : std::nullopt;
}

std::string FileImage::describe() const {
  std::string text;
  for (const Run& run : runs_) {
    text += "[v" + std::to_string(run.content) + " " + std::to_string(run.from) + "+" +
            std::to_string(run.length) + "]";
  }
  return text.empty() ? "[]" : text;
}

// --- names -------------------------------------------------------------------------------------

void SimulatedDisk::apply(Names& names, const NameChange& change) {
  switch (change.what) {
    case NameChange::What::Put:
      names.partials[change.id] = change.file;
      break;
    case NameChange::What::Drop:
      names.partials.erase(change.id);
      break;
    case NameChange::What::Move:
      names.partials.erase(change.id);
      names.targets[change.path] = change.file;
      break;
  }
}

void SimulatedDisk::change(NameChange change) {
  apply(visible_, change);
  journal_.push_back(std::move(change));
}

void SimulatedDisk::sync_folder() {
  for (const NameChange& change : journal_) apply(durable_, change);
  journal_.clear();
}

SimulatedDisk::File SimulatedDisk::partial(const TransferId& id) const {
  const auto it = visible_.partials.find(id);
  return it == visible_.partials.end() ? nullptr : it->second;
}

SimulatedDisk::File SimulatedDisk::replaced(const TransferId& id) const {
  const auto it = replaced_.find(id);
  return it == replaced_.end() ? nullptr : it->second;
}

SimulatedDisk::File SimulatedDisk::target(const std::string& path) const {
  const auto it = visible_.targets.find(path);
  return it == visible_.targets.end() ? nullptr : it->second;
}

SimulatedDisk::File SimulatedDisk::durable_target(const std::string& path) const {
  const auto it = durable_.targets.find(path);
  return it == durable_.targets.end() ? nullptr : it->second;
}

std::vector<TransferId> SimulatedDisk::partial_files() const {
  std::vector<TransferId> ids;
  for (const auto& [id, file] : visible_.partials) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

void SimulatedDisk::place(const std::string& path, ContentId content, ByteCount size) {
  auto file = std::make_shared<SimulatedFile>();
  file->inode = ++last_inode_;
  file->image.append(content, 0, size);
  file->synced = size;
  visible_.targets[path] = file;
  durable_.targets[path] = file;
}

// --- partial files -----------------------------------------------------------------------------

std::optional<ByteCount> SimulatedDisk::open(const TransferId& id, ByteCount recorded,
                                             bool trust_size) {
  const File file = partial(id);
  if (!file) return std::nullopt;
  const ByteCount size = file->image.size();
  ByteCount prefix = recorded;
  if (size < recorded) {
    prefix = 0;
  } else if (trust_size && size != recorded) {
    prefix = sync(id);
  }
  if (prefix == 0 && size > 0) {
    start_over(id);
  } else {
    file->image.truncate(prefix);
    file->synced = std::min(file->synced, prefix);
  }
  return prefix;
}

void SimulatedDisk::start_over(const TransferId& id) {
  auto fresh = std::make_shared<SimulatedFile>();
  fresh->inode = ++last_inode_;
  fresh->owner = id;
  if (File old = partial(id)) replaced_[id] = std::move(old);
  change({NameChange::What::Put, id, {}, std::move(fresh)});
}

void SimulatedDisk::append(const TransferId& id, ContentId content, ByteOffset from,
                           ByteCount length) {
  if (!partial(id)) start_over(id);
  partial(id)->image.append(content, from, length);
}

ByteCount SimulatedDisk::sync(const TransferId& id) {
  const File file = partial(id);
  if (!file) return 0;
  file->synced = file->image.size();
  // A synced file has its name.
  std::erase_if(journal_, [&](const NameChange& change) {
    if (change.id != id || change.what == NameChange::What::Move) return false;
    apply(durable_, change);
    return true;
  });
  return file->synced;
}

void SimulatedDisk::lose_unsynced(const TransferId& id) {
  const File file = partial(id);
  if (!file) return;
  const ByteCount size = file->image.size();
  file->image.truncate(file->synced);
  file->image.append(0, 0, size - file->synced);
}

void SimulatedDisk::lose(const TransferId& id) {
  discard(id);
  lost_.insert(id);
}

bool SimulatedDisk::rename(const TransferId& id, const std::string& path) {
  File file = partial(id);
  if (!file) return false;
  change({NameChange::What::Move, id, path, std::move(file)});
  return true;
}

void SimulatedDisk::discard(const TransferId& id) {
  if (partial(id)) change({NameChange::What::Drop, id, {}, nullptr});
}

void SimulatedDisk::power_cut(RandomSource& random) {
  // A journaling file system keeps the order of changes of names.
  const auto kept = static_cast<std::size_t>(random.below(journal_.size() + 1));
  for (std::size_t i = 0; i < kept; ++i) apply(durable_, journal_[i]);
  journal_.clear();
  visible_ = durable_;
  const auto lose = [&random](SimulatedFile& file) {
    const ByteCount lost = file.image.size() - file.synced;
    if (lost == 0) return;
    file.image.truncate(file.synced);
    if (random.percent(50)) file.image.append(0, 0, lost);  // the size may have survived
    file.synced = file.image.size();
  };
  for (const TransferId& id : partial_files()) lose(*partial(id));
  for (const auto& [path, file] : visible_.targets) {
    if (file->synced < file->image.size()) lose(*file);
  }
}

}  // namespace lh::sim
