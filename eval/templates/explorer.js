"use strict";
(() => {
  const { level, cuts } = JSON.parse(document.getElementById("data").textContent);
  const body = document.querySelector("#cuts tbody");
  const common = document.getElementById("common");
  const share = (part, whole) => (whole > 0 ? (part / whole).toFixed(3) : "none");
  const count = (value) => value.toLocaleString("en");
  // a place of -1 calls nothing; a threshold stands for everything at least as high
  const chosen = cuts.map((cut) => (cut.model >= 0 ? cut.model : cut.best));
  const at = (values, place) => (place >= 0 ? values[place] : 0);

  const rows = cuts.map((cut, number) => {
    const row = body.insertRow();
    row.dataset.name = cut.category.toLowerCase();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = cut.category;
    row.append(head);
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = -1;
    slider.max = cut.thresholds.length - 1;
    slider.setAttribute("aria-label", "threshold of " + cut.category);
    slider.addEventListener("input", () => { chosen[number] = Number(slider.value); show(); });
    row.insertCell().append(slider);
    const cells = Array.from({ length: 5 }, () => { const cell = row.insertCell(); cell.className = "n"; return cell; });
    return { slider, cells };
  });

  const show = () => {
    let called = 0, found = 0, positives = 0;
    cuts.forEach((cut, number) => {
      const place = chosen[number], here = at(cut.called, place), right = at(cut.found, place);
      const { slider, cells } = rows[number];
      slider.value = place;
      slider.setAttribute("aria-valuetext", place < 0 ? "nothing is called" : String(cut.thresholds[place]));
      cells[0].textContent = place < 0 ? "none" : String(Number(cut.thresholds[place].toPrecision(4)));
      cells[1].textContent = share(right, here) + (here > 0 && right / here < level ? " ▼" : "");
      cells[1].classList.toggle("below", here > 0 && right / here < level);
      cells[2].textContent = share(right, cut.positives);
      cells[3].textContent = count(right);
      cells[4].textContent = count(here - right);
      called += here; found += right; positives += cut.positives;
    });
    const total = { precision: share(found, called), recall: share(found, positives), found: count(found),
      wrong: count(called - found), missed: count(positives - found) };
    Object.entries(total).forEach(([name, text]) => { document.getElementById("total-" + name).textContent = text; });
    document.getElementById("total-precision").classList.toggle("below", called > 0 && found / called < level);
    const yaml = cuts.map((cut, number) => JSON.stringify(cut.category) + ": " + (chosen[number] < 0 ? ".inf" : yamlNumber(cut.thresholds[chosen[number]])));
    document.getElementById("yaml").textContent = yaml.join("\n") + "\n";
    document.getElementById("download").href = "data:text/yaml;charset=utf-8," + encodeURIComponent(yaml.join("\n") + "\n");
  };
  // YAML reads 1e-7 as text: a float needs its point
  const yamlNumber = (value) => { const text = String(value); return /e/.test(text) && !/\./.test(text) ? text.replace("e", ".0e") : text; };

  const all = cuts.flatMap((cut) => cut.thresholds).sort((a, b) => b - a);
  const choose = (threshold) => cuts.forEach((cut, number) => { chosen[number] = cut.thresholds.findLastIndex((value) => value >= threshold); });
  common.min = 0;
  common.max = all.length - 1;
  common.step = 1;
  common.addEventListener("input", () => {
    const threshold = all[Number(common.value)];
    document.getElementById("common-value").textContent = String(Number(threshold.toPrecision(4)));
    choose(threshold);
    show();
  });
  document.querySelectorAll("[data-choose]").forEach((button) => {
    const name = button.dataset.choose;
    if (name === "model" && cuts.every((cut) => cut.model < 0)) button.hidden = true;
    button.addEventListener("click", () => {
      cuts.forEach((cut, number) => { chosen[number] = cut[name]; });
      document.getElementById("common-value").textContent = "";
      show();
    });
  });
  common.value = Math.floor(all.length / 2);
  show();
})();
