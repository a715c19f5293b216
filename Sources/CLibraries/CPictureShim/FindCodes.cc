// SPDX-License-Identifier: Apache-2.0
#include "CPictureShim.h"

#ifdef SPOCKEX_QR

#define ZX_USE_UTF8 1
#include <ReadBarcode.h>

extern "C" int32_t cps_find_codes(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t limit, void *context,
    cps_found found)
{
    try {
        ZXing::DecodeHints hints;
        hints.setFormats(ZXing::BarcodeFormat::QRCode);
        hints.setBinarizer(ZXing::Binarizer::FixedThreshold);
        hints.setTryHarder(true);
        // QR codes are found in any direction; the caller scales the picture itself.
        hints.setTryRotate(false);
        hints.setTryDownscale(false);
        hints.setMaxNumberOfSymbols(static_cast<uint8_t>(limit));
        ZXing::ImageView view(pixels, width, height, ZXing::ImageFormat::Lum);
        int32_t number = 0;
        for (const auto &result : ZXing::ReadBarcodes(view, hints)) {
            if (!result.isValid() || result.format() != ZXing::BarcodeFormat::QRCode) continue;
            const auto &bytes = result.bytes();
            bool part = result.sequenceSize() != -1 || result.sequenceIndex() != -1;
            found(context, bytes.data(), bytes.size(), part ? 1 : 0);
            number += 1;
        }
        return number;
    } catch (...) {
        return -1;
    }
}

#endif
