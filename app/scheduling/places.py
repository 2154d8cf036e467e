"""What one request has of the room that there is for photos."""

import time

from app.scheduling.admission import Admission


class Places:
    """Those of one request: none until its photo is there."""

    def __init__(self, admission: Admission, patience_s: float) -> None:
        """Begins with nothing; whoever sends the request waits for so long from now on."""
        self._admission, self._until = admission, time.perf_counter() + patience_s
        self.photos = self.bytes = 0

    def take(self, photos: int) -> None:
        """Takes further places, if the request turns out to hold so many photos.

        Raises:
            Overloaded: if there are not as many, or if the answer would come too late.
        """
        if photos > self.photos:
            self._admission.enter(0, self._until - time.perf_counter(), photos - self.photos)
            self.photos = photos

    def hold(self, size: int) -> None:
        """Counts further bytes, of the body as they come or of what it needs beside it; alone it may have any.

        Raises:
            Overloaded: if there is no room for them beside what others hold.
        """
        self._admission.hold(size, self.bytes)
        self.bytes += size

    def leave(self, answered: bool) -> None:
        """Gives everything back."""
        self._admission.leave(self.bytes, answered and self.photos > 0, self.photos)
