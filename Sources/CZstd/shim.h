// Zstandard's interface as it is. No logic.
#pragma once
#include <zstd.h>
