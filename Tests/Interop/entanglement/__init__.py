# SPDX-License-Identifier: Apache-2.0
"""A second implementation of docs/PROTOCOL.md, written from that page alone.

It exists to check the page and the program against each other. It is no node for daily use: it
keeps nothing on disk, and a few limits that only protect a real node are left out.
"""


class Bad(Exception):
    """Bytes that the page does not allow."""
