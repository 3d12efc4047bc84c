// Buys at random, as often a second as it is told: `GET /rate?set=20`, or the variable RATE at the start.
import { call, self, serve } from './lib.mjs';

const { SHOP = 'http://web', RATE = '1' } = process.env;
const maxRate = 200;
const maxWaiting = 50;
let rate = clamp(RATE);
let due = 0;
let waiting = 0;
const totals = { bought: 0, failed: 0 };

serve('load', {
  'GET /rate': async (url) => {
    if (url.searchParams.has('set')) {
      rate = clamp(url.searchParams.get('set'));
      console.log(`load: ${rate} orders a second`);
    }
    return { rate, ...totals, path: [self('load')] };
  },
});
setInterval(buyWhatIsDue, 100);

function clamp(text) {
  const wanted = Number(text);
  return Number.isFinite(wanted) ? Math.min(maxRate, Math.max(0, wanted)) : 1;
}

function buyWhatIsDue() {
  due = Math.min(due + rate / 10, maxRate);
  // A shop that is slow is asked less often rather than drowned.
  for (; due >= 1 && waiting < maxWaiting; due -= 1) void buy();
}

async function buy() {
  waiting += 1;
  try {
    await call('POST', `${SHOP}/buy`);
    totals.bought += 1;
  } catch (error) {
    totals.failed += 1;
    if (totals.failed % 20 === 1) console.error(`load: ${totals.failed} orders failed so far: ${error.message}`);
  } finally {
    waiting -= 1;
  }
}
