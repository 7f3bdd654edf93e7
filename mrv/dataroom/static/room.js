// Every `table.data` sorts, filters, copies and downloads what is shown. Pages work without this file too.
"use strict";

const words = JSON.parse(document.body.dataset.words);
const language = document.documentElement.lang;
const FILTERED_ABOVE = 8;

function cellText(cell) {
  return cell.innerText.replace(/\s+/g, " ").trim();
}

/** What a cell is worth for sorting and for copies: the raw value where the page gives one. */
function raw(cell) {
  return cell.dataset.value ?? cellText(cell);
}

function shownRows(table) {
  return [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.hidden);
}

function compare(type) {
  if (type === "number") return (a, b) => Number(a) - Number(b);
  return (a, b) => a.localeCompare(b, language, { numeric: type !== "date" });
}

function sortBy(table, index, header) {
  const rising = header.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const order = compare(header.dataset.type);
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => row.cells.length > index);
    rows.sort((one, other) => {
      const [a, b] = [raw(one.cells[index]), raw(other.cells[index])];
      // What is not there stands last, whichever way the rest goes.
      if (a === "" || b === "") return (a === "") - (b === "");
      return rising ? order(a, b) : order(b, a);
    });
    body.append(...rows);
  }
}

function addSorting(table) {
  const headers = table.tHead.rows[table.tHead.rows.length - 1].cells;
  if ([...table.tHead.rows].some((row) => [...row.cells].some((cell) => cell.colSpan > 1))) return;
  [...headers].forEach((header, index) => {
    if (!header.dataset.type) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sortBy(table, index, header));
  });
}

function fold(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

function filterBox(table, count) {
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = words.filter;
  input.setAttribute("aria-label", words.filter);
  input.addEventListener("input", () => {
    const wanted = fold(input.value).split(/\s+/).filter(Boolean);
    for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
      const text = fold(row.textContent);
      row.hidden = !wanted.every((word) => text.includes(word));
    }
    const rows = [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0);
    count.textContent = wanted.length ? `${shownRows(table).length} / ${rows}` : "";
  });
  return input;
}

/** Rows as lists of text. A cell that a spreadsheet would take for a formula gets an apostrophe; numbers stay. */
function grid(table) {
  const rows = [table.tHead.rows[table.tHead.rows.length - 1], ...shownRows(table)];
  return rows.map((row) =>
    [...row.cells].map((cell) => {
      const value = raw(cell);
      return /^[=+\-@\t\r]/.test(value) && !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(value) ? `'${value}` : value;
    }),
  );
}

function quoted(value) {
  return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function download(table) {
  const lines = grid(table).map((row) => row.map(quoted).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
  link.download = `${table.dataset.name || location.pathname.split("/").filter(Boolean).pop() || "table"}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = words.copied;
  } catch (refused) {
    if (!(refused instanceof DOMException)) throw refused;
    button.textContent = words.not_copied;
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}

function tool(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = text;
  button.addEventListener("click", () => act(button));
  return button;
}

function boxed(table) {
  const parent = table.parentElement;
  if (parent.classList.contains("wide")) return parent;
  const box = document.createElement("div");
  box.className = "wide";
  table.before(box);
  box.append(table);
  return box;
}

/** What a table is called: as it says, or as the heading above it does; never like another one of the page. */
function nameOf(table) {
  const above = [...document.querySelectorAll("main :is(h1, h2, h3)")].filter(
    (heading) => heading.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const name = table.caption?.innerText || table.dataset.title || above.pop()?.innerText || words.table;
  const same = [...document.querySelectorAll(".wide[aria-label]")].map((box) => box.getAttribute("aria-label"));
  let number = 1;
  while (same.includes(number > 1 ? `${name} ${number}` : name)) number += 1;
  return number > 1 ? `${name} ${number}` : name;
}

function improve(table) {
  if (!table.tHead || !table.tBodies.length || table.dataset.improved) return;
  table.dataset.improved = "yes";
  const box = boxed(table);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", nameOf(table));
  const tools = document.createElement("div");
  tools.className = "tools";
  const count = document.createElement("span");
  count.className = "count";
  count.setAttribute("role", "status");
  if (shownRows(table).length > FILTERED_ABOVE) tools.append(filterBox(table, count));
  const tsv = () => grid(table).map((row) => row.map((cell) => cell.replace(/[\t\n]/g, " ")).join("\t")).join("\n");
  tools.append(count, tool(words.copy, (button) => copy(tsv(), button)), tool(words.csv, () => download(table)));
  box.before(tools);
  addSorting(table);
}

document.querySelectorAll("table.data").forEach(improve);

// A page that adds a table later (a query's result) says so: element.dispatchEvent(new Event("room:table", {bubbles: true})).
document.addEventListener("room:table", (event) => event.target.querySelectorAll("table.data").forEach(improve));

// <button data-copy="text"> copies its text.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button.dataset.copy, button);
});

// <form data-confirm="question"> asks before it is sent.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
