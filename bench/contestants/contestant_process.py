"""One contestant in Python, with the protocol of contestant-process.ts: NumPy or PyTorch, one thread.

Arguments: library, way (of ours, unused), folder of the task, file for the numbers.
"""
import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np


def resident_kibibytes(name):
    """"VmRSS": now; "VmHWM": at its highest."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def begin_memory():
    """Lets the highest resident memory begin anew, and returns what is resident now."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as command:
        command.write("5")
    return resident_kibibytes("VmRSS")


def look():
    """The time before, how long the scheduler had given the processor to others, the time after; milliseconds."""
    before = time.perf_counter()
    waited = 0
    if sys.platform == "linux":
        with open("/proc/self/schedstat", encoding="ascii") as statistics:
            waited = int(statistics.read().split()[1]) / 1e6
    return 1e3 * before, waited, 1e3 * time.perf_counter()


# Longest look in which nothing else happened; longest time that is measured again rather than corrected.
GLANCE = 0.5
SHORT = 5


def undisturbed_look():
    while True:
        before, waited, after = look()
        if after - before <= GLANCE:
            return waited, after


def sample(run, calls, milliseconds, least, warm_up):
    """Milliseconds per call, until both the time and the number of samples are reached."""
    warm = time.perf_counter() + warm_up / 1e3
    while time.perf_counter() < warm:
        for _ in range(calls):
            run()
    times = []
    end = time.perf_counter() + milliseconds / 1e3
    while len(times) < least or time.perf_counter() < end:
        waited, start = undisturbed_look()
        for _ in range(calls):
            run()
        stop, waited_at_stop, after = look()
        others = waited_at_stop - waited
        elapsed = stop - start - others
        if after - stop <= GLANCE and (others == 0 or elapsed >= SHORT):
            times.append(elapsed / calls)
    return times


def answer(reply):
    print(json.dumps(reply), flush=True)


def main():
    name, _, folder, file = sys.argv[1:]
    task = json.loads((Path(folder) / "task.json").read_text())
    library = importlib.import_module(f"{name}_jobs")
    loaded_kibibytes = begin_memory() if sys.platform == "linux" else 0
    inputs = [
        np.fromfile(Path(folder) / f"input-{k}.bin", dtype=task["precision"]).reshape(shape)
        for k, shape in enumerate(task["shapes"])
    ]
    run, outputs = library.contestant(task["kind"], inputs, task["readsBack"])
    answer({"version": library.version, "variant": "eager"})
    for line in sys.stdin:
        question = json.loads(line)
        if question["ask"] == "peak":
            for _ in range(question["calls"]):
                run()
            answer({"kibibytes": resident_kibibytes("VmHWM") - loaded_kibibytes})
        elif question["ask"] == "samples":
            answer({"samples": sample(run, task["calls"], question["milliseconds"], question["least"], question["warmUp"])})
        else:
            waited, start = undisturbed_look()
            results = outputs()
            stop, waited_at_stop, _ = look()
            elapsed = stop - start - (waited_at_stop - waited)
            numbers = [np.ravel(np.asarray(output, dtype="float64")) for output in results]
            np.concatenate(numbers).tofile(file)
            answer({"milliseconds": elapsed, "lengths": [output.size for output in numbers]})


if __name__ == "__main__":
    main()
