/** A gateway that posts its share of a million readings: `sender.ts URL TOKEN CLIENT CLIENTS TOTAL`. */
const [url = '', token = '', client = '', clients = '', total = ''] = process.argv.slice(2);
const batch = 10_000;

for (let from = Number(client) * batch; from < Number(total); from += Number(clients) * batch) {
  const rows = Array.from({ length: batch }, (_, k) => {
    const n = from + k;
    const time = Date.UTC(2026, 2, 3) + Math.floor(n / 1_000) * 60_000;
    return JSON.stringify({
      time,
      room: 'bench',
      device: 'sensor_bench',
      point: `p${n % 1_000}`,
      value: n % 97,
    });
  });
  for (;;) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: rows.join('\n'),
    });
    if (answer.ok) break;
    console.error(`${answer.status}: ${await answer.text()}`);
  }
}
