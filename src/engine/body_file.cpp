#include "engine/body_file.h"

#include <cerrno>
#include <utility>

namespace lh {

void WriteBuffer::add(BodyFile& file, std::span<const char> data) {
  if (owner_ != &file) {
    flush();
    owner_ = &file;
  }
  if (bytes_.size() + data.size() > capacity_) {
    flush();
    owner_ = &file;
  }
  if (data.size() >= capacity_) return file.write(data);
  bytes_.reserve(capacity_);
  bytes_.insert(bytes_.end(), data.begin(), data.end());
}

void WriteBuffer::flush(const BodyFile& file) {
  if (owner_ == &file) flush();
}

void WriteBuffer::forget(const BodyFile& file) {
  if (owner_ != &file) return;
  owner_ = nullptr;
  bytes_.clear();
}

void WriteBuffer::flush() {
  BodyFile* owner = std::exchange(owner_, nullptr);
  if (owner != nullptr && !bytes_.empty()) owner->write(bytes_);
  bytes_.clear();
}

void BodyFile::adopt(std::shared_ptr<PartialFile> file) {
  file_ = std::move(file);
  has_replaced_ = file_ && file_->was_replaced();
}

Result<void> BodyFile::begin_anew(std::optional<ByteCount> total) {
  total_ = total;
  end_.reset();
  skip_ = 0;
  if (file_) {
    if (file_->size() > 0) {
      if (auto done = file_->start_over(); !done) {
        file_.reset();  // what is there is not of this version
        return done;
      }
      has_replaced_ = true;
    }
  } else {
    auto opened = PartialFile::open(ops_, folder_, id_, 0, false);
    if (!opened) return std::move(opened).error();
    file_ = std::move(opened).value();
    has_replaced_ = file_->was_replaced();
  }
  return total ? file_->reserve(*total) : Result<void>();
}

Result<void> BodyFile::go_on(ByteCount skip, ByteCount end, std::optional<ByteCount> total) {
  total_ = total;
  end_ = end;
  skip_ = skip;
  return total ? file_->reserve(*total) : Result<void>();
}

BodyFile::Taken BodyFile::take(std::span<const char> data) {
  if (skip_ > 0) {
    const auto skipped = std::min<ByteCount>(skip_, data.size());
    if (!file_ || !file_->holds(file_->size() - skip_, data.first(skipped))) return Taken::Differs;
    skip_ -= skipped;
    data = data.subspan(skipped);
  }
  if (data.empty()) return Taken::Yes;
  const auto most = end_ ? end_ : total_;
  if (most && received() + data.size() > *most) return Taken::TooMany;
  if (!failure_) buffer_.add(*this, data);
  return failure_ ? Taken::Failed : Taken::Yes;
}

ByteCount BodyFile::received() const {
  return file_ ? file_->size() + buffer_.held_of(*this) : 0;
}

void BodyFile::write(std::span<const char> data) {
  if (failure_) return;
  if (auto written = file_->append(data); !written) fail(std::move(written).error());
}

void BodyFile::check_in_place() {
  if (!file_ || failure_) return;
  if (auto checked = file_->check_in_place(); !checked) fail(std::move(checked).error());
}

void BodyFile::fail(Error error) {
  failure_ = std::move(error);
}

void BodyFile::close() {
  flush();
  file_.reset();
}

Result<std::shared_ptr<PartialFile>> open_leftover(FileOps& ops, const TransferPlan& plan) {
  const std::string& folder = plan.target.folder;
  const int fd = ops.open_folder(folder);
  if (fd < 0) return file_error(errno, "open the folder", folder);
  const FileHandle handle(ops, fd);
  struct ::stat info{};
  if (ops.stat_at(fd, partial_file_name(plan.id).c_str(), &info) != 0 && errno == ENOENT) {
    return std::shared_ptr<PartialFile>();
  }
  return PartialFile::open(ops, folder, plan.id, plan.resume_from, plan.trust_file_size);
}

}  // namespace lh
