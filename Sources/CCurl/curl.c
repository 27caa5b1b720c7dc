#include "CCurl.h"

#include <dlfcn.h>

// clang-format off
#define FUNCTIONS(X) \
    X(global_init) X(easy_init) X(easy_reset) X(easy_cleanup) X(easy_pause) X(easy_strerror) X(easy_setopt) \
    X(easy_getinfo) X(easy_perform) X(version) X(multi_init) X(multi_cleanup) X(multi_add_handle) X(multi_remove_handle) X(multi_perform) \
    X(multi_poll) X(multi_wakeup) X(multi_info_read) X(multi_setopt) X(slist_append) X(slist_free_all) X(free) \
    X(url) X(url_cleanup) X(url_set) X(url_get)
// clang-format on

#define DECLARE(name) __typeof__(&curl_##name) name;
static struct { FUNCTIONS(DECLARE) } curl;

const char *convo_curl_load(const char *name) {
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (!library) return dlerror();
#define FIND(name) \
    if (!(*(void **)&curl.name = dlsym(library, "curl_" #name))) return dlerror();
    FUNCTIONS(FIND)
    return NULL;
}

CURLcode convo_global_init(long flags) { return curl.global_init(flags); }

CURL *convo_easy_init(void) { return curl.easy_init(); }
void convo_easy_reset(CURL *easy) { curl.easy_reset(easy); }
void convo_easy_cleanup(CURL *easy) { curl.easy_cleanup(easy); }
CURLcode convo_easy_pause(CURL *easy, int mask) { return curl.easy_pause(easy, mask); }
const char *convo_easy_strerror(CURLcode code) { return curl.easy_strerror(code); }
CURLcode convo_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl.easy_setopt(easy, option, value);
}
CURLcode convo_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl.easy_setopt(easy, option, value);
}
CURLcode convo_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl.easy_setopt(easy, option, value);
}
CURLcode convo_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl.easy_setopt(easy, option, value);
}
CURLcode convo_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl.easy_setopt(easy, option, value);
}
CURLcode convo_easy_set_data_callback(CURL *easy, CURLoption option, convo_data_callback callback) {
    return curl.easy_setopt(easy, option, callback);
}
CURLcode convo_easy_set_seek_callback(CURL *easy, convo_seek_callback callback) {
    return curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
}
CURLcode convo_easy_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl.easy_getinfo(easy, info, value);
}

CURLcode convo_easy_get_certificates(CURL *easy, struct curl_certinfo **chain) {
    return curl.easy_getinfo(easy, CURLINFO_CERTINFO, chain);
}
CURLcode convo_easy_perform(CURL *easy) { return curl.easy_perform(easy); }
const char *convo_version(void) { return curl.version(); }

CURLM *convo_multi_init(void) { return curl.multi_init(); }
CURLMcode convo_multi_cleanup(CURLM *multi) { return curl.multi_cleanup(multi); }
CURLMcode convo_multi_add_handle(CURLM *multi, CURL *easy) { return curl.multi_add_handle(multi, easy); }
CURLMcode convo_multi_remove_handle(CURLM *multi, CURL *easy) { return curl.multi_remove_handle(multi, easy); }
CURLMcode convo_multi_perform(CURLM *multi, int *running) { return curl.multi_perform(multi, running); }
CURLMcode convo_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned int count, int milliseconds, int *ready) {
    return curl.multi_poll(multi, extra, count, milliseconds, ready);
}
CURLMcode convo_multi_wakeup(CURLM *multi) { return curl.multi_wakeup(multi); }
CURLMsg *convo_multi_info_read(CURLM *multi, int *remaining) { return curl.multi_info_read(multi, remaining); }
CURLMcode convo_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl.multi_setopt(multi, option, value);
}

struct curl_slist *convo_slist_append(struct curl_slist *list, const char *text) {
    return curl.slist_append(list, text);
}
void convo_slist_free_all(struct curl_slist *list) { curl.slist_free_all(list); }
void convo_free(void *pointer) { curl.free(pointer); }

CURLU *convo_url(void) { return curl.url(); }
void convo_url_cleanup(CURLU *url) { curl.url_cleanup(url); }
CURLUcode convo_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags) {
    return curl.url_set(url, part, text, flags);
}
CURLUcode convo_url_get(CURLU *url, CURLUPart part, char **text, unsigned int flags) {
    return curl.url_get(url, part, text, flags);
}
