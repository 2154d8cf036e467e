/** What a view shows, taken along: as a command, as a program, as a file. */

import { file as fileAt } from "./api.js";
import { h } from "./dom.js";
import { keyHeaders, keyWords } from "./key.js";
import { showTrouble } from "./trouble.js";

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
  const file = h("a", { class: "button quiet", download: "", onclick: withKey }, "Download");
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

/** A link cannot show a key: with one, the file is fetched, and then taken from here. */
async function withKey(event) {
  const link = event.currentTarget;
  if (!("X-Api-Key" in keyHeaders())) return;
  event.preventDefault();
  try {
    const address = URL.createObjectURL(await fileAt(link.getAttribute("href")));
    h("a", { href: address, download: link.download || link.pathname.split("/").at(-1) }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    showTrouble(error);
  }
}

/** A command that asks for the same. */
export function curl({ path, file }) {
  const output = file ? ` -o '${file}'` : "";
  return `curl${keyWords().curl} '${location.origin}${path}'${output}`;
}

/** A program that asks for the same. */
export function python({ path }) {
  const wanted = /[?&]format=(\w+)/.exec(path)?.[1] ?? "json";
  const { python: key, imports } = keyWords();
  const source = `httpx.get("${location.origin}${path}"${key}).raise_for_status()`;
  if (wanted === "npy") {
    return `import ${imports}io, httpx, numpy\n\nanswer = ${source}\nvalues = numpy.load(io.BytesIO(answer.content))\nprint(values.shape, values.dtype)\n`;
  }
  if (wanted === "png") return `import ${imports}httpx, pathlib\n\npathlib.Path("picture.png").write_bytes(${source}.content)\n`;
  return `import ${imports}httpx\n\nanswer = ${source}.json()\nprint(answer)\n`;
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
