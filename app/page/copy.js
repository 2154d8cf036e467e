/** What a view shows, taken along: as a command, as a program, as a file. */

import { h } from "./dom.js";

/**
 * A row of buttons for the requests behind a view.
 * @param {Array<{name: string, path: string, file?: string}>} requests
 */
export function copyRow(requests) {
  const said = h("span", { class: "muted small", role: "status" });
  const many = requests.length > 1;
  const choice = h("select", { "aria-label": "What to take along" }, requests.map(({ name }, at) => h("option", { value: at }, name)));
  const chosen = () => requests[many ? Number(choice.value) : 0];
  const copy = (words, make) => async () => {
    said.textContent = await copied(make(chosen())) ? `${words} copied.` : "This browser does not let pages copy.";
  };
  const file = h("a", { class: "button quiet", download: "" }, "Download");
  const update = () => {
    const { path, file: name } = chosen();
    file.setAttribute("href", path);
    if (name) file.setAttribute("download", name);
  };
  choice.addEventListener("change", update);
  update();
  return h(
    "div",
    { class: "row copy" },
    h("span", { class: "muted small" }, "Take along"),
    many ? choice : h("span", { class: "small" }, requests[0].name),
    h("button", { class: "quiet", type: "button", onclick: copy("A curl command", curl) }, "Copy as curl"),
    h("button", { class: "quiet", type: "button", onclick: copy("A Python program", python) }, "Copy as Python"),
    file,
    said,
  );
}

/** A command that asks for the same. */
export function curl({ path, file }) {
  const output = file ? ` -o '${file}'` : "";
  return `curl '${location.origin}${path}'${output}`;
}

/** A program that asks for the same. */
export function python({ path }) {
  const wanted = /[?&]format=(\w+)/.exec(path)?.[1] ?? "json";
  const source = `httpx.get("${location.origin}${path}").raise_for_status()`;
  if (wanted === "npy") {
    return `import io, httpx, numpy\n\nanswer = ${source}\nvalues = numpy.load(io.BytesIO(answer.content))\nprint(values.shape, values.dtype)\n`;
  }
  if (wanted === "png") return `import httpx, pathlib\n\npathlib.Path("picture.png").write_bytes(${source}.content)\n`;
  return `import httpx\n\nanswer = ${source}.json()\nprint(answer)\n`;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

/** Over plain HTTP from another machine there is no clipboard but this old way. */
function copiedByHand(text) {
  const area = h("textarea", { class: "away" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
