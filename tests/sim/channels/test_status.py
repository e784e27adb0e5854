"""The status channel."""

from havklo.sim.channels.status import Announcement, status_message

NOW = 1_791_190_800_000_000_000 - 129_689_500_000_000


def test_online() -> None:
    """The first frame of a connection, as captured."""
    assert status_message(18125794168470749634, "online", (), NOW) == (
        b'{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",'
        b'"connection_id":18125794168470749634,"upcoming_maintenance":[],"emergency":[]}]}'
    )


def test_announcement() -> None:
    """Maintenance that is ahead, as captured; whole seconds are left until then."""
    event = Announcement(
        event_id=33,
        title="Order Entry System Maintenance",
        start_ns=1_791_190_800_000_000_000,
        end_ns=1_791_194_400_000_000_000,
        cancel_before_ns=1_791_190_500_000_000_000,
        source_url="https://stspg.io/1w11k0cnnv3j",
    )
    assert status_message(3364750901719990046, "online", [event], NOW) == (
        b'{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",'
        b'"connection_id":3364750901719990046,"upcoming_maintenance":[{"affected_services":["spot_trading","spot_fix",'
        b'"spot_ws"],"cancel_before_utc":"2026-10-05T08:55:00.000000Z","event_id":33,'
        b'"expected_end_utc":"2026-10-05T10:00:00.000000Z","expected_start_utc":"2026-10-05T09:00:00.000000Z",'
        b'"order_submission":"allowed","phase":"announced","recommended_action":"continue",'
        b'"source_url":"https://stspg.io/1w11k0cnnv3j","time_to_start_s":129689,'
        b'"title":"Order Entry System Maintenance"}],"emergency":[]}]}'
    )


def test_started() -> None:
    """Once it has begun nothing is left until then; without an own deadline, cancels are due by its start."""
    event = Announcement(event_id=1, title="x", start_ns=NOW - 5_000_000_000, end_ns=NOW, phase="final_warning_30s")
    frame = status_message(1 << 63, "maintenance", (event,), NOW)
    assert b'"time_to_start_s":0,' in frame
    assert b'"cancel_before_utc":"2026-10-03T20:58:25.500000Z"' in frame
    assert b'"system":"maintenance"' in frame
