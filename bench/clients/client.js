// What one might write instead, in Node: undici, a loop per connection, a line per result.
//   client.js JOB RESULTS URL CONNECTIONS [CERTIFICATE]
'use strict';
const fs = require('fs');
const readline = require('readline');
const { Pool } = require('undici');

const [job, results, url, connections, certificate] = process.argv.slice(2);

function render(operation) {
  if (operation.op === 'update_album') {
    return [`/koodrive/ose/v1/${operation.albumId}/update`, { name: operation.name }];
  }
  return ['/koodrive/ose/v1/sharefolder/rename', { id: operation.id, fileName: operation.fileName }];
}

async function send(pool, line, text) {
  const [path, body] = render(JSON.parse(text));
  const answer = await pool.request({
    method: 'POST',
    path,
    headers: {
      'Content-Type': 'application/json',
      Authorization: 'Bearer+secret',
      'X-User-Id': '1',
      'X-Date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      'X-Traceid': line.toString(2).padStart(58, '0'),
    },
    body: JSON.stringify(body),
  });
  const { code, msg } = await answer.body.json();
  return { line, http: answer.statusCode, code, msg };
}

async function main() {
  const pool = new Pool(url, {
    connections: Number(connections),
    pipelining: 1,
    connect: certificate ? { ca: fs.readFileSync(certificate) } : undefined,
  });
  const lines = readline.createInterface({ input: fs.createReadStream(job) })[Symbol.asyncIterator]();
  const out = fs.createWriteStream(results);
  let line = 0;
  // All loops draw from one iterator: its next() may be called before the last one has answered.
  async function serve() {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) return;
      out.write(JSON.stringify(await send(pool, ++line, value)) + '\n');
    }
  }
  await Promise.all(Array.from({ length: Number(connections) }, serve));
  await pool.close();
  await new Promise((resolve) => out.end(resolve));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
