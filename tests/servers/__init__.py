"""One program, real servers, real clients, over loopback."""
