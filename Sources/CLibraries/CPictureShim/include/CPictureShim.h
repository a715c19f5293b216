// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a picture decoder said. No message of a library crosses this border.
enum {
    CPS_OK = 0,
    /// The bytes are not a picture of this kind, are cut short, or are damaged.
    CPS_DAMAGED = 1,
    /// The header names more pixels than the limits allow, or the pixels need too much work.
    CPS_TOO_LARGE = 2,
    CPS_OUT_OF_MEMORY = 3,
};

typedef struct {
    uint32_t side;
    uint64_t pixels;
    /// Bytes of a PNG after inflating; pixels times scans of a JPEG.
    uint64_t work;
} cps_limits;

typedef struct {
    uint32_t width;
    uint32_t height;
    /// `width * height` bytes of grey, or NULL; give it back with `cps_free`.
    uint8_t *luma;
} cps_picture;

/// Called once for each QR code; `bytes` is valid during the call only. `part_of_sequence` is not
/// 0 for one symbol of a structured append.
typedef void (*cps_found)(
    void *context, const uint8_t *bytes, size_t count, int32_t part_of_sequence);

/// Decodes a PNG to grey on white. The size is checked before any pixel is decoded; `out` holds
/// width and height whenever the header was read.
int32_t cps_read_png(const uint8_t *bytes, size_t count, cps_limits limits, cps_picture *out);

/// Decodes a JPEG to grey. The size is checked before any pixel is decoded; `out` holds width and
/// height whenever the header was read.
int32_t cps_read_jpeg(const uint8_t *bytes, size_t count, cps_limits limits, cps_picture *out);

void cps_free(cps_picture *picture);

/// Looks for QR codes with zxing-cpp in `width * height` bytes, of which those up to 127 are dark.
/// Returns the number of codes, or -1 if the library threw.
int32_t cps_find_codes(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t limit, void *context,
    cps_found found);

#ifdef __cplusplus
}
#endif
