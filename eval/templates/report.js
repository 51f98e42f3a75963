"use strict";
(() => {
  const { level, figures } = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const score = (value) => (value === null ? "nothing called yet" : "score ≥ " + value);

  const curve = (figure) => ({
    x: figure.recall, y: figure.precision, text: figure.scores.map(score), mode: "lines", name: "precision",
    line: { color: colour("accent"), width: 2.5 },
    hovertemplate: "recall %{x:.3f}<br>precision %{y:.3f}<br>%{text}<extra></extra>",
  });
  const measured = (figure) => ({
    x: figure.recall.slice(0, figure.last + 1), y: figure.precision.slice(0, figure.last + 1), mode: "none",
    fill: "tozeroy", fillcolor: colour("accent-soft"), hoverinfo: "skip", name: "measured area",
  });
  const point = (figure) => ({
    x: [figure.recall[figure.best]], y: [figure.precision[figure.best]], mode: "markers", name: "operating point",
    marker: { color: colour("bad"), size: 12, symbol: "diamond", line: { color: colour("paper"), width: 1.5 } },
    text: [score(figure.scores[figure.best])],
    hovertemplate: "operating point<br>recall %{x:.3f}<br>precision %{y:.3f}<br>%{text}<extra></extra>",
  });
  const axis = (title) => ({
    title: { text: title }, range: [0, 1.02], gridcolor: colour("line"), zerolinecolor: colour("line"), fixedrange: true,
  });
  const layout = () => ({
    margin: { l: 55, r: 12, t: 12, b: 45 }, xaxis: axis("recall"), yaxis: axis("precision"), hovermode: "closest",
    font: { color: colour("ink"), family: getComputedStyle(document.body).fontFamily, size: 13 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { bgcolor: colour("card"), font: { color: colour("ink") } },
    legend: { orientation: "h", x: 0.02, y: 0.04, yanchor: "bottom", bgcolor: colour("card") },
    shapes: [
      { type: "rect", xref: "paper", x0: 0, x1: 1, y0: level, y1: 1.02, fillcolor: colour("good-soft"), line: { width: 0 }, layer: "below" },
      { type: "line", xref: "paper", x0: 0, x1: 1, y0: level, y1: level, line: { color: colour("good"), width: 1.5, dash: "dash" } },
    ],
  });

  const draw = (place) => {
    const figure = figures[place.dataset.figure];
    const traces = figure.best > 0 ? [measured(figure), curve(figure), point(figure)] : [curve(figure)];
    Plotly.react(place, traces, layout(), { displayModeBar: false, responsive: true });
  };
  const drawn = () => document.querySelectorAll("details[open] .plot");
  document.querySelectorAll("details.category").forEach((details) =>
    details.addEventListener("toggle", () => details.open && draw(details.querySelector(".plot"))));
  dark.addEventListener("change", () => drawn().forEach(draw));
  drawn().forEach(draw); // a reloaded page keeps what was open

  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", follow);
  document.querySelectorAll('a[href^="#category-"]').forEach((link) => link.addEventListener("click", () => setTimeout(follow)));
  follow();
})();
