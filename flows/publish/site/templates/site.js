"use strict";
// What the pages can do beyond reading: search, filter, sort, copy, and keep the reader's language and colours.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const id = (name) => document.getElementById(name);
  const language = () => (id("language-id").checked ? "id" : "en");
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const words = {
    en: { regency: "regency", city: "city", province: "province", nation: "nation", district: "district", measure: "measure", source: "source", hits: "results", none: "nothing found", copied: "Copied", shown: "shown", of: "of", filter: "Filter this table" },
    id: { regency: "kabupaten", city: "kota", province: "provinsi", nation: "negara", district: "kecamatan", measure: "ukuran", source: "sumber", hits: "hasil", none: "tidak ditemukan", copied: "Disalin", shown: "ditampilkan", of: "dari", filter: "Saring tabel ini" },
  };
  const say = (word) => words[language()][word] || word;
  const store = {
    get(name) { try { return localStorage.getItem(`prakerja-${name}`); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(`prakerja-${name}`, value); } catch { /* a page without storage forgets */ } },
  };

  // Language and colours: the style sheet switches them; here they are remembered, and named for screen readers.
  const speak = () => {
    const now = language();
    document.documentElement.lang = now;
    for (const each of all("[data-en]")) {
      const text = each.dataset[now];
      if (each.tagName === "OPTION") each.textContent = text;
      else { each.placeholder = each.dataset[now === "id" ? "shortId" : "shortEn"] || text; each.setAttribute("aria-label", text); }
    }
  };
  for (const name of ["language", "theme"]) {
    const kept = id(`${name}-${store.get(name)}`);
    if (kept) kept.checked = true;
    for (const each of all(`input[name=${name}]`)) {
      each.addEventListener("change", () => { store.set(name, each.value); speak(); });
    }
  }
  for (const each of all(".js")) each.hidden = false;

  // Search: every word must occur; names that begin with what was typed come first.
  const entries = typeof searched === "undefined" ? [] : Object.entries(searched).flatMap(([page, listed]) => listed.map(
    ([fragment, en, local, kind, more = "", others = ""]) => (
      { href: `${page}.html#${fragment}`, en, id: local || en, kind, more, others: plain(others).split("; "), text: plain([fragment, en, local, more, others].join(" ")) })));
  const box = id("q"), hits = id("hits");
  box.parentElement.hidden = !entries.length;
  const close = () => { hits.hidden = true; };
  const look = () => {
    const asked = plain(box.value).split(/\s+/).filter(Boolean);
    hits.replaceChildren();
    hits.hidden = !asked.length;
    if (!asked.length) { id("said").textContent = ""; return; }
    const name = (entry) => entry[language()];
    const whole = asked.join(" ");
    const rank = (entry) => {
      if (plain(name(entry)).startsWith(whole) || entry.others.includes(whole)) return 0;
      return asked.every((word) => plain(name(entry)).includes(word)) ? 1 : 2;
    };
    const found = entries.filter((entry) => asked.every((word) => entry.text.includes(word)))
      .map((entry, place) => [rank(entry), place, entry]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [, , entry] of found.slice(0, 12)) {
      const link = document.createElement("a"), note = document.createElement("small");
      link.href = entry.href;
      link.textContent = name(entry);
      note.textContent = [say(entry.kind), entry.more].filter(Boolean).join(", ");
      link.append(note);
      hits.appendChild(document.createElement("li")).append(link);
    }
    id("said").textContent = found.length ? `${found.length} ${say("hits")}` : say("none");
    if (!found.length) hits.append(Object.assign(document.createElement("li"), { textContent: say("none") }));
  };
  box.addEventListener("input", look);
  box.addEventListener("focus", look);
  hits.addEventListener("click", close);
  box.parentElement.addEventListener("keydown", (event) => {
    const links = all("a", hits), at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { box.focus(); close(); }
    else if (event.key === "Enter" && at < 0 && links.length) links[0].click();
    else if (event.key === "ArrowDown" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp" && at >= 0) (at ? links[at - 1] : box).focus();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => { if (!box.parentElement.contains(event.target)) close(); });
  document.addEventListener("focusin", (event) => { if (!box.parentElement.contains(event.target)) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); box.focus(); }
  });

  // Tables: a click on a heading sorts, a box above filters.
  for (const table of all("table.sortable")) {
    const body = table.tBodies[0], rows = [...body.rows], heads = all("thead th", table);
    const cell = (row, place) => row.cells[place].dataset.value ?? row.cells[place].innerText.trim();
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" || (!head.ariaSort && head.classList.contains("n"));
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const compare = (a, b) => {
          const [one, two] = [cell(a, place), cell(b, place)];
          if (!one || !two) return one ? -1 : two ? 1 : 0;
          return (down ? -1 : 1) * (head.classList.contains("n") ? one - two : one.localeCompare(two, "id"));
        };
        body.append(...[...rows].sort(compare));
      });
    });
    const filter = Object.assign(document.createElement("input"), { type: "search", className: "tablefilter" });
    Object.assign(filter.dataset, { en: words.en.filter, id: words.id.filter });
    filter.addEventListener("input", () => {
      const asked = plain(filter.value);
      for (const row of rows) row.hidden = !plain(row.innerText || row.textContent).includes(asked);
    });
    table.parentElement.before(filter);
  }

  // Findings: shown where all choices agree.
  const form = document.querySelector(".filters");
  if (form) {
    const choices = all("[data-filter]", form), findings = all(".finding");
    const choose = () => {
      let shown = 0;
      for (const each of findings) {
        each.hidden = !choices.every((choice) => !choice.value || each.dataset[choice.dataset.filter] === choice.value);
        shown += !each.hidden;
      }
      id("count").textContent = `${shown} ${say("of")} ${findings.length} ${say("shown")}`;
    };
    form.addEventListener("change", choose);
    form.addEventListener("reset", () => setTimeout(choose));
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const each of all("input[name=language]")) each.addEventListener("change", choose);
    choose();
  }

  for (const button of all(".copy")) {
    button.addEventListener("click", async () => {
      const text = button.parentElement.querySelector("code").textContent, kept = [...button.childNodes];
      try { await navigator.clipboard.writeText(text); } catch { getSelection().selectAllChildren(button.parentElement.querySelector("code")); return; }
      button.textContent = say("copied");
      setTimeout(() => button.replaceChildren(...kept), 1500);
    });
  }

  // What an address names is opened, wherever it is folded away or filtered out.
  const reveal = () => {
    let target = null;
    try { target = id(decodeURIComponent(location.hash.slice(1))) || id(location.hash.slice(1)); } catch { return; }
    if (!target) return;
    if (form && target.hidden) form.reset();
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    if (target.tagName === "LI") for (const each of all(":scope > details", target)) each.open = true;
    target.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", reveal);
  speak();
  reveal();
})();
