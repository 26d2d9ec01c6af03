"""The workbench page for IT staff: paste a message or rows, see what becomes of them; nothing is kept."""
