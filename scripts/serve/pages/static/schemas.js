// Schemas of the OpenAPI document in words, and a value to begin with that a schema takes.
import { make } from "./dom.js";

export class Schemas {
  constructor(document) {
    this.named = document.components.schemas;
  }

  // A schema with what it refers to and is made of put into one.
  whole(schema) {
    if (schema.$ref) return this.whole(this.named[schema.$ref.split("/").at(-1)]);
    const parts = (schema.allOf ?? []).map((part) => this.whole(part));
    if (parts.length === 0) return schema;
    return { ...parts.at(0), ...schema, properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties) };
  }

  begin(schema) {
    const found = this.whole(schema);
    if (found.default !== undefined) return found.default;
    if (found.const !== undefined) return found.const;
    if (found.enum) return found.enum[0];
    if (found.anyOf) return this.begin(found.anyOf[0]);
    if (found.type === "array") return found.minItems ? [this.begin(found.items)] : [];
    if (found.type === "object") {
      return Object.fromEntries(Object.entries(found.properties ?? {}).map(([name, part]) => [name, this.begin(part)]));
    }
    return { string: "", integer: found.minimum ?? 0, number: found.minimum ?? 0, boolean: false }[found.type] ?? null;
  }

  // What a value is, as elements; a form of its own is a link to it.
  words(schema) {
    if (schema.$ref) {
      const name = schema.$ref.split("/").at(-1);
      return [make("a", { href: `#form-${name}` }, name)];
    }
    if (schema.anyOf) return schema.anyOf.flatMap((one, place) => (place === 0 ? this.words(one) : [" or ", ...this.words(one)]));
    if (schema.allOf) return schema.allOf.flatMap((one) => this.words(one));
    if (schema.type === "array") return [`list (${limits(schema, "Items") || "any number"}) of `, ...this.words(schema.items ?? {})];
    if (schema.const !== undefined) return [JSON.stringify(schema.const)];
    if (schema.enum) return [schema.enum.map((one) => JSON.stringify(one)).join(" or ")];
    if (schema.type === "object" && schema.additionalProperties?.type) return ["object of ", ...this.words(schema.additionalProperties)];
    const told = schema.type === "string" ? limits(schema, "Length", " characters") : limits(schema, "imum");
    return [`${schema.format === "binary" ? "file" : (schema.type ?? "anything")}${told ? ` (${told})` : ""}`];
  }
}

function limits(schema, name, unit = "") {
  const [least, most] = [schema[`min${name}`], schema[`max${name}`]];
  const told = [least === undefined ? "" : `from ${least}`, most === undefined ? "" : `to ${most}`].filter(Boolean);
  return told.length ? `${told.join(" ")}${unit}` : "";
}
