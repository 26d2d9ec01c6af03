// A cell that changed keeps the elements it has: a number in it is another, the line of its day mostly is not. Drawing
// everything anew ten times a second is too much for the small computer behind a wall.
function same(old, fresh) {
  return old.nodeName === fresh.nodeName && old.childNodes.length === fresh.childNodes.length;
}

function dress(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function become(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (!same(old, fresh)) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return;
  }
  dress(old, fresh);
  const next = [...fresh.childNodes];
  [...old.childNodes].forEach((child, place) => become(child, next[place]));
}

// Give an element this content, touching only what is different in it.
export function patch(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = [...template.content.childNodes];
  if (element.childNodes.length !== fresh.length) element.replaceChildren(...fresh);
  else [...element.childNodes].forEach((child, place) => become(child, fresh[place]));
}
