/* SPDX-License-Identifier: GPL-2.0-only */
/* A browser reads no other page for a page that was opened as a file: search results then come without an excerpt, and without errors. */
if (location.protocol === "file:")
	DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
