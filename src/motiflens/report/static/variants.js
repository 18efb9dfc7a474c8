// Filters of the table of variants: text, what happens to motifs, false discovery rate.
const rows = [...document.querySelectorAll("#variants tbody tr")];
const text = document.getElementById("find"), word = document.getElementById("word"), rate = document.getElementById("rate");
function filter() {
  const wanted = text.value.trim().toLowerCase(), most = Number(rate.value);
  let shown = 0;
  for (const row of rows) {
    const fits = row.textContent.toLowerCase().includes(wanted)
      && (!word.value || row.dataset.words.split(" ").includes(word.value))
      && !(Number(row.dataset.q) > most);
    row.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length}`;
}
for (const control of [text, word, rate]) control.addEventListener("input", filter);
filter();
