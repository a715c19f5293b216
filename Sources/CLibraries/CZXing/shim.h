// SPDX-License-Identifier: Apache-2.0
#pragma once

// The headers of zxing-cpp are C++: CPictureShim includes them itself. This module only links.
