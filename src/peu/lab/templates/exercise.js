"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const name = document.getElementById("name");
  const progress = document.getElementById("progress");
  const store = `peu exercise ${data.lab} ${data.language}`;
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const written = (number, digits) => number.toLocaleString(data.language, { maximumFractionDigits: digits });

  // What is kept for later is encoded, so that reading or searching the page does not show it.
  const opened = new Map();
  function kept(key) {
    if (!opened.has(key)) {
      const text = atob(document.querySelector(`[data-kept="${key}"]`).textContent);
      const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
      opened.set(key, JSON.parse(new TextDecoder().decode(bytes)));
    }
    return opened.get(key);
  }

  // The rules: as in peu/lab/marking.py.
  function readNumber(text) {
    let number = text.replace(/[\s'_\u2019]+/g, "").replace(/\u2212/g, "-");
    if (/^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$/.test(number)) number = number.replace(/,/g, "");
    else if (/^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3}){2,}$/.test(number)) number = number.replace(/\./g, "");
    number = number.replace(/,/g, ".");
    return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?$/i.test(number) ? Number(number) : null;
  }
  function wordsOf(text) {
    const plain = text.toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae").normalize("NFD").replace(/\p{M}/gu, "");
    return plain.match(/[a-z0-9]+/g) || [];
  }
  const holds = (found, wanted) => found.some((word) => wanted === "#" ? /^[0-9]/.test(word) : word.startsWith(wanted));
  const makesPoint = (found, phrases) =>
    phrases.some((phrase) => phrase.split(" ").every((wanted) => holds(found, wanted)));

  const questions = [...document.querySelectorAll(".question")].map((place) => ({
    key: place.dataset.question,
    place,
    numbers: [...place.querySelectorAll(".number")],
    text: place.querySelector(".text"),
    check: place.querySelector(".check"),
    reveal: place.querySelector(".reveal"),
    result: place.querySelector(".result"),
    answer: place.querySelector(".answer"),
    checked: false,
    revealed: false,
  }));
  const fields = (question) => [...question.numbers, ...(question.text ? [question.text] : [])];
  const isEmpty = (question) => fields(question).every((field) => field.value.trim() === "");

  function mark(question) {
    const rules = kept(question.key);
    const numbers = rules.numbers.map((asked, at) => {
      const given = readNumber(question.numbers[at].value);
      return { asked, given, right: given !== null && Math.abs(given - asked.expected) <= asked.within };
    });
    const found = wordsOf(question.text ? question.text.value : "");
    const points = rules.points.map((point) => ({ point, made: makesPoint(found, point.phrases) }));
    const right = numbers.filter((each) => each.right).length + points.filter((each) => each.made).length;
    return { numbers, points, share: right / (numbers.length + points.length) };
  }

  function element(kind, text, className) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function show(question) {
    const found = mark(question);
    const lines = found.numbers.map(({ asked, given, right }) =>
      element("p", say(given === null ? words.no_number : right ? words.right : words.wrong, asked)));
    if (found.points.length) {
      const made = found.points.filter((each) => each.made).length;
      lines.push(element("p", say(words.made, { made, all: found.points.length })));
    }
    question.result.replaceChildren(...lines);
  }

  function open(question, focus) {
    question.revealed = true;
    for (const field of fields(question)) field.readOnly = true;
    question.check.disabled = question.reveal.disabled = true;
    show(question);
    const found = mark(question);
    const list = document.createElement("ul");
    for (const { asked } of found.numbers) {
      const sentence = asked.within ? words.expected : words.exactly;
      list.append(element("li", say(sentence, { label: asked.label, expected: asked.written, within: asked.within_written })));
    }
    for (const { point, made } of found.points) {
      const line = element("li", `${point.text} (${made ? words.point_made : words.point_missing}). `);
      line.append(element("span", say(words.admitted, { phrases: point.phrases.join(", ") }), "phrases"));
      list.append(line);
    }
    question.result.append(list);
    const content = document.createElement("div");
    content.innerHTML = kept(question.key).html;
    question.answer.replaceChildren(element("h4", words.answer), content);
    if (focus) question.answer.focus();
    const section = question.place.closest("[data-section]");
    const all = questions.filter((each) => section.contains(each.place));
    if (all.every((each) => each.revealed)) {
      const measured = document.createElement("div");
      measured.innerHTML = kept(section.dataset.section).html;
      section.querySelector(".measured").replaceChildren(element("h4", words.section_answer), measured);
    }
  }

  function check(question) {
    if (isEmpty(question)) {
      question.result.replaceChildren(element("p", words.first));
      fields(question)[0].focus();
      return;
    }
    question.checked = true;
    question.reveal.disabled = false;
    show(question);
    count();
  }

  function count() {
    const done = questions.filter((each) => each.checked);
    const sum = done.reduce((total, each) => total + mark(each).share, 0);
    progress.textContent = say(words.progress, {
      done: done.length, all: questions.length, mark: written(data.of * sum / questions.length, 1),
    });
    remember();
  }

  const student = () => ({
    kind: "peu lab answers",
    format: data.format,
    name: name.value,
    answers: Object.fromEntries(questions.filter((each) => !isEmpty(each)).map((each) => [each.key, {
      numbers: each.numbers.map((field) => field.value),
      text: each.text ? each.text.value : "",
    }])),
  });

  // Where the browser allows it, what is written survives a closed page.
  function remember() {
    try {
      const done = (what) => questions.filter((each) => each[what]).map((each) => each.key);
      localStorage.setItem(store, JSON.stringify({ ...student(), checked: done("checked"), revealed: done("revealed") }));
    } catch { /* private browsing */ }
  }

  function fill(saved) {
    if (saved.kind !== "peu lab answers" || saved.format !== data.format || typeof saved.answers !== "object") throw new TypeError();
    name.value = String(saved.name ?? "").slice(0, 200);
    for (const question of questions) {
      const answer = saved.answers[question.key];
      if (!answer || question.revealed) continue;
      question.numbers.forEach((field, at) => { field.value = String(answer.numbers?.[at] ?? "").slice(0, 200); });
      if (question.text) question.text.value = String(answer.text ?? "").slice(0, 20000);
    }
  }

  for (const question of questions) {
    question.check.addEventListener("click", () => check(question));
    question.reveal.addEventListener("click", () => { open(question, true); count(); });
    for (const field of question.numbers) {
      field.addEventListener("keydown", (event) => { if (event.key === "Enter") check(question); });
    }
    for (const field of fields(question)) field.addEventListener("change", remember);
  }
  name.addEventListener("change", remember);
  document.getElementById("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(student(), null, 1)], { type: "application/json" }));
    link.download = "student.json";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  document.getElementById("load").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    try {
      fill(JSON.parse(await file.text()));
      count();
      progress.textContent = words.loaded;
    } catch {
      progress.textContent = words.not_loaded;
    }
    event.target.value = "";
  });

  try {
    const saved = JSON.parse(localStorage.getItem(store));
    if (saved) {
      fill(saved);
      for (const question of questions) {
        if (saved.checked.includes(question.key) && !isEmpty(question)) check(question);
        if (saved.revealed.includes(question.key)) open(question, false);
      }
    }
  } catch { /* nothing kept, or nothing readable */ }
  count();
})();
