/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all else into the hypervisor's files when they are built for the tests here: the gate's pages lie where a
 * process can map them. All code that reaches them does so by these constants, so nothing else about it changes.
 */
#pragma once

#include "x86/gate.h"

#undef GATE
#define GATE 0x200000000000
