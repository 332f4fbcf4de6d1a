# SPDX-License-Identifier: MIT
"""The generator of every view of the interface: source.py reads and judges, the other files each write one view."""
