#include "CLineEditor.h"

#include <dlfcn.h>
#include <stdio.h>

// <histedit.h>'s numbers.
enum { EDIT_EDITOR = 2, EDIT_BIND = 4, EDIT_TTY = 8, EDIT_ADD_FUNCTION = 9, EDIT_HISTORY = 10, EDIT_READER = 13, EDIT_OWNER = 14 };
enum { EDIT_PREPARE = 16, EDIT_REFRESH = 20, EDIT_PROMPT_WITH_MARK = 21 };
enum { HISTORY_SIZE = 1, HISTORY_ENTER = 10, HISTORY_UNIQUE = 20 };

// `HistEventW`.
typedef struct {
    int number;
    const wchar_t *text;
} history_event;

static struct {
    EditLine *(*init)(const char *, FILE *, FILE *, FILE *);
    void (*end)(EditLine *);
    int (*source)(EditLine *, const char *);
    void (*resize)(EditLine *);
    const wchar_t *(*wgets)(EditLine *, int *);
    int (*wgetc)(EditLine *, wchar_t *);
    int (*wset)(EditLine *, int, ...);
    int (*wget)(EditLine *, int, ...);
    const convo_edited_line *(*wline)(EditLine *);
    int (*winsertstr)(EditLine *, const wchar_t *);
} el;

static struct {
    HistoryW *(*init)(void);
    void (*end)(HistoryW *);
    int (*call)(HistoryW *, history_event *, int, ...);
} history;

const char *convo_editor_load(const char *name) {
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (!library) return dlerror();
#define FIND(place, symbol) \
    if (!(*(void **)&place = dlsym(library, symbol))) return dlerror();
    FIND(el.init, "el_init")
    FIND(el.end, "el_end")
    FIND(el.source, "el_source")
    FIND(el.resize, "el_resize")
    FIND(el.wgets, "el_wgets")
    FIND(el.wgetc, "el_wgetc")
    FIND(el.wset, "el_wset")
    FIND(el.wget, "el_wget")
    FIND(el.wline, "el_wline")
    FIND(el.winsertstr, "el_winsertstr")
    FIND(history.init, "history_winit")
    FIND(history.end, "history_wend")
    FIND(history.call, "history_w")
    return NULL;
}

EditLine *convo_editor_init(const char *program) { return el.init(program, stdin, stdout, stderr); }
void convo_editor_end(EditLine *editor) { el.end(editor); }
int convo_editor_set_owner(EditLine *editor, void *owner) { return el.wset(editor, EDIT_OWNER, owner); }
void *convo_editor_owner(EditLine *editor) {
    void *owner = NULL;
    el.wget(editor, EDIT_OWNER, &owner);
    return owner;
}

int convo_editor_set_prompt(EditLine *editor, convo_prompt_callback prompt, wchar_t mark) {
    return el.wset(editor, EDIT_PROMPT_WITH_MARK, prompt, mark);
}
int convo_editor_set_reader(EditLine *editor, convo_read_callback reader) {
    return el.wset(editor, EDIT_READER, reader);
}
int convo_editor_set_history(EditLine *editor, HistoryW *entries) {
    return el.wset(editor, EDIT_HISTORY, history.call, entries);
}
int convo_editor_use_emacs_keys(EditLine *editor) { return el.wset(editor, EDIT_EDITOR, L"emacs"); }
int convo_editor_read_settings(EditLine *editor) { return el.source(editor, NULL); }

const char *const convo_draft_keys = "\033[9001~";
const char *const convo_leave_keys = "\033[9002~";
int convo_editor_bind(EditLine *editor, const convo_key_functions *functions) {
    int code = 0;
#define ADD(name, function) code |= el.wset(editor, EDIT_ADD_FUNCTION, name, L"a function of convo's", functions->function)
    ADD(L"convo-paste", paste);
    ADD(L"convo-newline", newline);
    ADD(L"convo-draft", draft);
    ADD(L"convo-leave", leave);
    ADD(L"convo-interrupt", interrupt);
    ADD(L"convo-suspend", suspend);
    ADD(L"convo-quit", quit);
#define BIND(keys, name) code |= el.wset(editor, EDIT_BIND, keys, name, NULL)
    BIND(L"\\e[200~", L"convo-paste");
    BIND(L"\\e\\r", L"convo-newline");
    BIND(L"\\e\\n", L"convo-newline");
    BIND(L"\\e[9001~", L"convo-draft");
    BIND(L"\\e[9002~", L"convo-leave");
    return code;
}

int convo_editor_take_keys(EditLine *editor, wchar_t interrupt, wchar_t suspend, wchar_t quit) {
    int code = el.wset(editor, EDIT_TTY, L"-d", L"-isig", NULL);
    code |= el.wset(editor, EDIT_TTY, L"-x", L"-isig", L"-icanon", L"-echo", NULL);
#define BIND_KEY(key, name) \
    if (key) { \
        const wchar_t keys[] = {key, 0}; \
        BIND(keys, name); \
    }
    BIND_KEY(interrupt, L"convo-interrupt")
    BIND_KEY(suspend, L"convo-suspend")
    BIND_KEY(quit, L"convo-quit")
    return code;
}

const wchar_t *convo_editor_gets(EditLine *editor, int *count) { return el.wgets(editor, count); }
int convo_editor_getc(EditLine *editor, wchar_t *character) { return el.wgetc(editor, character); }
convo_edited_line convo_editor_line(EditLine *editor) { return *el.wline(editor); }
int convo_editor_insert(EditLine *editor, const wchar_t *text) { return el.winsertstr(editor, text); }
int convo_editor_refresh(EditLine *editor) { return el.wset(editor, EDIT_REFRESH); }
void convo_editor_resize(EditLine *editor) { el.resize(editor); }
int convo_editor_prepare(EditLine *editor, bool isReady) { return el.wset(editor, EDIT_PREPARE, (int)isReady); }

HistoryW *convo_history_init(int size) {
    HistoryW *entries = history.init();
    history_event event;
    if (!entries) return NULL;
    history.call(entries, &event, HISTORY_SIZE, size);
    history.call(entries, &event, HISTORY_UNIQUE, 1);
    return entries;
}
void convo_history_end(HistoryW *entries) { history.end(entries); }
int convo_history_enter(HistoryW *entries, const wchar_t *line) {
    history_event event;
    return history.call(entries, &event, HISTORY_ENTER, line);
}
