"use strict";
(() => {
  const key = (cell) => {
    const text = cell.dataset.value ?? cell.textContent;
    return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1; // what has no value comes last, either way
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  };
  const sort = (table, place, down) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row.cells[place]), row]);
    rows.sort(([a], [b]) => (down && a !== "" && b !== "" ? -compare(a, b) : compare(a, b)));
    body.append(...rows.map(([, row]) => row));
  };
  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => head.querySelector("button")?.addEventListener("click", () => {
      const first = table.tBodies[0].rows[0]?.cells[place];
      const before = head.getAttribute("aria-sort");
      const down = before === null ? first && typeof key(first) === "number" : before === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(table, place, down);
    }));
  });

  const search = document.getElementById("search");
  const named = document.querySelectorAll("[data-name]");
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    named.forEach((element) => {
      element.hidden = !element.dataset.name.includes(wanted);
      shown += element instanceof HTMLTableRowElement && !element.hidden;
    });
    document.getElementById("matching").textContent = wanted ? shown + (shown === 1 ? " category" : " categories") : "";
  };
  search?.addEventListener("input", filter);
  if (search?.value) filter(); // a reloaded page keeps what was typed
})();
