"""A process that serves, among several: uvicorn's, but that its death is noticed at once."""

from uvicorn.supervisors import multiprocess


class Worker(multiprocess.Process):
    """One that dies while its parent waits for its answer to a ping ends that wait."""

    def start(self) -> None:
        super().start()
        # The worker has its own by now. As long as the parent has it open too, it hears of no death, and waits on.
        self.child_conn.close()


def supervise_workers() -> None:
    """Makes uvicorn start these."""
    vars(multiprocess)["Process"] = Worker
