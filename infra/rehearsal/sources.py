"""The hospital's systems as they call themselves, and the feed of the site file that each of them speaks to."""

from __future__ import annotations

HIS, QUEUE, LIS, RIS = "HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "RIS^DEMO"
ED, WARD, SERVICE = "ED^DEMO", "WARD^DEMO", "SERVICE^DEMO"
PLATFORM = "ESB^DEMO"
FEED_OF = {
    HIS: "his", QUEUE: "queue", LIS: "lis", RIS: "ris", ED: "ed", WARD: "wards", SERVICE: "service",
    PLATFORM: "platform",
}  # fmt: skip

# Who speaks HL7 v2, and whose words are rows of the hospital's database, changed as things go on.
IN_MESSAGES = (HIS, QUEUE, LIS, RIS)
IN_TABLES = (ED, WARD, SERVICE)

# When the hospital speaks all six ways: a FHIR server's bundles, an export of files, the log of the same tables.
FHIR, EXPORT, CAPTURE = "FHIR^DEMO", "EXPORT^DEMO", "CDC^DEMO"
ALSO_FEED_OF = {FHIR: "fhir", EXPORT: "export", CAPTURE: "changes"}
