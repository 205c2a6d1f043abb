// Asks for a name and a password, and says in words why somebody is not let in.

const form = document.getElementById("sign-in");
const wrong = document.getElementById("wrong");

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
