// A real tus server (@tus/server with @tus/file-store).
//
//   node tus_server.mjs PORT FOLDER [MAX_SIZE [EXPIRES_S]]
//
// Uploads are created at /files/ and kept in FOLDER. Each line of its output is one request as JSON, written when its
// connection has no more of it: `received` counts all bytes that came for it, head included.
import http from 'node:http';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const [port, directory, maxSize = '0', expires = '0'] = process.argv.slice(2);
const tus = new Server({
  path: '/files',
  maxSize: Number(maxSize) || undefined,
  datastore: new FileStore({ directory, expirationPeriodInMilliseconds: Number(expires) * 1000 }),
});

const counted = new WeakMap(); // socket -> bytes that belong to requests already told
const server = http.createServer((request, response) => {
  const socket = request.socket;
  response.once('close', () => {
    const line = {
      method: request.method,
      path: request.url,
      status: response.headersSent ? response.statusCode : 0,
      offset: Number(request.headers['upload-offset'] ?? 0),
      received: socket.bytesRead - (counted.get(socket) ?? 0),
    };
    counted.set(socket, socket.bytesRead);
    console.log(JSON.stringify(line));
  });
  tus.handle(request, response);
});
// A line may be slow for longer than node thinks right.
server.requestTimeout = 0;
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
