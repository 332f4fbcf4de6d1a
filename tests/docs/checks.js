/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a browser test asks of the page it is on: run by browser.py with the name of a question as its argument. Each answer is a list of complaints,
 * empty if all is well.
 */

/* Text needs a contrast of 4.5, large or bold headings 3 (WCAG 2.1, 1.4.3). */
const ENOUGH = 4.5, ENOUGH_LARGE = 3;

function channels(colour) {
	const parts = colour.match(/[\d.]+/g).map(Number);
	return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
}

function over(top, below) {
	return top.rgb.map((value, i) => value * top.alpha + below[i] * (1 - top.alpha));
}

function luminance(rgb) {
	const [r, g, b] = rgb.map(value => {
		value /= 255;
		return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (high + 0.05) / (low + 0.05);
}

/* What is behind an element: its ancestors' backgrounds, from the page up. */
function background(element) {
	const chain = [];
	for (let at = element; at; at = at.parentElement)
		chain.unshift(channels(getComputedStyle(at).backgroundColor));
	return chain.reduce((below, colour) => over(colour, below), [255, 255, 255]);
}

function isShown(element) {
	const box = element.getBoundingClientRect(), style = getComputedStyle(element);
	return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.opacity !== "0" && !element.closest(".visually-hidden");
}

/* The elements that have text of their own, with that text. */
function* texts() {
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const element = node.parentElement;
		if (node.textContent.trim() && !["SCRIPT", "STYLE", "NOSCRIPT", "TITLE"].includes(element.tagName) && isShown(element))
			yield [element, node.textContent.trim()];
	}
}

function isLarge(style) {
	const size = parseFloat(style.fontSize);
	return size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
}

const questions = {
	/* Text that cannot be read on what is behind it. */
	contrast() {
		const bad = new Map();
		for (const [element, text] of texts()) {
			const style = getComputedStyle(element), behind = background(element);
			const colour = element instanceof SVGElement ? style.fill : style.color;
			const ratio = contrast(over(channels(colour), behind), behind);
			if (ratio < (isLarge(style) ? ENOUGH_LARGE : ENOUGH))
				bad.set(`${element.tagName}.${element.getAttribute("class") || ""} ${colour} on rgb(${behind.map(Math.round)})`,
					`${ratio.toFixed(2)} for '${text.slice(0, 30)}'`);
		}
		return [...bad].map(([where, what]) => `contrast ${what}: ${where}`);
	},

	/*
	 * Things that are wider than the screen; what scrolls in a box of its own is not. (The theme makes its whole content such a box, which hides
	 * the fault from the width of the document.)
	 */
	overflow() {
		const width = document.documentElement.clientWidth, bad = [];
		for (const element of document.querySelectorAll("article, article *"))
			if (element.getBoundingClientRect().right > width + 1 && !element.parentElement.closest(".table-wrapper, .highlight, .diagram"))
				bad.push(`${element.tagName} '${element.textContent.trim().slice(0, 30)}'`);
		if (document.documentElement.scrollWidth > width)
			bad.push("the document");
		return bad.length ? [`wider than ${width}: ${bad.slice(0, 3).join(", ")}`] : [];
	},

	/* Anchors of links on this page that are not there; ids that are there twice. */
	anchors() {
		const bad = [], seen = new Set();
		for (const element of document.querySelectorAll("[id]")) {
			if (seen.has(element.id))
				bad.push(`id ${element.id} twice`);
			seen.add(element.id);
		}
		for (const link of document.querySelectorAll("a[href^='#']"))
			if (link.hash && !document.getElementById(decodeURIComponent(link.hash.slice(1))))
				bad.push(`no anchor ${link.hash}`);
		return bad;
	},
};

return questions[arguments[0]]();
