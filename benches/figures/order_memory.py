"""Memory of a thousand open orders: what a fresh process grows by when it tracks a thousand more.

Each was placed here, acknowledged and reported as live, and has its handle. A thousand stand before it is measured,
because imports leave free memory behind that the first ones fill. Run as a program it is that fresh process:
`python -m figures.order_memory` prints the bytes.
"""

import asyncio
import gc
import os
import subprocess
import sys
from pathlib import Path

from figures import Options, Result
from timing import Bar, Row, progress

ORDERS = 1_000
LIMIT_MB = 5

_FIGURE = f"memory of {ORDERS:,} open orders"
_MB = 1_000_000
_STAMP = "2026-11-23T03:47:44.593255Z"


def measure(_options: Options) -> Result:
    """Start a fresh process; once, as nothing in it depends on the machine's mood."""
    progress("memory: orders")
    folder = Path(__file__).parents[1]
    command = [sys.executable, "-m", "figures.order_memory"]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    row = Row(_FIGURE, "havklo", (int(done.stdout.split()[-1]) / _MB,), "MB", "", "with their requests and handles")
    return [row], [Bar(f"MB for {ORDERS:,} open orders, havklo", row.value, LIMIT_MB)]


def _report(number: int, exec_type: str, sequence: int, more: str = "") -> bytes:
    return (
        f'{{"channel":"executions","type":"update","data":[{{"order_id":"O{number:05}-AAAAA-BBBBBB","order_userref":0,'
        f'"exec_type":"{exec_type}","order_status":"{exec_type}","timestamp":"{_STAMP}",'
        f'"cl_ord_id":"{number:032x}"{more}}}],"sequence":{sequence}}}'
    ).encode()


def _whole(number: int) -> str:
    return (
        ',"symbol":"BTC/USD","side":"buy","order_type":"limit","time_in_force":"GTC","fee_ccy_pref":"fciq",'
        f'"order_qty":0.0010,"limit_price":{30_000 + number / 10:.1f},"limit_price_type":"static","ratecount":10.5'
    )


async def _grown() -> int:
    """Track two thousand orders; give by how much the second thousand let the process grow."""
    from havklo import Client, Credentials  # noqa: PLC0415 - in the fresh process only
    from havklo._protocol.messages import decode  # noqa: PLC0415
    from havklo._protocol.trading.effects import Ask  # noqa: PLC0415
    from havklo.channels import executions  # noqa: PLC0415
    from havklo.orders import Limit  # noqa: PLC0415

    (topic,) = executions().topics
    # Nobody answers there, and nobody is asked.
    async with Client("ws://127.0.0.1:9/v2", credentials=Credentials("key", "c2VjcmV0")) as kraken:
        placing, desk = kraken.orders._placing, kraken._desk()  # noqa: SLF001 - where answers come in

        def track(first: int) -> list[object]:
            handles: list[object] = []
            for number in range(first, first + ORDERS):
                name = f"{number:032x}"
                record = placing.record(
                    Limit("BTC/USD", "buy", qty="0.0010", price=f"{30_000 + number / 10:.1f}"), name
                )
                desk.account.asked(Ask(number, "add_order", [record], sent_at=number, until=number + 1))
                for exec_type, more in (("pending_new", _whole(number)), ("new", "")):
                    told = decode(_report(number, exec_type, number, more), number)
                    desk.rows(topic, told.rows, number, snapshot=False)  # type: ignore[union-attr]
                result = f'{{"order_id":"{record.order_id}"}}'
                ack = f'{{"method":"add_order","req_id":{number},"success":true,"result":{result}}}'
                desk.answered(decode(ack.encode()))  # type: ignore[arg-type]
                handles.append(record.handle)
            return handles

        kept = [track(1)]
        before = _resident()
        kept.append(track(ORDERS + 1))
        grown = _resident() - before
        assert len(kraken.orders.open) == 2 * ORDERS
        return grown


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(asyncio.run(_grown()), flush=True)
