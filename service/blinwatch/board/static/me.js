// Who is signed in here, and what he may do; without people everybody may do everything.

let me = { name: null, role: null, rights: ["ward", "alarm_load", "answer", "attribute", "assess"] };
const RIGHT_OF_ACT = { acknowledge: "answer", shelve: "answer", attribute: "attribute", assess: "assess" };

/** Asks the board, and shows it in the header; whoever is not signed in is led to the door. */
export async function readMe() {
  const answer = await fetch("/api/me").catch(() => null);
  if (answer?.status === 401) location.assign("/sign-in");
  if (!answer?.ok) return;
  me = await answer.json();
  if (me.name === null) return;
  document.getElementById("me").textContent = `${me.name} (${me.role})`;
  const leave = document.getElementById("sign-out");
  leave.hidden = false;
  leave.onclick = async () => {
    await fetch("/sign-out", { method: "POST" }).catch(() => null);
    location.assign("/sign-in");
  };
}

/** The name under which acts are kept; null where everybody writes it himself. */
export const myName = () => me.name;

/** Whether patients may be seen at all. */
export const mayWatch = () => me.rights.includes("ward");

/** Whether the button of an act is offered; the board itself decides. */
export const mayDo = (kind) => me.rights.includes(RIGHT_OF_ACT[kind]);
