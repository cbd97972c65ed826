/*
 * A block of lines at the bottom of a terminal, redrawn in place.
 *
 * The cursor rests at the start of the line below the block and is never hidden: whenever ferry
 * ends, is stopped or killed, the terminal is as it should be. A frame is one write; it holds only
 * the lines that have changed, between the marks of a synchronized update (mode 2026), which
 * terminals that do not know them pass over. Nothing is written when nothing has changed.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "ui/live.h"

struct ui_screen;

/* Below mem; borrows the stream, whose width may change. */
struct ui_screen *ui_screen_new(const void *mem, const struct ui_stream *stream);
/* Shows these lines. above: text that is to stay, in whole lines, above the block, or NULL. */
void ui_screen_draw(struct ui_screen *screen, const struct live_line *lines, size_t count,
                    const char *above);
/* Somebody else has written: the block stays where it is, the next one begins below. */
void ui_screen_forget(struct ui_screen *screen);
/* Takes the block away and leaves these lines (may be none) in its place. */
void ui_screen_end(struct ui_screen *screen, const struct live_line *lines, size_t count,
                   const char *above);

#endif
