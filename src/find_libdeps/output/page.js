// Filters, sorts and copies what is in the page. All content is there without it.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const wordsOf = (text) => text.toLowerCase().split(/[\s/]+/).filter(Boolean);
const textOf = (element) => wordsOf(element.textContent).join(" ");

// A section of items that can be filtered. An item has parts (who asks for a package), or is one.
function filtered(section) {
    const tools = section.querySelector(".tools");
    const field = tools.querySelector("input[type=search]");
    const boxes = all("input[type=checkbox]", tools);
    const asking = all(".asking button", section);
    const list = section.querySelector(".items");
    const items = all(".item", section).map((element) => {
        const name = textOf(element.querySelector("summary .name") ?? element);
        const brings = element.querySelector(".brings");
        const about = brings ? `${name} ${textOf(brings)}` : name;
        const uses = all(".use", element);
        const parts = uses.map((use) => {
            const library = textOf(use.closest(".library").querySelector("h3"));
            const by = textOf(use.closest(".askers").querySelector(".by"));
            const text = `${library} ${by} ${textOf(use)}`;
            return {element: use, kind: use.dataset.kind, by: use.dataset.by, text};
        });
        return {element, name, about, parts: parts.length ? parts : [{element, kind: element.dataset.kind, text: ""}]};
    });
    let by = null;

    function apply() {
        const words = wordsOf(field.value);
        const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
        let shown = 0;
        for (const {element, name, about, parts} of items) {
            const isAbout = words.every((word) => about.includes(word));
            const fitting = parts.filter((part) =>
                kinds.has(part.kind) && (by === null || part.by === by)
                && (isAbout || words.every((word) => name.includes(word) || part.text.includes(word))));
            const fits = new Set(fitting);
            for (const part of parts) part.element.hidden = !fits.has(part);
            element.hidden = fitting.length === 0;
            shown += fitting.length > 0;
            if (element.tagName !== "DETAILS") continue;
            // what is found inside only is shown; what the reader has opened stays open
            const isNamed = words.every((word) => name.includes(word));
            const isInside = !isNamed && fitting.length > 0;
            if (isInside && !element.open) element.dataset.opened = "";
            if (isInside || "opened" in element.dataset) element.open = isInside;
            if (!isInside) delete element.dataset.opened;
        }
        section.querySelector(".shared")?.toggleAttribute("hidden", shown < items.length);
        tools.querySelector("output").textContent = `${shown} of ${items.length} ${section.dataset.what}`;
    }

    function light(numbers, names) {
        for (const {element, parts} of items) {
            element.classList.toggle("lit", names !== null && parts.some((part) => names.has(part.by)));
        }
        section.classList.toggle("dim", names !== null);
        for (const button of asking) button.classList.toggle("lit", numbers.has(button.dataset.by));
    }
    const dark = () => light(new Set(), null);

    for (const button of asking) {
        const {by: mine} = button.dataset;
        button.addEventListener("click", () => {
            by = by === mine ? null : mine;
            for (const each of asking) each.setAttribute("aria-pressed", String(each.dataset.by === by));
            dark();
            apply();
        });
        button.setAttribute("aria-pressed", "false");
        button.addEventListener("pointerenter", () => light(new Set(), new Set([mine])));
        button.addEventListener("focus", () => light(new Set(), new Set([mine])));
        button.addEventListener("pointerleave", dark);
        button.addEventListener("blur", dark);
    }
    for (const {element, parts} of asking.length ? items : []) {
        const numbers = new Set(parts.map((part) => part.by));
        element.addEventListener("pointerenter", () => light(numbers, null));
        element.addEventListener("pointerleave", dark);
    }
    tools.querySelector("select")?.addEventListener("change", ({target}) => {
        const key = target.value;
        const rank = ({element, name}) => key === "name" ? name : -Number(element.dataset[key]);
        const sorted = [...items].sort((a, b) => rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0);
        list.append(...sorted.map(({element}) => element));
    });
    field.addEventListener("input", apply);
    for (const box of boxes) box.addEventListener("change", apply);
    tools.hidden = false;
    apply();
}

async function copy(button) {
    const text = document.getElementById(button.dataset.copies);
    let told = "Copied";
    try {
        await navigator.clipboard.writeText(text.textContent);
    } catch {
        getSelection().selectAllChildren(text);
        told = "Press Ctrl+C";
    }
    const shown = button.firstChild;
    const before = shown.data;
    shown.data = told;
    document.getElementById("told").textContent = told;
    setTimeout(() => {
        shown.data = before === told ? "Copy" : before;
        document.getElementById("told").textContent = "";
    }, 2000);
}

function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.tagName === "DETAILS") target.open = true;
}

for (const section of all("section[data-what]")) filtered(section);
for (const button of all("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
}
document.documentElement.classList.add("live");
addEventListener("hashchange", reveal);
reveal();
