#pragma once

/// @file
/// Marks what liblonghaul exports; everything else is hidden.

#if defined(__GNUC__)
#define LONGHAUL_EXPORT __attribute__((visibility("default")))
#else
#define LONGHAUL_EXPORT
#endif
