"""`longhaul events` in the background."""


def events_started(box, fault, events):
    """Waits until `events` tells of what happens, of transfers made for that; the last of them."""
    while True:
        probe = box.get("--paused", fault.url(size=1))
        try:
            events.wait_json(lambda event: event["id"] == probe, 0.5)
            return probe
        except AssertionError:
            continue
