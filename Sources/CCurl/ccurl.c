#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* The declarations of curl.h give the types; its type-checking macros stand in the way. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define FUNCTIONS(X)                                                                                                 \
  X(curl_global_init)                                                                                                \
  X(curl_easy_init)                                                                                                  \
  X(curl_easy_reset)                                                                                                 \
  X(curl_easy_cleanup)                                                                                               \
  X(curl_easy_perform)                                                                                               \
  X(curl_easy_send)                                                                                                  \
  X(curl_easy_recv)                                                                                                  \
  X(curl_easy_strerror)                                                                                              \
  X(curl_easy_setopt)                                                                                                \
  X(curl_easy_getinfo)                                                                                               \
  X(curl_slist_append)                                                                                               \
  X(curl_slist_free_all)                                                                                             \
  X(curl_multi_init)                                                                                                 \
  X(curl_multi_cleanup)                                                                                              \
  X(curl_multi_add_handle)                                                                                           \
  X(curl_multi_remove_handle)                                                                                        \
  X(curl_multi_setopt)                                                                                               \
  X(curl_multi_socket_action)                                                                                        \
  X(curl_multi_info_read)                                                                                            \
  X(curl_version_info)

#define POINTER(name) static __typeof__(&name) call_##name;
FUNCTIONS(POINTER)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

static void open_library(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define FIND(name)                                                                                                   \
  if (!(call_##name = (__typeof__(&name))dlsym(library, #name))) {                                                   \
    snprintf(failure, sizeof failure, "libcurl.so.4 is too old: it has no %s", #name);                               \
    return;                                                                                                          \
  }
  FUNCTIONS(FIND)
  if (call_curl_global_init(CURL_GLOBAL_DEFAULT)) snprintf(failure, sizeof failure, "libcurl cannot be initialised");
}

const char *belay_curl_open(void) {
  pthread_once(&once, open_library);
  return failure[0] ? failure : NULL;
}

CURL *belay_curl_easy_init(void) { return call_curl_easy_init(); }
void belay_curl_easy_reset(CURL *easy) { call_curl_easy_reset(easy); }
void belay_curl_easy_cleanup(CURL *easy) { call_curl_easy_cleanup(easy); }
CURLcode belay_curl_easy_perform(CURL *easy) { return call_curl_easy_perform(easy); }
CURLcode belay_curl_easy_send(CURL *easy, const void *bytes, size_t length, size_t *sent) {
  return call_curl_easy_send(easy, bytes, length, sent);
}
CURLcode belay_curl_easy_recv(CURL *easy, void *buffer, size_t length, size_t *received) {
  return call_curl_easy_recv(easy, buffer, length, received);
}
const char *belay_curl_easy_strerror(CURLcode code) { return call_curl_easy_strerror(code); }

CURLcode belay_curl_set_long(CURL *easy, CURLoption option, long value) {
  return call_curl_easy_setopt(easy, option, value);
}
CURLcode belay_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return call_curl_easy_setopt(easy, option, value);
}
CURLcode belay_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return call_curl_easy_setopt(easy, option, value);
}
CURLcode belay_curl_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return call_curl_easy_setopt(easy, option, value);
}
CURLcode belay_curl_set_sink(CURL *easy, CURLoption option, belay_curl_sink sink) {
  return call_curl_easy_setopt(easy, option, sink);
}
CURLcode belay_curl_set_progress(CURL *easy, belay_curl_progress progress) {
  return call_curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, progress);
}
long belay_curl_get_long(CURL *easy, CURLINFO what) {
  long value = 0;
  return call_curl_easy_getinfo(easy, what, &value) ? 0 : value;
}
curl_off_t belay_curl_get_size(CURL *easy, CURLINFO what) {
  curl_off_t value = 0;
  return call_curl_easy_getinfo(easy, what, &value) ? 0 : value;
}
const char *belay_curl_get_text(CURL *easy, CURLINFO what) {
  const char *value = NULL;
  return call_curl_easy_getinfo(easy, what, &value) ? NULL : value;
}
int belay_curl_get_socket(CURL *easy) {
  curl_socket_t value = CURL_SOCKET_BAD;
  return call_curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value) ? -1 : value;
}

const char *belay_curl_version(void) { return call_curl_version_info(CURLVERSION_NOW)->version; }

struct curl_slist *belay_curl_slist_append(struct curl_slist *list, const char *text) {
  return call_curl_slist_append(list, text);
}
void belay_curl_slist_free_all(struct curl_slist *list) { call_curl_slist_free_all(list); }

CURLM *belay_curl_multi_init(void) { return call_curl_multi_init(); }
CURLMcode belay_curl_multi_cleanup(CURLM *multi) { return call_curl_multi_cleanup(multi); }
CURLMcode belay_curl_multi_add_handle(CURLM *multi, CURL *easy) { return call_curl_multi_add_handle(multi, easy); }
CURLMcode belay_curl_multi_remove_handle(CURLM *multi, CURL *easy) {
  return call_curl_multi_remove_handle(multi, easy);
}
void belay_curl_multi_tell(CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *context) {
  call_curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  call_curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  call_curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  call_curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}
CURLMcode belay_curl_multi_socket_action(CURLM *multi, curl_socket_t socket, int ready) {
  int running;
  return call_curl_multi_socket_action(multi, socket, ready, &running);
}

CURL *belay_curl_multi_next_done(CURLM *multi, CURLcode *result) {
  int left;
  CURLMsg *message;
  while ((message = call_curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}
