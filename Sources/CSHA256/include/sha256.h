#ifndef CSHA256_H
#define CSHA256_H

#include <stddef.h>
#include <stdint.h>

/// A digest that is being computed.
typedef struct {
    uint32_t H[8];
    /// The bytes of the last block, as far as they have come.
    uint8_t block[64];
    /// The number of bytes so far.
    uint64_t count;
} convo_sha256_state;

/// Begins to compute SHA-256 (FIPS 180-4).
void convo_sha256_begin(convo_sha256_state *_Nonnull state);

/// Takes the next `count` bytes.
void convo_sha256_take(convo_sha256_state *_Nonnull state, const void *_Nullable bytes, size_t count);

/// Writes the 32 bytes of the digest; the state is of no use after that.
void convo_sha256_end(convo_sha256_state *_Nonnull state, uint8_t *_Nonnull digest);

#endif
