"use strict";
(() => {
  const picture = document.getElementById("environment");
  const buttons = [...document.querySelectorAll("button[data-move]")];
  const moves = [...document.querySelectorAll("g.move")];

  const show = (index) => {
    const chosen = moves[index];
    const lit = new Set(chosen ? chosen.dataset.nodes.split(" ") : []);
    picture.classList.toggle("busy", Boolean(chosen));
    moves.forEach((move, k) => move.classList.toggle("on", k === index));
    picture.querySelectorAll("[data-node]").forEach((node) => node.classList.toggle("lit", lit.has(node.dataset.node)));
  };
  const pinned = () => buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true");
  buttons.forEach((button) => {
    const index = Number(button.dataset.move);
    ["pointerenter", "focus"].forEach((event) => button.addEventListener(event, () => show(index)));
    ["pointerleave", "blur"].forEach((event) => button.addEventListener(event, () => show(pinned())));
    button.addEventListener("click", () => {
      const was = button.getAttribute("aria-pressed") === "true";
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button && !was)));
      show(pinned());
    });
  });

  const orbit = document.getElementById("orbit");
  if (!orbit) return;
  const readout = document.getElementById("readout");
  const rewards = [...orbit.querySelectorAll("g.reward")];
  const values = orbit.dataset.values.split("|");
  const labels = new Map(
    [...document.querySelectorAll("[data-state]")].map((node) => [node.dataset.state, node.querySelector("text.value")])
  );
  let current = -1;
  const read = (index) => {
    if (current >= 0) rewards[current].classList.remove("on");
    current = index;
    const mark = rewards[index];
    mark.classList.add("on");
    readout.textContent = mark.querySelector("title").textContent;
    picture.classList.add("valued");
    labels.forEach((label) => {
      if (!label) return;
      label.textContent = orbit.dataset.rest;
      label.classList.remove("special");
    });
    mark.dataset.reward.split(" ").filter(Boolean).forEach((change) => {
      const [state, code] = change.split(":");
      const label = labels.get(state);
      if (!label) return;
      label.textContent = values[Number(code)];
      label.classList.add("special");
    });
  };
  rewards.forEach((mark, index) => {
    ["pointerenter", "click"].forEach((event) => mark.addEventListener(event, () => read(index)));
  });
  orbit.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    read((Math.max(current, step > 0 ? -1 : 0) + step + rewards.length) % rewards.length);
  });
})();
