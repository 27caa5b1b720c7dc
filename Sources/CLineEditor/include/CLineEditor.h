// libedit, loaded when `convo chat` starts: no other verb reads lines. What is used of its wide-character interface is declared
// here, so that a build needs no header of it: the types, and the numbers in editor.c, are those of libedit's ABI 2
// (<histedit.h>), and of macOS's own libedit. Its variadic functions, which Swift cannot call, are wrapped, one function for
// each use. No logic.
#pragma once
#include <stdbool.h>
#include <wchar.h>

typedef struct editline EditLine;
typedef struct historyW HistoryW;

// `LineInfoW`: the line that is being edited; `cursor` and `end` point into it.
typedef struct {
    const wchar_t *buffer;
    const wchar_t *cursor;
    const wchar_t *end;
} convo_edited_line;

// What a function for a key returns: <histedit.h>'s CC_NORM, CC_NEWLINE, CC_EOF, CC_REFRESH.
enum { CONVO_KEY_DONE = 0, CONVO_KEY_END = 2, CONVO_KEY_REFRESH = 4 };

typedef int (*convo_read_callback)(EditLine *editor, wchar_t *character);
typedef wchar_t *(*convo_prompt_callback)(EditLine *editor);
typedef unsigned char (*convo_key_callback)(EditLine *editor, int character);

// Loads libedit by the name of its file; before it has returned NULL, nothing else here may be called, and afterwards it must
// not be called again.
// Returns: NULL, or why it could not be loaded, which is valid until the next call of a dl function.
const char *convo_editor_load(const char *name);

// An editor of the process's standard streams; NULL where the terminal can't be used.
EditLine *convo_editor_init(const char *program);
void convo_editor_end(EditLine *editor);
// A pointer that the editor keeps for its callbacks.
int convo_editor_set_owner(EditLine *editor, void *owner);
void *convo_editor_owner(EditLine *editor);

// `mark` stands in a prompt at both ends of what takes no column.
int convo_editor_set_prompt(EditLine *editor, convo_prompt_callback prompt, wchar_t mark);
int convo_editor_set_reader(EditLine *editor, convo_read_callback reader);
int convo_editor_set_history(EditLine *editor, HistoryW *history);
int convo_editor_use_emacs_keys(EditLine *editor);
int convo_editor_read_settings(EditLine *editor);
typedef struct {
    convo_key_callback paste, newline, draft, leave, interrupt, suspend, quit;
} convo_key_functions;
// Binds the keys of a bracketed paste's beginning, of Alt-Enter, and two that no terminal has: convo_draft_keys and
// convo_leave_keys, by which a reader makes the editor call its functions.
int convo_editor_bind(EditLine *editor, const convo_key_functions *functions);
// The terminal sends no signals, and shows and gathers nothing, while a line is edited and behind it: the keys of signals come in
// order with the others, and call their functions. A key of 0 is none.
int convo_editor_take_keys(EditLine *editor, wchar_t interrupt, wchar_t suspend, wchar_t quit);
extern const char *const convo_draft_keys;
extern const char *const convo_leave_keys;

// Edits a line to its end. NULL where it was ended otherwise than by Enter; `count` is then not positive.
const wchar_t *convo_editor_gets(EditLine *editor, int *count);
int convo_editor_getc(EditLine *editor, wchar_t *character);
convo_edited_line convo_editor_line(EditLine *editor);
int convo_editor_insert(EditLine *editor, const wchar_t *text);
// Draws the prompt and the line where the cursor is.
int convo_editor_refresh(EditLine *editor);
void convo_editor_resize(EditLine *editor);
// Whether the terminal is made ready for editing, or for what comes behind it.
int convo_editor_prepare(EditLine *editor, bool isReady);

HistoryW *convo_history_init(int size);
void convo_history_end(HistoryW *history);
int convo_history_enter(HistoryW *history, const wchar_t *line);
