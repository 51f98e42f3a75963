"use strict";
(() => {
  const { level, figures, pictures } = JSON.parse(document.getElementById("data").textContent);
  document.querySelectorAll("img[data-picture]").forEach((image) => { image.src = pictures[image.dataset.picture]; });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const score = (value) => (value === null ? "nothing called yet" : "score ≥ " + value);
  const axis = (text, more) => ({ title: { text }, gridcolor: colour("line"), zerolinecolor: colour("line"), fixedrange: true, ...more });
  const layout = (x, y, more) => ({
    margin: { l: 52, r: 10, t: 8, b: 42 }, xaxis: x, yaxis: y, hovermode: "closest", barmode: "overlay",
    font: { color: colour("ink"), family: getComputedStyle(document.body).fontFamily, size: 12 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { bgcolor: colour("card"), font: { color: colour("ink") } },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, ...more,
  });
  const unit = { range: [0, 1.02] };

  const point = (x, y, name, symbol, tone, text) => ({
    x: [x], y: [y], mode: "markers", name, text: [text],
    marker: { color: colour(tone), size: 12, symbol, line: { color: colour("paper"), width: 1.5 } },
    hovertemplate: name + "<br>recall %{x:.3f}<br>precision %{y:.3f}<br>%{text}<extra></extra>",
  });
  const curve = (figure) => {
    const traces = [{
      x: figure.recall, y: figure.precision, text: figure.scores.map(score), mode: "lines", name: "precision", showlegend: false,
      line: { color: colour("accent"), width: 2.5 },
      hovertemplate: "recall %{x:.3f}<br>precision %{y:.3f}<br>%{text}<extra></extra>",
    }];
    if (figure.best > 0) {
      traces.unshift({
        x: figure.recall.slice(0, figure.last + 1), y: figure.precision.slice(0, figure.last + 1), mode: "none",
        fill: "tozeroy", fillcolor: colour("accent-soft"), hoverinfo: "skip", name: "measured area", showlegend: false,
      });
      traces.push(point(figure.recall[figure.best], figure.precision[figure.best], "best here", "diamond-open", "ink", score(figure.scores[figure.best])));
    }
    if (figure.held) traces.push(point(figure.held[0], figure.held[1], "as decided", "diamond", "bad", "the scores’ decisions"));
    const shapes = [
      { type: "rect", xref: "paper", x0: 0, x1: 1, y0: level, y1: 1.02, fillcolor: colour("good-soft"), line: { width: 0 }, layer: "below" },
      { type: "line", xref: "paper", x0: 0, x1: 1, y0: level, y1: level, line: { color: colour("good"), width: 1.5, dash: "dash" } },
    ];
    return [traces, layout(axis("recall", unit), axis("precision", unit), { shapes })];
  };
  const histogram = ({ histogram: { low, high, matches, others } }) => {
    const width = (high - low) / matches.length || 1;
    const x = matches.map((_, place) => low + (place + 0.5) * width);
    const bars = (y, name, tone, shape) => ({
      type: "bar", x, y, name, width, opacity: 0.75,
      marker: { color: colour(tone), pattern: { shape, size: 5, solidity: 0.35 } },
      hovertemplate: name + " %{y:,} near score %{x:.3f}<extra></extra>",
    });
    return [[bars(others, "non-matches", "bad", ""), bars(matches, "matches", "accent", "/")],
      layout(axis("score"), axis("pairs (log scale)", { type: "log", dtick: 1 }))];
  };
  const reliability = ({ reliability: bins }) => {
    const traces = [
      { x: [0, 1], y: [0, 1], mode: "lines", name: "scores are probabilities", line: { color: colour("soft"), dash: "dot", width: 1.5 }, hoverinfo: "skip" },
      { x: bins.map((bin) => bin[0]), y: bins.map((bin) => bin[1]), text: bins.map((bin) => bin[2].toLocaleString("en") + " pairs"), mode: "lines+markers", name: "measured",
        line: { color: colour("accent"), width: 2 }, marker: { size: bins.map((bin) => 5 + Math.min(9, Math.log10(bin[2] + 1) * 2)), color: colour("accent") },
        hovertemplate: "mean score %{x:.3f}<br>share of matches %{y:.3f}<br>%{text}<extra></extra>" },
    ];
    return [traces, layout(axis("mean score", unit), axis("share of matches", unit))];
  };
  const kinds = { curve, histogram, reliability };

  const draw = (details) => details.querySelectorAll(".plot").forEach((place) => {
    const [traces, arranged] = kinds[place.dataset.kind](figures[details.dataset.figure]);
    Plotly.react(place, traces, arranged, { displayModeBar: false, responsive: true });
  });
  const open = () => document.querySelectorAll("details.category[open]");
  document.querySelectorAll("details.category").forEach((details) => details.addEventListener("toggle", () => details.open && draw(details)));
  dark.addEventListener("change", () => open().forEach(draw));
  open().forEach(draw); // a reloaded page keeps what was open

  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); target.querySelector("summary").focus({ preventScroll: true }); }
  };
  addEventListener("hashchange", follow);
  document.querySelectorAll('a[href^="#category-"]').forEach((link) => link.addEventListener("click", () => setTimeout(follow)));
  follow();
})();
