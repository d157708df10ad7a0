#include "core/model/transfer_error.h"

namespace lh {

std::string_view error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Http:
      return "http";
    case ErrorKind::Network:
      return "network";
    case ErrorKind::Tls:
      return "tls";
    case ErrorKind::Protocol:
      return "protocol";
    case ErrorKind::File:
      return "file";
    case ErrorKind::DiskFull:
      return "disk";
    case ErrorKind::Checksum:
      return "checksum";
    case ErrorKind::Canceled:
      return "canceled";
    case ErrorKind::InvalidArgument:
    case ErrorKind::IllegalState:
    case ErrorKind::NotFound:
    case ErrorKind::Quota:
    case ErrorKind::Store:
    case ErrorKind::Bus:
    case ErrorKind::Config:
    case ErrorKind::Unavailable:
    case ErrorKind::Internal:
      return "internal";
  }
  return "internal";
}

}  // namespace lh
