// Asks for a name and a password, and says in words why somebody is not let in.

const form = document.getElementById("sign-in");
const wrong = document.getElementById("wrong");

const PROBLEMS = new Map([
  ["provider", "The hospital's sign-in does not answer as it should. Try again, or ask whoever runs it."],
  ["refused", "The hospital's sign-in did not let you in."],
  ["expired", "That took too long, or began in another window. Sign in again."],
  ["name", "Your hospital account has no name that could stand in the audit. Ask whoever runs it."],
  ["role", "Your hospital account has no role at this board. Ask whoever gives out roles."],
  ["auth_time", "The hospital's sign-in did not ask who you are just now. Sign in again; if that does not help, ask whoever runs it."],
]);

try {
  const ways = await (await fetch("/sign-in/ways")).json();
  form.hidden = !ways.password;
  document.getElementById("hospital").hidden = !ways.hospital;
  if (ways.password && !ways.hospital) form.elements.name.focus();
} catch {
  wrong.textContent = "the board does not answer";
}
const told = PROBLEMS.get(new URLSearchParams(location.search).get("problem"));
if (told) wrong.textContent = told;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.textContent = "";
  let answer;
  try {
    answer = await fetch("/sign-in", { method: "POST", body: new URLSearchParams(new FormData(form)) });
  } catch {
    wrong.textContent = "the board does not answer";
    return;
  }
  if (answer.ok) {
    location.assign("/");
    return;
  }
  wrong.textContent = (await answer.json()).error;
  form.password.value = "";
  form.password.focus();
});
