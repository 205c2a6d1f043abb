// Prints what AsyncAPI's own parser finds wrong with a document, as JSON. Severity 0 is an error, 1 a warning.
import { Parser, fromFile } from "@asyncapi/parser";

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const found = diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path: path.join("/"), message }));
console.log(JSON.stringify({ messages: document ? document.messages().all().length : null, found }));
