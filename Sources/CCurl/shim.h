// libcurl's setters are variadic, which Swift cannot call: one typed wrapper per kind of argument, and no logic.
#pragma once
#include <curl/curl.h>
