// One thing at a time: `once` does nothing while another work is under way, as a key that is pressed then is not for what comes
// after it; `next` waits for its end, and of those that wait the last is done: what was chosen holds.
export function inTurn(failed) {
  let busy = false;
  let waiting = null;

  async function once(work) {
    if (busy) return;
    busy = true;
    try {
      await work();
    } catch (error) {
      await failed(error);
    } finally {
      busy = false;
    }
    if (waiting === null) return;
    const chosen = waiting;
    waiting = null;
    await once(chosen);
  }

  function next(work) {
    if (busy) waiting = work;
    else once(work);
  }

  return { once, next };
}
