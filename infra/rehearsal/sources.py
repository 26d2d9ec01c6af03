"""The hospital's systems as they call themselves, and the feed of the site file that each of them speaks to."""

from __future__ import annotations

HIS, QUEUE, LIS, RIS = "HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "RIS^DEMO"
ED, WARD, SERVICE = "ED^DEMO", "WARD^DEMO", "SERVICE^DEMO"
PLATFORM = "ESB^DEMO"
FEED_OF = {
    HIS: "his", QUEUE: "queue", LIS: "lis", RIS: "ris", ED: "ed", WARD: "wards", SERVICE: "service",
    PLATFORM: "platform",
}  # fmt: skip

# Whose words are rows of the hospital's database, changed as things go on.
IN_TABLES = (ED, WARD, SERVICE)
