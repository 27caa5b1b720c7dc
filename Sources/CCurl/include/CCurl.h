// libcurl, loaded when it is first needed: with its twenty libraries it takes longer to load than a program that
// reads the database takes to run. One function for each of libcurl's that is used, under a name of its own; its
// variadic setters and getters, which Swift cannot call, as one for each kind of argument. No logic.
#pragma once
#include <curl/curl.h>

typedef size_t (*convo_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*convo_seek_callback)(void *context, curl_off_t offset, int origin);

// Loads libcurl by the name of its file; before it has returned NULL, nothing else here may be called, and afterwards it
// must not be called again.
// Returns: NULL, or why it could not be loaded, which is valid until the next call of a dl function.
const char *convo_curl_load(const char *name);

CURLcode convo_global_init(long flags);

CURL *convo_easy_init(void);
void convo_easy_reset(CURL *easy);
void convo_easy_cleanup(CURL *easy);
CURLcode convo_easy_pause(CURL *easy, int mask);
const char *convo_easy_strerror(CURLcode code);
CURLcode convo_easy_set_long(CURL *easy, CURLoption option, long value);
CURLcode convo_easy_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode convo_easy_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode convo_easy_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode convo_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode convo_easy_set_data_callback(CURL *easy, CURLoption option, convo_data_callback callback);
CURLcode convo_easy_set_seek_callback(CURL *easy, convo_seek_callback callback);
CURLcode convo_easy_get_size(CURL *easy, CURLINFO info, curl_off_t *value);

CURLcode convo_easy_get_certificates(CURL *easy, struct curl_certinfo **chain);
CURLcode convo_easy_perform(CURL *easy);
const char *convo_version(void);

CURLM *convo_multi_init(void);
CURLMcode convo_multi_cleanup(CURLM *multi);
CURLMcode convo_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode convo_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode convo_multi_perform(CURLM *multi, int *running);
CURLMcode convo_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned int count, int milliseconds, int *ready);
CURLMcode convo_multi_wakeup(CURLM *multi);
CURLMsg *convo_multi_info_read(CURLM *multi, int *remaining);
CURLMcode convo_multi_set_long(CURLM *multi, CURLMoption option, long value);

struct curl_slist *convo_slist_append(struct curl_slist *list, const char *text);
void convo_slist_free_all(struct curl_slist *list);
void convo_free(void *pointer);

CURLU *convo_url(void);
void convo_url_cleanup(CURLU *url);
CURLUcode convo_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags);
CURLUcode convo_url_get(CURLU *url, CURLUPart part, char **text, unsigned int flags);
