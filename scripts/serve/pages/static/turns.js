// One thing at a time: `once` does nothing while another work is under way, as a key that is pressed then is not for what comes
// after it; `next` waits for its end, and of those that wait the last is done: what was chosen holds. What failed is told after it.
export function inTurn(failed) {
  let busy = false;
  let waiting = null;

  async function once(work) {
    if (busy) return;
    busy = true;
    let wrong = null;
    for (let doing = work; doing !== null; [doing, waiting] = [waiting, null]) {
      try {
        await doing();
      } catch (error) {
        wrong = error;
      }
    }
    busy = false;
    if (wrong !== null) failed(wrong);
  }

  function next(work) {
    if (busy) waiting = work;
    else once(work);
  }

  return { once, next };
}
