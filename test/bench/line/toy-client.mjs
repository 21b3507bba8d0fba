// A client of a store of its own, in memory, that speaks the line protocol; it starts as fast as Node does. What is wrong with it is its argument.
const rows = new Map();
const [wrong = ""] = process.argv.slice(2);
let text = "";

const found = (is) => (is ? "found" : "not_found");

function answer(line) {
  const [op, key, word] = line.trim().split(" ");
  const old = rows.get(key);
  if (op === "GET") return `GET ${key} ${old ?? "null"}\n`;
  if (op === "DELETE") return `DELETE ${key} ${found(rows.delete(key))}\n`;
  if (op === "SCAN") {
    const keys = [...rows.keys()].filter((each) => each >= key && each <= word).toSorted((a, b) => (a < b ? -1 : 1));
    return `SCAN ${key} ${word} BEGIN\n${keys.map((each) => `  ${each} ${rows.get(each)}\n`).join("")}SCAN END\n`;
  }
  rows.set(key, word);
  return op === "PUT" ? `PUT ${key} ${found(old !== undefined)}\n` : `SWAP ${key} ${old ?? "null"}\n`;
}

if (wrong === "talks") process.stdout.write("connected\n");

process.stdin.setEncoding("latin1").on("data", (chunk) => {
  text += chunk;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    if (line === "STOP" && wrong !== "deaf to STOP") {
      process.stdout.write("STOP\n");
      process.exit(0);
    }
    if (wrong === "dies") process.exit(3);
    process.stdout.write(answer(line), "latin1");
  }
});
process.stdin.on("end", () => process.exit(0));
