"use strict";

const byId = (id) => document.getElementById(id);
const words = JSON.parse(document.body.dataset.words);
const withKey = document.body.dataset.withKey === "yes";
const MOST_BARS = 5;
const SIDE_BY_SIDE = 2;
const percent = new Intl.NumberFormat(document.documentElement.lang, {
  style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
});

let models = [];
let stream = null;
let running = 0;
const waiting = [];

function headers() {
  return withKey && byId("key").value ? { Authorization: `Bearer ${byId("key").value}` } : {};
}

function complain(text) {
  byId("trouble").textContent = text;
}

async function loadModels() {
  if (withKey && !byId("key").value) return;
  try {
    const response = await fetch("/models", { headers: headers() });
    if (!response.ok) {
      complain(response.status === 401 ? words.key_wrong : (await response.json()).error);
      return;
    }
    models = (await response.json()).models;
  } catch {
    complain(words.unreachable);
    return;
  }
  complain("");
  byId("model").replaceChildren(...models.map((each) => new Option(each.name, each.name)));
  byId("model-row").hidden = models.length < 2;
  showModel();
}

function chosen() {
  return models.find((each) => each.name === byId("model").value) || models[0];
}

function showModel() {
  const model = chosen();
  byId("classes").textContent = model ? model.class_names.join(", ") : "";
  byId("classes-row").hidden = !model;
  byId("set-row").hidden = !model || !model.most_coverage || model.most_coverage < 0.95;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function newCard(blob, name) {
  const card = element("li", "card");
  const image = element("img");
  image.alt = name;
  image.src = URL.createObjectURL(blob);
  image.addEventListener("error", () => { image.hidden = true; });
  const answer = element("div");
  answer.append(element("p", "label", words.working));
  card.append(image, element("p", "name", name), answer);
  byId("results").prepend(card);
  byId("nothing").hidden = true;
  byId("clear").hidden = false;
  return { card, image, answer };
}

function bars(probabilities) {
  const table = element("table", "bars");
  const sorted = Object.entries(probabilities).sort((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
  for (const [name, value] of sorted) {
    const row = element("tr");
    const label = element("th", "", name);
    label.scope = "row";
    const meter = element("meter");
    meter.value = value;
    meter.setAttribute("aria-hidden", "true");
    const cell = element("td");
    cell.append(meter);
    row.append(label, cell, element("td", "value", percent.format(value)));
    table.append(row);
  }
  return table;
}

function show(answer, row) {
  answer.replaceChildren();
  if (row.error) {
    answer.append(element("p", "trouble", row.error));
    return;
  }
  if (row.none_of_these) {
    const note = element("div", "none");
    note.append(element("strong", "", words.none), element("br"), words.none_hint);
    answer.append(note);
  }
  answer.append(element("p", "label", row.label), bars(row.probabilities));
  if (row.prediction_set) {
    const listed = row.prediction_set.join(", ") || words.set_empty;
    answer.append(element("p", "quiet", `${words.set_result} ${listed}`));
  }
}

async function ask(blob, name) {
  const form = new FormData();
  form.append("image", blob, name);
  const query = new URLSearchParams();
  const model = chosen();
  if (model) query.set("model", model.name);
  if (byId("set").checked && !byId("set-row").hidden) query.set("coverage", "0.95");
  const response = await fetch(`/predict?${query}`, { method: "POST", body: form, headers: headers() });
  if (response.status === 401) return { error: words.key_wrong };
  const value = await response.json();
  return value.predictions ? value.predictions[0] : { error: value.error };
}

async function recognise(blob, name, place) {
  const answer = (place || newCard(blob, name)).answer;
  try {
    show(answer, await ask(blob, name));
  } catch {
    show(answer, { error: words.unreachable });
  }
}

async function work() {
  if (running >= SIDE_BY_SIDE) return;
  running += 1;
  while (waiting.length) {
    const { blob, name, place } = waiting.shift();
    await recognise(blob, name, place);
  }
  running -= 1;
}

function add(files) {
  for (const file of files) {
    const name = file.name || words.photo;
    waiting.push({ blob: file, name, place: newCard(file, name) });
    work();
  }
}

function frame() {
  const video = byId("video");
  const canvas = element("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

async function watch() {
  let place = null;
  while (stream && byId("live").checked) {
    const blob = await frame();
    if (!blob) break;
    if (!place) {
      place = newCard(blob, words.photo);
    } else {
      URL.revokeObjectURL(place.image.src);
      place.image.src = URL.createObjectURL(blob);
    }
    await recognise(blob, "camera.jpg", place);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function toggleCamera() {
  if (stream) {
    stream.getTracks().forEach((track) => track.stop());
    stream = null;
  } else {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      byId("video").srcObject = stream;
      await byId("video").play();
      complain("");
    } catch {
      stream = null;
      complain(words.camera_refused);
    }
  }
  byId("viewfinder").hidden = !stream;
  byId("camera").textContent = stream ? words.camera_stop : words.camera;
  byId("camera").setAttribute("aria-expanded", String(Boolean(stream)));
}

byId("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
});
byId("camera").addEventListener("click", toggleCamera);
byId("shoot").addEventListener("click", async () => {
  const blob = await frame();
  if (blob) add([blob]);
});
byId("live").addEventListener("change", watch);
byId("model").addEventListener("change", showModel);
byId("clear").addEventListener("click", () => {
  for (const image of document.querySelectorAll(".card img")) URL.revokeObjectURL(image.src);
  byId("results").replaceChildren();
  byId("nothing").hidden = false;
  byId("clear").hidden = true;
});
if (withKey) byId("key").addEventListener("change", loadModels);
const drop = byId("drop");
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  add(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => add(event.clipboardData.files));
loadModels();
