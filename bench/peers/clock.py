"""Seconds of the processor, so that what else the machine does counts less; of all threads together.

The clock of this thread is exact. That of the process goes in ticks where its time is limited, and decides only where
other threads have worked as well.
"""

import time

TICK = 0.02


def now():
    return time.thread_time(), time.process_time()


def since(start):
    thread, process = (b - a for a, b in zip(start, now()))
    return process if process > 1.1 * thread + TICK else thread
