const load = async (path) => (await fetch(`/api/${path}`)).json();

export async function notes() {
  const list = document.createElement("ul");
  for (const { id, text } of await load("notes")) {
    const link = document.createElement("a");
    link.href = `/notes/${id}`;
    link.textContent = text;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  return ["Notes", list];
}

export async function note(id) {
  const { text } = await load(`notes/${id}`);
  return [`Note ${id}`, text];
}
