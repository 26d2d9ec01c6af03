"""Reports: what the marts say of a day, a week or a month, written so that people can act on it, and sent to them."""
