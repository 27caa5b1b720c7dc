// glibc's settings of its allocator, which Swift's own module of glibc leaves out. No logic.
#pragma once
#ifdef __linux__
#include <malloc.h>
#endif
