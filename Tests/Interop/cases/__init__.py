# SPDX-License-Identifier: Apache-2.0
"""What SpockEx and the second implementation do together; `run_interop.py` runs it."""
