"""A stream of bytes cut into blocks of whole lines, in one buffer that is used again.

Where blocks end changes nothing: every line that begins in [first, stop) is given once and whole, or, if it is longer
than LONGEST_LINE, as its head. Work per byte is constant whatever the bytes are.
"""

from collections.abc import Callable, Iterator

from mailtriage.sources.interface import BLOCK_SIZE, LONGEST_LINE, Block

# Fills the view from its start and says how many bytes it wrote; 0: the stream has ended.
Fill = Callable[[memoryview], int]

ENDLESS = 1 << 62


class Cutter:
    """Cuts the bytes that ``fill`` brings, the first of which has ``offset`` in the source.

    ``first``: lines that begin before it are context only. ``stop``: no line that begins at or after it is given.
    ``context``: how many bytes before a block to keep for looking back, at most LONGEST_LINE (a longer context could
    reach across a line that was cut, and then depend on where reading began). ``patience``: bytes without a newline
    after which the stream is given up, see ``tired``.
    """

    def __init__(
        self,
        fill: Fill,
        *,
        offset: int = 0,
        first: int = 0,
        stop: int = ENDLESS,
        block_size: int = BLOCK_SIZE,
        context: int = 0,
        patience: int = ENDLESS,
    ) -> None:
        if context > LONGEST_LINE:
            raise ValueError(f"context of {context} bytes is longer than the longest line")
        self._fill = fill
        self._offset = offset
        self._first = first
        self._stop = stop
        self._block_size = block_size
        self._context = context
        self._patience = patience
        self.cut = 0  # lines that were too long
        self.read = 0  # bytes that ``fill`` brought
        self.tired = False

    def __iter__(self) -> Iterator[Block]:
        buffer = bytearray(self._context + self._block_size + LONGEST_LINE)
        view = memoryview(buffer)
        stop, first = self._stop, self._first
        base = self._offset  # in the source, of buffer[0]
        context = low = high = 0  # context before low, bytes not yet given from low to high
        skipping = base > 0  # in the middle of a line until a newline says otherwise
        passed = 0  # bytes of the line that is being skipped
        ended = False
        while True:
            while not ended and high < len(buffer):
                got = self._fill(view[high:])
                ended = got == 0
                high += got
                self.read += got
            if skipping:
                newline = buffer.find(b"\n", low, high)
                if newline < 0:
                    passed += high - low
                    if ended or base + high >= stop:
                        return
                    if passed > self._patience:
                        self.tired = True
                        return
                    base += high
                    context = low = high = 0
                    continue
                context = low = newline + 1
                skipping, passed = False, 0
            if base + low < first:
                newline = buffer.find(b"\n", max(low, first - base - 1), high)
                if newline < 0:  # the line across ``first`` is too long, or the last one
                    if ended:
                        return
                    skipping, low = True, high
                    continue
                low = newline + 1
                context = self._context_of(buffer, context, low)
            if base + low >= stop or (ended and low == high):
                return
            end = self._end(buffer, low, high, stop - base, ended)
            if end > low:
                for begin, until, cut, after in self._spans(buffer, low, end):
                    yield Block(buffer, context, begin, until, base + begin, cut)
                    if cut:
                        context = after
                low = end
            elif high - low > LONGEST_LINE:
                self.cut += 1
                yield Block(buffer, context, low, low + LONGEST_LINE, base + low, True)
                skipping, low = True, low + LONGEST_LINE
                context = low
            if not skipping:
                context = self._context_of(buffer, context, low)
            kept = high - context
            view[:kept] = view[context:high]
            base += context
            low -= context
            high = kept
            context = 0

    def _end(self, buffer: bytearray, low: int, high: int, stop: int, ended: bool) -> int:
        """Where the whole lines in buffer[low:high] end that begin before ``stop``; ``low`` if there is none."""
        if high >= stop:
            newline = buffer.find(b"\n", max(low, stop - 1), high)
            if newline >= 0:
                return newline + 1
        return high if ended else buffer.rfind(b"\n", low, high) + 1 or low

    def _spans(self, buffer: bytearray, low: int, end: int) -> list[tuple[int, int, bool, int]]:
        """The lines in buffer[low:end] without the rests of too long ones: begin, end, cut, where to go on."""
        spans = []
        at = begin = low
        while end - at > LONGEST_LINE:
            newline = buffer.rfind(b"\n", at, at + LONGEST_LINE + 1)
            if newline >= 0:
                at = newline + 1
                continue
            self.cut += 1
            head = at + LONGEST_LINE
            at = buffer.find(b"\n", head, end) + 1 or end
            spans.append((begin, head, True, at))
            begin = at
        if begin < end:
            spans.append((begin, end, False, end))
        return spans

    def _context_of(self, buffer: bytearray, context: int, low: int) -> int:
        """Where the context of a block that begins at ``low`` begins: at a line."""
        wanted = low - self._context
        if wanted <= context:
            return context
        return buffer.find(b"\n", wanted - 1, low) + 1 or low
