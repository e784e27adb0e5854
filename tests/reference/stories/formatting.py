"""One message in all the clothes that JSON allows."""

import re

from reference.market import Market, bitcoin
from reference.story import Chapter, Story

FORMATTING = Chapter()

GONE = "0.00000000"


def _live(story: Story) -> Market:
    market = bitcoin()
    story.lives(market.snapshot())
    return market


@FORMATTING.story("keys in any order")
def _(story: Story) -> None:
    """Kraken's acks already differ in key order, so no order is relied on, down to a level's keys."""
    market = _live(story)
    market.update(bids=[("45283.5", "0.20000000")], asks=[("45285.1", "0.50000000")])
    story.lives(
        f'{{"data":[{{"checksum":{market.sum},"asks":[{{"qty":0.50000000,"price":45285.1}}],'
        f'"timestamp":"2026-08-02T04:23:43.1Z","bids":[{{"qty":0.20000000,"price":45283.5}}],"symbol":"BTC/USD"}}],'
        '"type":"update","channel":"book"}'
    )
    market.update(bids=[("45283.5", "0.30000000")])
    story.lives(
        f'{{"type":"update","data":[{{"bids":[{{"price":45283.5,"qty":0.30000000}}],"symbol":"BTC/USD",'
        f'"checksum":{market.sum},"asks":[]}}],"channel":"book"}}'
    )
    market.update(bids=[("45283.5", "0.40000000")])
    story.lives(
        f'{{"channel":"book","data":[{{"timestamp":"2026-08-02T04:23:43.2Z","checksum":{market.sum},'
        '"symbol":"BTC/USD","bids":[{"qty":0.40000000,"price":45283.5}],"asks":[]}],"type":"update"}'
    )
    story.reads("BTC/USD", "live")


@FORMATTING.story("a snapshot with its type behind its data")
def _(story: Story) -> None:
    """Whether a message is a snapshot may be known only when all of it was read."""
    market = bitcoin()
    text = market.snapshot().replace('"type":"snapshot",', "")
    story.lives(text[:-1] + ',"type":"snapshot"}')
    story.reads("BTC/USD", "live")


@FORMATTING.story("numbers as strings")
def _(story: Story) -> None:
    """Some relays quote their numbers; their digits are the same. So is a quoted checksum's value."""
    market = bitcoin()
    quoted = market.snapshot()
    for price, qty in [*market.window("bids"), *market.window("asks")]:
        quoted = quoted.replace(f'"price":{price},"qty":{qty}', f'"price":"{price}","qty":"{qty}"')
    story.lives(quoted)
    text = market.update(bids=[("45283.5", GONE), ("45276.0", "0.40000000")])
    story.lives(text.replace(f'"qty":{GONE}', f'"qty":"{GONE}"').replace('"price":45276.0', '"price":"45276.0"'))
    text = market.update(asks=[("45285.2", "0.00050000")])
    story.lives(text.replace(f":{market.sum}", f':"{market.sum}"'))
    story.reads("BTC/USD", "live")


@FORMATTING.story("white space")
def _(story: Story) -> None:
    """Blank, tab, line feed and carriage return may stand around every token."""
    market = bitcoin()
    for qty, space in (("0.11", " "), ("0.12", "\t"), ("0.13", "\n"), ("0.14", "\r"), ("0.15", " \r\n\t ")):
        story.lives(_spaced(market.snapshot(), space))
        story.lives(_spaced(market.update(bids=[("45283.5", f"{qty}000000")]), space))
    story.lives(market.update(bids=[("45283.5", GONE), ("45276.0", "1.00000000")]) + "\n")


def _spaced(text: str, space: str) -> str:
    tokens = re.findall(r'"[^"]*"|[\[\]{},:]|[^\[\]{},:"]+', text)
    return space + space.join(tokens) + space


@FORMATTING.story("unknown keys at every level")
def _(story: Story) -> None:
    """Kraken adds fields without notice; whatever they hold is stepped over."""
    market = _live(story)
    nested = r'{"a":[1,-2.5e+3,{"b":[],"c":{}}],"symbol":"ETH/USD","bids":[{"price":1,"qty":1}],"d":"]}\"\\"}'
    text = market.update(bids=[("45283.5", "0.20000000")], asks=[("45285.1", "0.50000000")])
    story.lives(text.replace('{"channel"', f'{{"sequence":7,"x":{nested},"channel"'))
    text = market.update(bids=[("45283.5", "0.30000000")])
    story.lives(text.replace('"symbol"', f'"Symbol":"ETH/USD","x":{nested},"n":null,"t":true,"symbol"'))
    text = market.update(bids=[("45283.5", "0.40000000")])
    story.lives(text.replace('"price"', f'"x":{nested},"price"').replace('"qty"', '"flag":"r","qty"'))
    text = market.update(asks=[("45285.1", "0.60000000")])
    story.lives(text.replace('"asks"', '"":0,"ask":[1],"asks2":"asks","asks"'))
    text = market.update(asks=[("45285.1", "0.70000000")])
    story.lives(text.replace("}]}", f',"x":{nested}}}],"y":{nested},"y":false}}'))
    story.reads("BTC/USD", "live")


@FORMATTING.story("escapes in strings")
def _(story: Story) -> None:
    """A string means what its escapes spell, in keys and in values."""
    market = bitcoin()
    story.lives(market.snapshot().replace("BTC/USD", r"BTC\/USD"))
    text = market.update(bids=[("45283.5", "0.20000000")])
    story.lives(text.replace("BTC/USD", r"\u0042TC\u002FUS\u0044"))
    text = market.update(bids=[("45283.5", "0.30000000")])
    story.lives(text.replace('"channel":"book"', r'"ch\u0061nnel":"\u0062ook"'))
    text = market.update(bids=[("45283.5", "0.40000000")])
    story.lives(text.replace('"price"', r'"\u0070rice"').replace('"qty"', r'"qt\u0079"'))
    text = market.update(bids=[("45283.5", "0.50000000")])
    escaped = {
        "type": r"\u0074ype",
        "data": r"dat\u0061",
        "symbol": r"s\u0079mbol",
        "checksum": r"check\u0073um",
    }
    for key, spelled in escaped.items():
        text = text.replace(f'"{key}"', f'"{spelled}"')
    story.lives(text.replace('"update"', r'"updat\u0065"'))
    text = market.update(bids=[("45283.5", "0.60000000")])
    story.lives(text.replace('"symbol"', r'"note\"":"\b\f\n\r\t\\\/\"\u00e9\ud83d\ude00 é 😀","symbol"'))
    story.ignores(market.update().replace("BTC/USD", r"BTC\\/USD"))
    story.ignores(r'{"channel":"b\u006f\u006fks","type":"update"}')
    story.reads("BTC/USD", "live")


@FORMATTING.story("timestamps")
def _(story: Story) -> None:
    """A time is kept as sent; snapshots of 2024 had none."""
    market = bitcoin()
    none, null = market.snapshot(), market.snapshot()
    story.lives(none.replace(',"timestamp":"2026-08-02T04:23:42.000001Z"', ""))
    story.lives(null.replace('"2026-08-02T04:23:42.000002Z"', "null"))
    text = market.update(bids=[("45283.5", "0.20000000")])
    story.lives(text.replace("2026-08-02T04:23:42.000003Z", "2026-08-02T04:23:42.123456789Z"))
