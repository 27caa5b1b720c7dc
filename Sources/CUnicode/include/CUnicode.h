#ifndef CUNICODE_H
#define CUNICODE_H

#include <stdint.h>

/// What search knows of each character. `scripts/generate-unicode-tables` writes the values.
///
/// An entry has these bits:
/// - 0 to 20: the scalar that the character is searched as; 0 if it stays as it is. With bit 31: the place in
///   `expansions` of the number of scalars, and of an entry for each of them.
/// - 21 to 23: 0 a part of a word, 1 dropped inside words, 2 a symbol, 3 a separator, 4 a letter of a script that sets no
///   spaces; 5 is 0, and 6 is 4, of a letter that the mark or jamo behind it may join.
/// - 24 and 25: 0 no case, 1 lower, 2 upper.
/// - 26 to 30: the rank of a mark in the canonical order; 0 for what is no mark, 31 for what may join the letter before it.
struct convo_unicode_tables {
    /// The number of the block of 128 entries, for each 128 characters.
    const uint16_t *_Nonnull blockOf;
    const uint32_t *_Nonnull entries;
    const uint32_t *_Nonnull expansions;
    /// A letter, a mark, and the entry of the letter that they make together, in the order of the letters and marks.
    const uint32_t *_Nonnull compositions;
    int compositionCount;
    /// The CRC-32 of all values.
    uint32_t checksum;
    /// The version of the Unicode character database.
    const char *_Nonnull version;
};

extern const struct convo_unicode_tables convo_unicode;

#endif
