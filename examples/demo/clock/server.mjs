// Something to follow with `kubectl logs -f`: a line every few seconds. Plain Node, no dependencies.
const { POD_NAME = 'unknown', EVERY_SECONDS = '5' } = process.env;
let ticks = 0;

console.log(`clock: ticking every ${EVERY_SECONDS} s in ${POD_NAME}`);
const timer = setInterval(() => {
  ticks += 1;
  console.log(`${new Date().toISOString()} tick ${ticks}`);
}, Number(EVERY_SECONDS) * 1000);
process.on('SIGTERM', () => {
  clearInterval(timer);
  console.log(`clock: stopped after ${ticks} ticks`);
});
