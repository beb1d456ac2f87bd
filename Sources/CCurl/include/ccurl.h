/* libcurl, opened when it is first needed: it and what it needs cost belay 6 ms at every start. Beside that, only what
   Swift cannot call: setopt and getinfo are variadic. Each function is libcurl's of that name. */
#ifndef BELAY_CCURL_H
#define BELAY_CCURL_H

#include <curl/curl.h>

/* Once in a process; later calls do nothing. Why libcurl cannot be used, or NULL. */
const char *belay_curl_open(void);
/* `7.88.1`. */
const char *belay_curl_version(void);

typedef size_t (*belay_curl_sink)(char *bytes, size_t size, size_t count, void *context);
typedef int (*belay_curl_progress)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

CURL *belay_curl_easy_init(void);
void belay_curl_easy_reset(CURL *easy);
void belay_curl_easy_cleanup(CURL *easy);
CURLcode belay_curl_easy_perform(CURL *easy);
CURLcode belay_curl_easy_send(CURL *easy, const void *bytes, size_t length, size_t *sent);
CURLcode belay_curl_easy_recv(CURL *easy, void *buffer, size_t length, size_t *received);
const char *belay_curl_easy_strerror(CURLcode code);

CURLcode belay_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode belay_curl_set_size(CURL *easy, CURLoption option, curl_off_t value);
/* libcurl copies the text. */
CURLcode belay_curl_set_text(CURL *easy, CURLoption option, const char *value);
/* Borrowed until the transfer has ended. */
CURLcode belay_curl_set_pointer(CURL *easy, CURLoption option, const void *value);
CURLcode belay_curl_set_sink(CURL *easy, CURLoption option, belay_curl_sink sink);
CURLcode belay_curl_set_progress(CURL *easy, belay_curl_progress progress);
long belay_curl_get_long(CURL *easy, CURLINFO what);
curl_off_t belay_curl_get_size(CURL *easy, CURLINFO what);
const char *belay_curl_get_text(CURL *easy, CURLINFO what);
int belay_curl_get_socket(CURL *easy);

struct curl_slist *belay_curl_slist_append(struct curl_slist *list, const char *text);
void belay_curl_slist_free_all(struct curl_slist *list);

CURLM *belay_curl_multi_init(void);
CURLMcode belay_curl_multi_cleanup(CURLM *multi);
CURLMcode belay_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode belay_curl_multi_remove_handle(CURLM *multi, CURL *easy);
/* CURLMOPT_SOCKETFUNCTION, CURLMOPT_TIMERFUNCTION and what they are called with. */
void belay_curl_multi_tell(CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *context);
CURLMcode belay_curl_multi_socket_action(CURLM *multi, curl_socket_t socket, int ready);
/* The next transfer that has ended, with its result; NULL: there is none. */
CURL *belay_curl_multi_next_done(CURLM *multi, CURLcode *result);

#endif
