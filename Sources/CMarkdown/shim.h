// cmark-gfm, and its extensions for tables, strikethrough, links that stand in a text, and lists of tasks. No logic.
#pragma once
#include <cmark-gfm.h>
#include <cmark-gfm-core-extensions.h>
