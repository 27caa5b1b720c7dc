// libcurl's setters and getters are variadic, which Swift cannot call: one typed wrapper per kind of argument, and
// no logic.
#pragma once
#include <curl/curl.h>

typedef size_t (*convo_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*convo_seek_callback)(void *context, curl_off_t offset, int origin);

static inline CURLcode convo_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode convo_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode convo_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode convo_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode convo_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode convo_easy_set_data_callback(CURL *easy, CURLoption option, convo_data_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}
static inline CURLcode convo_easy_set_seek_callback(CURL *easy, convo_seek_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
}
static inline CURLcode convo_easy_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode convo_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode convo_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
