# SPDX-License-Identifier: GPL-2.0-only
"""What tools/trace is made of: rings.py finds a trace in a machine's memory, names.py has words for its numbers, show.py makes lines of both."""
