#include "files/reservation.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

namespace lh {
namespace {

/// Steps are as long as what is there already, within these bounds: few calls and long extents for
/// large files, little for a server that has sent nothing yet.
constexpr ByteCount kFirstStep = 16_MiB;
constexpr ByteCount kLongestStep = 256_MiB;
/// Reservations leave a twentieth of the file system, but not more than this: what a desktop needs
/// to go on working, and other downloads to end.
constexpr ByteCount kMostHeadroom = 1_GiB;
constexpr ByteCount kHeadroomPart = 20;
/// Of st_blocks, whatever the file system's own blocks are.
constexpr ByteCount kStatBlock = 512;

struct Room {
  ByteCount free = 0;
  ByteCount to_reserve = 0;  ///< free, without the headroom
};

/// Nothing where the file system does not know.
std::optional<Room> room_on_disk(FileOps& ops, int fd) {
  struct ::statvfs info{};
  if (ops.fstatvfs(fd, &info) != 0 || info.f_blocks == 0) return std::nullopt;
  const ByteCount unit = info.f_frsize != 0 ? info.f_frsize : info.f_bsize;
  const ByteCount most = unit == 0 ? 0 : std::numeric_limits<ByteCount>::max() / unit;
  if (unit == 0 || info.f_blocks > most || info.f_bavail > most) return std::nullopt;
  const ByteCount free = info.f_bavail * unit;
  const ByteCount headroom = std::min(info.f_blocks * unit / kHeadroomPart, kMostHeadroom);
  return Room{.free = free, .to_reserve = free > headroom ? free - headroom : 0};
}

/// Bytes of the disk that are the file's already, be they written or reserved by an earlier
/// attempt: these are not counted again.
ByteCount taken_by(FileOps& ops, int fd, ByteCount have) {
  struct ::stat info{};
  if (ops.fstat(fd, &info) != 0) return have;
  return std::max(have, static_cast<ByteCount>(info.st_blocks) * kStatBlock);
}

ByteCount step_at(ByteCount have) {
  return std::clamp(have, kFirstStep, kLongestStep);
}

bool cannot_reserve(int reason) {
  return reason == EOPNOTSUPP || reason == ENOSYS;
}

}  // namespace

int Reservation::begin(int fd, ByteCount have, ByteCount total) {
  total_ = total;
  taken_to_ = have;
  if (ops_.check_size(fd, total) != 0) return errno;
  const ByteCount taken = taken_by(ops_, fd, have);
  const auto room = room_on_disk(ops_, fd);
  // Said now rather than after hours. Others may take the room meanwhile; that is no worse.
  if (room && total > taken && total - taken > room->free) return ENOSPC;
  taken_to_ = have + std::min(total - std::min(have, total), step_at(have));
  return take(fd, have, taken_to_);
}

void Reservation::take_next(int fd, ByteCount end) {
  const ByteCount from = taken_to_;
  taken_to_ = std::min(total_, std::max(end, from + step_at(end)));
  // Where this finds no room, writing finds out how far it gets.
  [[maybe_unused]] const int reason = take(fd, from, taken_to_);
}

int Reservation::take(int fd, ByteCount from, ByteCount to) {
  ByteCount length = to > from ? to - from : 0;
  if (const auto room = room_on_disk(ops_, fd)) length = std::min(length, room->to_reserve);
  if (length == 0 || ops_.fallocate_keep_size(fd, from, length) == 0) return 0;
  const int reason = errno;
  if (!cannot_reserve(reason)) return reason;
  total_ = 0;  // no further steps
  return 0;
}

}  // namespace lh
