// Sends what was pasted, or a file's own bytes, and shows the answer. Keeps nothing.
"use strict";

const form = document.getElementById("paste");
const result = document.getElementById("result");
let asked = 0;

async function look(body) {
  const mine = ++asked;
  const chosen = new URLSearchParams();
  for (const name of ["notation", "feed", "view"]) chosen.set(name, form.elements[name].value);
  result.setAttribute("aria-busy", "true");
  let shown;
  try {
    const answer = await fetch("/look?" + chosen, {
      method: "POST", body, cache: "no-store", headers: {"content-type": "application/octet-stream"},
    });
    if (answer.status === 401) { location.assign("/login"); return; }
    shown = await answer.text();
  } catch {
    shown = "<p class='worry'>工作台没有应答 The workbench does not answer.</p>";
  }
  if (mine !== asked) return;
  result.innerHTML = shown;
  result.removeAttribute("aria-busy");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = form.elements.file.files[0];
  const text = form.elements.body.value;
  if (file && !text.trim()) look(file);
  else if (text.trim()) look(text);
});
form.elements.file.addEventListener("change", () => {
  const file = form.elements.file.files[0];
  if (file) { form.elements.body.value = ""; look(file); }
});
form.elements.body.addEventListener("input", () => { form.elements.file.value = ""; });
form.addEventListener("reset", () => { asked++; result.replaceChildren(); result.removeAttribute("aria-busy"); });
