// SPDX-License-Identifier: Apache-2.0
#include "CPictureShim.h"

#ifdef SPOCKEX_QR

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static int within(cps_limits limits, uint64_t width, uint64_t height)
{
    return width > 0 && height > 0 && width <= limits.side && height <= limits.side
        && width * height <= limits.pixels;
}

void cps_free(cps_picture *picture)
{
    free(picture->luma);
    picture->luma = NULL;
}

// MARK: PNG

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t offset;
} png_source;

static void read_bytes(png_structp png, png_bytep out, size_t count)
{
    png_source *source = png_get_io_ptr(png);
    if (count > source->count - source->offset) png_error(png, "");
    memcpy(out, source->bytes + source->offset, count);
    source->offset += count;
}

static void fail(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void stay_silent(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/// Everything ends up as 8 bit grey, or as grey and alpha.
static void ask_for_grey(png_structp png, png_infop info)
{
    png_byte colour = png_get_color_type(png, info);
    png_set_scale_16(png);
    png_set_expand(png);
    if (colour & (PNG_COLOR_MASK_COLOR | PNG_COLOR_MASK_PALETTE))
        png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, -1, -1);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

static void lay_on_white(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t grey = pixels[2 * i], alpha = pixels[2 * i + 1];
        pixels[i] = (uint8_t)((grey * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

/// Jumps back into `cps_read_png` on every error; what it allocates hangs on its arguments.
static int32_t decode_png(
    png_structp png, png_infop info, cps_limits limits, cps_picture *out, png_bytepp *rows)
{
    png_read_info(png, info);
    out->width = png_get_image_width(png, info);
    out->height = png_get_image_height(png, info);
    if (!within(limits, out->width, out->height)) return CPS_TOO_LARGE;
    if ((uint64_t)png_get_rowbytes(png, info) * out->height > limits.work) return CPS_TOO_LARGE;
    ask_for_grey(png, info);
    size_t channels = png_get_channels(png, info);
    size_t stride = (size_t)out->width * channels;
    if (channels < 1 || channels > 2 || png_get_bit_depth(png, info) != 8) return CPS_DAMAGED;
    if (png_get_rowbytes(png, info) != stride) return CPS_DAMAGED;
    out->luma = calloc(out->height, stride);
    *rows = calloc(out->height, sizeof(png_bytep));
    if (out->luma == NULL || *rows == NULL) return CPS_OUT_OF_MEMORY;
    for (size_t y = 0; y < out->height; y++) (*rows)[y] = out->luma + y * stride;
    png_read_image(png, *rows);
    png_read_end(png, NULL);
    if (channels == 2) lay_on_white(out->luma, (size_t)out->width * out->height);
    return CPS_OK;
}

int32_t cps_read_png(const uint8_t *bytes, size_t count, cps_limits limits, cps_picture *out)
{
    png_source source = {bytes, count, 0};
    png_bytepp rows = NULL;
    memset(out, 0, sizeof *out);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, fail, stay_silent);
    if (png == NULL) return CPS_OUT_OF_MEMORY;
    png_infop info = png_create_info_struct(png);
    volatile int32_t verdict = CPS_OUT_OF_MEMORY;
    if (info != NULL) {
        if (setjmp(png_jmpbuf(png)) == 0) {
            png_set_read_fn(png, &source, read_bytes);
            // The limits are ours to name; libpng still refuses what does not fit its integers.
            png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
            png_set_chunk_malloc_max(png, 1 << 20);
            png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
            // Profiles and texts, which may be bombs, are skipped unread.
            png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
            verdict = decode_png(png, info, limits, out, &rows);
        } else {
            verdict = CPS_DAMAGED;
        }
    }
    png_destroy_read_struct(&png, &info, NULL);
    free(rows);
    if (verdict != CPS_OK) cps_free(out);
    return verdict;
}

// MARK: JPEG

/// Scans of a progressive picture. In the coded data 0xFF is followed by 0 or a restart marker,
/// so the count is exact but for thumbnails, which add a few.
static uint64_t scan_count(const uint8_t *bytes, size_t count)
{
    uint64_t scans = 0;
    for (size_t i = 0; i + 1 < count; i++) scans += bytes[i] == 0xFF && bytes[i + 1] == 0xDA;
    return scans;
}

static int32_t decode_jpeg(
    tjhandle handle, const uint8_t *bytes, size_t count, cps_limits limits, cps_picture *out)
{
    int width = 0, height = 0, sampling = 0, colours = 0;
    if (tjDecompressHeader3(handle, bytes, count, &width, &height, &sampling, &colours) != 0)
        return CPS_DAMAGED;
    if (width < 1 || height < 1) return CPS_DAMAGED;
    out->width = (uint32_t)width;
    out->height = (uint32_t)height;
    if (!within(limits, out->width, out->height)) return CPS_TOO_LARGE;
    uint64_t pixels = (uint64_t)out->width * out->height;
    if (scan_count(bytes, count) * pixels > limits.work) return CPS_TOO_LARGE;
    out->luma = calloc(out->height, out->width);
    if (out->luma == NULL) return CPS_OUT_OF_MEMORY;
    int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
    int verdict = tjDecompress2(
        handle, bytes, count, out->luma, width, 0, height, TJPF_GRAY, flags);
    return verdict == 0 ? CPS_OK : CPS_DAMAGED;
}

int32_t cps_read_jpeg(const uint8_t *bytes, size_t count, cps_limits limits, cps_picture *out)
{
    memset(out, 0, sizeof *out);
    tjhandle handle = tjInitDecompress();
    if (handle == NULL) return CPS_OUT_OF_MEMORY;
    int32_t verdict = decode_jpeg(handle, bytes, count, limits, out);
    tjDestroy(handle);
    if (verdict != CPS_OK) cps_free(out);
    return verdict;
}

#endif
