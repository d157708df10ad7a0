#pragma once

/// @file
/// Choices about files.

#include <cstdint>

namespace longhaul {

/// When the name of a file to be made is taken.
enum class CreationCollisionOption : std::int32_t {
  GenerateUniqueName = 0,  ///< "name (2).ext"
  ReplaceExisting = 1,
  FailIfExists = 2,
  OpenIfExists = 3
};
/// When the new name of a file is taken.
enum class NameCollisionOption : std::int32_t {
  GenerateUniqueName = 0,
  ReplaceExisting = 1,
  FailIfExists = 2
};
enum class FileAccessMode : std::int32_t { Read = 0, ReadWrite = 1 };
/// There is no difference here: a deleted file is gone.
enum class StorageDeleteOption : std::int32_t { Default = 0, PermanentDelete = 1 };

}  // namespace longhaul
