// Reads a multipart/form-data body of the Content-Type that is given from standard input, and
// writes what busboy finds in it: [{"name", "file_name", "type", "content": BASE64}, …].
'use strict';

const busboy = require('busboy');

const parser = busboy({
  headers: { 'content-type': process.argv[2] },
  defParamCharset: 'utf8',
  preservePath: true,
  limits: { fieldNameSize: 1 << 16, fieldSize: Infinity },
});
const parts = [];
parser.on('field', (name, value, info) => {
  parts.push({ name, file_name: undefined, type: info.mimeType, content: Buffer.from(value) });
});
parser.on('file', (name, stream, info) => {
  const part = { name, file_name: info.filename, type: info.mimeType, content: [] };
  parts.push(part);
  stream.on('data', (piece) => part.content.push(piece));
  stream.on('end', () => { part.content = Buffer.concat(part.content); });
});
parser.on('error', (error) => { throw error; });
parser.on('close', () => {
  const shown = parts.map(({ name, file_name, type, content }) => ({
    name: name ?? null, file_name: file_name ?? null, type, content: content.toString('base64'),
  }));
  process.stdout.write(JSON.stringify(shown));
});
process.stdin.pipe(parser);
