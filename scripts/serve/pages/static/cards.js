// Cards show products: picture, title, chips, and how near they are in each view.
import { pictureAddress, pairAddress } from "./api.js";
import { make, number } from "./dom.js";

export function picture(product, size, place = 0) {
  if (product.pictures <= place) return make("div", { className: "no-picture" }, "no picture");
  const image = make("img", {
    src: pictureAddress(product.id, size, place), alt: "", width: size, height: size, loading: "lazy", decoding: "async",
  });
  image.addEventListener("error", () => image.replaceWith(make("div", { className: "no-picture" }, "no picture")));
  return image;
}

export function chips(product) {
  const told = [["category", product.category], ["source", product.source], ["price", product.price_text], ["brand", product.brand]];
  const shown = told.filter(([, text]) => text);
  return make("ul", { className: "chips", ariaLabel: "facts" }, ...shown.map(([name, text]) => make("li", { title: name }, text)));
}

// A bar for each view; the number stands beside it, so that nothing is told by length alone.
export function bars(cosines) {
  const rows = Object.entries(cosines).map(([view, cosine]) => {
    const bar = make("span", { className: "bar", ariaHidden: "true" });
    const filled = make("i");
    filled.style.width = `${Math.max(0, Math.min(1, cosine ?? 0)) * 100}%`;
    bar.append(filled);
    return make("tr", {}, make("th", { scope: "row" }, view), make("td", {}, bar), make("td", { className: "n" }, number(cosine)));
  });
  return make("table", { className: "cosines" }, make("caption", { className: "unseen" }, "cosine by view"), make("tbody", {}, ...rows));
}

export function probability(value) {
  if (value === null) return null;
  return make("p", { className: "probability" }, make("b", {}, number(value)), " probability");
}

// `asked` is the id of the product that was asked for, so that the two can be put side by side; null for a text or a picture.
export function neighbourCard(found, asked) {
  const again = `/?${new URLSearchParams({ id: found.id })}`;
  const title = make("a", { className: "title", href: asked === null ? again : pairAddress(asked, found.id) }, found.title || "no title");
  const links = make("p", { className: "links" }, make("a", { href: again }, "its neighbours"), make("span", { className: "id" }, String(found.id)));
  return make("li", { className: "card" }, picture(found, 192), make("div", {}, title, chips(found), probability(found.probability), bars(found.cosines), links));
}
