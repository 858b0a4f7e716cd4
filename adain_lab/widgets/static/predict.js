// @ts-check
// A question: choose, commit, reveal.
function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function render({ model, el }) {
  const root = element("div", "al-panel al-predict");
  const form = element("fieldset", "al-question");
  form.append(element("legend", "al-asked", model.get("question")));
  const group = `al-${Math.random().toString(36).slice(2)}`;
  const rows = model.get("options").map((text, number) => {
    const row = element("label", "al-answer");
    const input = element("input");
    input.type = "radio";
    input.name = group;
    input.addEventListener("change", () => {
      model.set("choice", number);
      model.save_changes();
    });
    const mark = element("span", "al-mark");
    row.append(input, element("span", "al-answer-text", text), mark);
    form.append(row);
    return { row, input, mark };
  });
  const bar = element("div", "al-predict-bar");
  const commit = element("button", "al-button", "Commit");
  commit.type = "button";
  const reveal = element("button", "al-button", "Reveal the answer");
  reveal.type = "button";
  const note = element("span", "al-note");
  bar.append(commit, reveal, note);
  const why = element("p", "al-why");
  why.setAttribute("aria-live", "polite");
  root.append(form, bar, why);
  el.append(root);

  commit.addEventListener("click", () => model.send({ do: "commit" }));
  reveal.addEventListener("click", () => model.send({ do: "reveal" }));

  const update = () => {
    const choice = model.get("choice");
    const committed = model.get("committed");
    const answer = model.get("answer");
    const revealed = answer >= 0;
    rows.forEach(({ row, input, mark }, number) => {
      input.checked = number === choice;
      input.disabled = committed;
      row.toggleAttribute("data-chosen", committed && number === choice);
      row.toggleAttribute("data-right", revealed && number === answer);
      const words = [];
      if (revealed && number === answer) words.push("✓ right");
      if (committed && number === choice) words.push(model.get("quiz") ? "your answer" : "your prediction");
      mark.textContent = words.join(" · ");
    });
    commit.hidden = committed;
    commit.disabled = choice < 0;
    reveal.hidden = !committed || revealed;
    note.textContent = model.get("error") || (committed && !revealed && !model.get("quiz") ? "Now find out: run the next cell, then reveal." : "");
    why.textContent = revealed ? (choice === answer ? "You were right. " : "") + model.get("why") : "";
    why.hidden = !revealed;
    bar.hidden = revealed && !note.textContent;
  };
  const events = ["change:choice", "change:committed", "change:answer", "change:why", "change:error"];
  for (const event of events) model.on(event, update);
  update();
  return () => {
    for (const event of events) model.off(event, update);
  };
}

export default { render };
