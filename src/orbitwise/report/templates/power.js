"use strict";
document.querySelectorAll(".player").forEach((player) => {
  const figure = player.closest(".power-figure");
  const slider = player.querySelector("input");
  const button = player.querySelector("button");
  const readout = player.querySelector("output");
  const names = player.dataset.frames.split("|");
  const parts = [...figure.querySelectorAll("[data-frame]")];
  let timer = 0;

  const show = (index) => {
    slider.value = String(index);
    slider.setAttribute("aria-valuetext", names[index]);
    readout.textContent = names[index];
    parts.forEach((part) => part.classList.toggle("off", part.dataset.frame !== String(index)));
  };
  const stop = () => {
    window.clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  };
  const step = () => {
    const next = Number(slider.value) + 1;
    if (next >= names.length) stop();
    else show(next);
  };
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  button.addEventListener("click", () => {
    if (timer) {
      stop();
      return;
    }
    if (Number(slider.value) === names.length - 1) show(0);
    button.textContent = "Pause";
    timer = window.setInterval(step, 900);
  });
  player.hidden = false;
  figure.classList.add("playing");
});
